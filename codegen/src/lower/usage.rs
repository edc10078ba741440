//! Checks that each decision about a tool has an effect. A decision without effect is a mistake, or left over from earlier.

use crate::allowlist::overrides::ParameterEntry;
use crate::allowlist::tools::ToolEntry;
use crate::diagnostic::{Error, LowerDiagnostic, nearest};
use crate::reader::Located;
use crate::text::listed;

use super::changes::Outcome;

/// Outcome of each change in an override. If the parameter does not exist, the most similar name.
pub(super) type Outcomes = Result<Vec<Outcome>, Option<String>>;

/// Effects of the decisions about a tool in one document.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) document: String,
    /// Overrides that apply to the document, by their index in the tool.
    pub(super) overrides: Vec<(usize, Outcomes)>,
    /// Globs that apply to the document, by entry and index in it, and whether each matched.
    pub(super) omissions: Vec<(usize, usize, bool)>,
    /// Path parameter that became the id.
    pub(super) id: Option<String>,
    /// All path parameters.
    pub(super) path: Vec<String>,
    pub(super) operation: String,
    /// Arguments before any was omitted.
    pub(super) names: Vec<String>,
}

impl Report {
    pub(super) fn new(document: &str) -> Self {
        Self {
            document: document.to_owned(),
            overrides: Vec::new(),
            omissions: Vec::new(),
            id: None,
            path: Vec::new(),
            operation: String::new(),
            names: Vec::new(),
        }
    }
}

/// Reports decisions without effect. A decision for all documents must have an effect in at least one, a decision that is limited to some documents (`documents`) in each of these.
pub(super) fn check(
    path: &str,
    entry: &ToolEntry,
    reports: &[Report],
    whole: bool,
    errors: &mut Vec<Error>,
) {
    let mut error = |line: usize, diagnostic: LowerDiagnostic| {
        errors.push(Error::new(path, line, diagnostic));
    };
    for (index, entry) in entry.parameters.iter().enumerate() {
        let all: Vec<_> = reports
            .iter()
            .filter_map(|report| {
                let found = report.overrides.iter().find(|(at, _)| *at == index);
                found.map(|(_, outcome)| (report, outcome))
            })
            .collect();
        if entry.documents.is_empty() {
            if whole {
                check_override(entry, &all, &mut error);
            }
        } else {
            for one in all {
                check_override(entry, &[one], &mut error);
            }
        }
    }
    for (index, omission) in entry.omissions.iter().enumerate() {
        for (place, pattern) in omission.names.iter().enumerate() {
            let outcomes = reports.iter().filter_map(|report| {
                let found = report
                    .omissions
                    .iter()
                    .find(|(at, in_it, _)| (*at, *in_it) == (index, place));
                found.map(|(_, _, matched)| (report, *matched))
            });
            let outcomes: Vec<_> = outcomes.collect();
            let idle = outcomes.iter().filter(|(_, matched)| !matched);
            let idle: Vec<_> = idle.map(|(report, _)| *report).collect();
            let all_idle = whole && idle.len() == outcomes.len();
            if (omission.documents.is_empty() && !all_idle) || idle.is_empty() {
                continue;
            }
            let names = idle
                .iter()
                .flat_map(|report| &report.names)
                .map(String::as_str);
            error(
                pattern.line,
                LowerDiagnostic::UnusedOmission {
                    pattern: pattern.value.clone(),
                    document: documents(&idle),
                    nearest: nearest(&pattern.value, names),
                },
            );
        }
    }
    check_id(entry, reports, whole, &mut error);
}

fn check_override(
    entry: &ParameterEntry,
    outcomes: &[(&Report, &Outcomes)],
    error: &mut impl FnMut(usize, LowerDiagnostic),
) {
    let present: Vec<_> = outcomes
        .iter()
        .filter_map(|(report, outcome)| outcome.as_ref().ok().map(|outcome| (*report, outcome)))
        .collect();
    if present.is_empty() {
        if let Some((report, Err(near))) = outcomes.first() {
            error(
                entry.name.line,
                LowerDiagnostic::UnknownParameter {
                    parameter: entry.name.value.clone(),
                    operation: report.operation.clone(),
                    document: report.document.clone(),
                    nearest: near.clone(),
                },
            );
        }
        return;
    }
    for (index, change) in entry.overrides.iter().enumerate() {
        if present
            .iter()
            .all(|(_, outcomes)| outcomes.get(index) == Some(&Outcome::Same))
        {
            let reports: Vec<_> = present.iter().map(|(report, _)| *report).collect();
            error(
                change.line,
                LowerDiagnostic::NoEffect {
                    what: format!("`{}` of `{}`", change.key, entry.name.value),
                    document: documents(&reports),
                },
            );
        }
    }
}

fn check_id(
    entry: &ToolEntry,
    reports: &[Report],
    whole: bool,
    error: &mut impl FnMut(usize, LowerDiagnostic),
) {
    for id in &entry.id {
        let used = reports
            .iter()
            .any(|report| report.id.as_deref() == Some(id.value.as_str()));
        if let Some(report) = reports.first().filter(|_| whole && !used) {
            error(
                id.line,
                LowerDiagnostic::UnknownParameter {
                    parameter: id.value.clone(),
                    operation: report.operation.clone(),
                    document: report.document.clone(),
                    nearest: nearest(&id.value, report.path.iter().map(String::as_str)),
                },
            );
        }
    }
    // Each document needs an id parameter. Otherwise the argument would be `id` in one document and have another name in the next.
    for report in reports
        .iter()
        .filter(|report| !entry.id.is_empty() && report.id.is_none())
    {
        let known = |id: &&Located<String>| {
            !reports
                .iter()
                .any(|other| other.id.as_deref() == Some(id.value.as_str()))
        };
        if entry.id.iter().any(|id| known(&id)) {
            continue;
        }
        let line = entry.id.first().map_or(entry.line, |id| id.line);
        error(
            line,
            LowerDiagnostic::UnknownParameter {
                parameter: entry
                    .id
                    .iter()
                    .map(|id| id.value.as_str())
                    .collect::<Vec<_>>()
                    .join("`, `"),
                operation: report.operation.clone(),
                document: report.document.clone(),
                nearest: report.path.first().cloned(),
            },
        );
    }
}

fn documents(reports: &[&Report]) -> String {
    let names: Vec<_> = reports
        .iter()
        .map(|report| report.document.as_str())
        .collect();
    listed(&names)
}
