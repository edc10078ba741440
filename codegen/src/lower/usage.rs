//! Checks that each decision about a tool has an effect. A decision without effect is a mistake, or left over from earlier.

use super::overrides::OverrideOutcome;
use super::scope::Scope;
use crate::allowlist::overrides::ParameterEntry;
use crate::allowlist::tools::ToolEntry;
use crate::diagnostic::{LowerDiagnostic, nearest};
use crate::text::listed;

/// Outcome of each override of a parameter. If the parameter does not exist, the most similar name.
pub(super) type OverrideOutcomes = Result<Vec<OverrideOutcome>, Option<String>>;

/// Effects of the decisions about a tool in one document.
#[derive(Debug, Default)]
pub(super) struct DecisionReport {
    /// Overrides that apply to the document, by their index in the tool.
    pub(super) overrides: Vec<(usize, OverrideOutcomes)>,
    /// Globs that apply to the document, by entry and index in it, and whether each matched.
    pub(super) omissions: Vec<((usize, usize), bool)>,
    /// Path parameter that became the id.
    pub(super) id: Option<String>,
    /// All path parameters.
    pub(super) path: Vec<String>,
    /// Arguments before any was omitted.
    pub(super) names: Vec<String>,
}

/// Report about one document.
type Reported<'p> = (Scope<'p>, DecisionReport);

/// Reports decisions without effect. A decision for all documents must have an effect in at least one, a decision that is limited to some documents (`documents`) in each of these.
pub(super) fn check(entry: &ToolEntry, reports: &[Reported<'_>], is_whole: bool) {
    for (index, entry) in entry.parameters.iter().enumerate() {
        let found = reports.iter().filter_map(|(scope, report)| {
            let found = report.overrides.iter().find(|(at, _)| *at == index);
            found.map(|(_, outcomes)| (*scope, outcomes))
        });
        let all: Vec<_> = found.collect();
        if !entry.documents.is_empty() {
            all.iter().for_each(|one| check_override(entry, &[*one]));
        } else if is_whole {
            check_override(entry, &all);
        }
    }
    for (index, omission) in entry.omissions.iter().enumerate() {
        for (position, pattern) in omission.names.iter().enumerate() {
            let outcome = |(_, report): &&Reported<'_>| {
                let mut omissions = report.omissions.iter();
                let found = omissions.find(|(at, _)| *at == (index, position));
                found.map(|(_, is_match)| *is_match)
            };
            let is_used = reports.iter().any(|it| outcome(&it) == Some(true));
            let unused = reports.iter().filter(|it| outcome(it) == Some(false));
            let unused: Vec<_> = unused.collect();
            let Some((scope, _)) = unused.first() else {
                continue;
            };
            if omission.documents.is_empty() && (is_used || !is_whole) {
                continue;
            }
            let names = unused.iter().flat_map(|(_, report)| &report.names);
            let diagnostic = LowerDiagnostic::UnusedOmission {
                pattern: pattern.value.clone(),
                document: documents(unused.iter().map(|(scope, _)| scope)),
                nearest: nearest(&pattern.value, names.map(String::as_str)),
            };
            scope.report(pattern.line, diagnostic);
        }
    }
    check_id(entry, reports, is_whole);
}

fn check_override(entry: &ParameterEntry, found: &[(Scope<'_>, &OverrideOutcomes)]) {
    let present = found.iter();
    let present = present.filter_map(|(scope, outcomes)| Some((scope, outcomes.as_ref().ok()?)));
    let present: Vec<_> = present.collect();
    if present.is_empty() {
        if let Some((scope, Err(nearest))) = found.first() {
            let name = &entry.name;
            scope.report_unknown_parameter(name.line, &name.value, nearest.clone());
        }
        return;
    }
    for (index, parameter_override) in entry.overrides.iter().enumerate() {
        let mut outcomes = present.iter().map(|(_, outcomes)| outcomes.get(index));
        if let Some((scope, _)) = present.first()
            && outcomes.all(|outcome| outcome == Some(&OverrideOutcome::Same))
        {
            let diagnostic = LowerDiagnostic::NoEffect {
                what: format!("`{}` of `{}`", parameter_override.key, entry.name.value),
                document: documents(present.iter().map(|(scope, _)| *scope)),
            };
            scope.report(parameter_override.line, diagnostic);
        }
    }
}

fn check_id(entry: &ToolEntry, reports: &[Reported<'_>], is_whole: bool) {
    let is_used = |id: &str| {
        let mut reports = reports.iter();
        reports.any(|(_, report)| report.id.as_deref() == Some(id))
    };
    for id in entry.id.iter().filter(|id| !is_used(&id.value)) {
        if let Some((scope, report)) = reports.first().filter(|_| is_whole) {
            let nearest = nearest(&id.value, report.path.iter().map(String::as_str));
            scope.report_unknown_parameter(id.line, &id.value, nearest);
        }
    }
    let Some(first) = entry.id.first() else {
        return;
    };
    // Each document needs an id parameter. Otherwise the argument would be `id` in one document and have another name in the next.
    if entry.id.iter().all(|id| is_used(&id.value)) {
        let ids: Vec<&str> = entry.id.iter().map(|id| id.value.as_str()).collect();
        for (scope, report) in reports.iter().filter(|(_, report)| report.id.is_none()) {
            let nearest = report.path.first().cloned();
            scope.report_unknown_parameter(first.line, &ids.join("`, `"), nearest);
        }
    }
}

fn documents<'p>(scopes: impl Iterator<Item = &'p Scope<'p>>) -> String {
    listed(&scopes.map(Scope::document).collect::<Vec<_>>())
}
