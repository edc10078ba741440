//! The flat arguments of a tool: what the operation takes, without what is not for the model to fill in, and with the overrides of the allowlist.

use crate::allowlist::tools::{Change, Override, ToolEntry};
use crate::catalog::{Mask, Pagination, Parameter, Place, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::facts::Facts;
use crate::glob;
use crate::ident;
use crate::problem::{Error, Problem, nearest};
use crate::reader::At;

use super::changes::{self, FieldChange, Outcome, field_mut};
use super::operation::Scope;
use super::types::{find, innermost};

/// What the arguments of a tool come to.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) parameters: Vec<Parameter>,
    pub(super) pagination: Pagination,
    pub(super) mask: Option<Mask>,
    pub(super) field_changes: Vec<FieldChange>,
}

/// What became of each change of an override; if there is no such parameter, the name most like it.
type Outcomes = Result<Vec<Outcome>, Option<String>>;

/// What the decisions about a tool came to in one document.
#[derive(Debug)]
pub(super) struct Report {
    document: String,
    /// The overrides in scope, by their place in the tool.
    overrides: Vec<(usize, Outcomes)>,
    /// For each glob in scope, by entry and place in it, whether it matched.
    omissions: Vec<(usize, usize, bool)>,
    /// The path parameter that became the id.
    id: Option<String>,
    /// All path parameters.
    path: Vec<String>,
    operation: String,
    names: Vec<String>,
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

/// Makes the arguments.
pub(super) fn lower(
    scope: Scope<'_>,
    facts: &Facts,
    report: &mut Report,
    errors: &mut Vec<Error>,
) -> Arguments {
    let mut parameters = facts.parameters.clone();
    let pagination = take_pages(scope, &mut parameters);
    let mask = take_mask(scope, facts, &mut parameters);
    report.operation = scope.operation_id().to_owned();
    name_id(scope, &mut parameters, report, errors);
    report.names = parameters
        .iter()
        .map(|parameter| parameter.name.clone())
        .collect();
    omit(scope, &mut parameters, report, errors);
    let mut field_changes = Vec::new();
    for (index, entry) in scope.entry.overrides.iter().enumerate() {
        if scope.is_on(&entry.on) {
            let outcome = override_one(
                scope,
                entry,
                &mut parameters,
                &facts.types,
                &mut field_changes,
                errors,
            );
            report.overrides.push((index, outcome));
        }
    }
    check(scope, &parameters, errors);
    let mut taken = ident::Taken::default();
    for parameter in &mut parameters {
        parameter.rust_name = taken.take(&ident::snake(&parameter.name));
    }
    Arguments {
        parameters,
        pagination,
        mask,
        field_changes,
    }
}

fn is_query(parameter: &Parameter, wire: &str) -> bool {
    matches!(parameter.place, Place::Query { .. }) && parameter.wire == wire
}

/// Takes the parameters for paging out of a list tool.
fn take_pages(scope: Scope<'_>, parameters: &mut Vec<Parameter>) -> Pagination {
    if scope.entry.method.value != "list" {
        return Pagination::Whole;
    }
    let Some(pages) = &scope.operation.api.pages else {
        return Pagination::Whole;
    };
    let has = |wire: &str| parameters.iter().any(|parameter| is_query(parameter, wire));
    if !has(&pages.limit) || !has(&pages.offset) {
        return Pagination::Whole;
    }
    parameters.retain(|parameter| {
        !is_query(parameter, &pages.limit) && !is_query(parameter, &pages.offset)
    });
    Pagination::Offset {
        limit: pages.limit.clone(),
        offset: pages.offset.clone(),
        max: pages.max,
    }
}

/// Takes out the parameter that names the fields to write: which those are follows from the arguments given.
fn take_mask(scope: Scope<'_>, facts: &Facts, parameters: &mut Vec<Parameter>) -> Option<Mask> {
    let rule = scope.operation.api.mask.as_ref()?;
    facts.body.as_ref()?;
    let at = parameters
        .iter()
        .position(|parameter| is_query(parameter, &rule.parameter))?;
    let parameter = parameters.remove(at);
    let separator = match (parameter.ty.kind, parameter.place) {
        (TypeKind::Array(_), Place::Query { separator }) => separator,
        _ => rule.string,
    };
    Some(Mask {
        name: rule.parameter.clone(),
        separator,
    })
}

/// Gives the path parameter that is the id its name.
fn name_id(
    scope: Scope<'_>,
    parameters: &mut [Parameter],
    report: &mut Report,
    errors: &mut Vec<Error>,
) {
    let entry = scope.entry;
    let by_id = matches!(entry.method.value.as_str(), "get" | "update" | "delete");
    let mut path: Vec<&mut Parameter> = parameters
        .iter_mut()
        .filter(|parameter| matches!(parameter.place, Place::Path { .. }))
        .collect();
    report.path = path
        .iter()
        .map(|parameter| parameter.wire.clone())
        .collect();
    let count = path.len();
    let named = path
        .iter()
        .position(|parameter| entry.id.iter().any(|name| name.value == parameter.wire));
    // An id that is misspelled is reported as such; the only path parameter is the id all the same.
    let only = (count == 1 && by_id).then_some(0);
    if named.is_some() || entry.id.is_empty() {
        report.id = named.or(only).and_then(|at| report.path.get(at).cloned());
    }
    match named.or(only) {
        Some(at) => "id".clone_into(&mut path[at].name),
        None if by_id && entry.id.is_empty() && count > 1 => {
            let problem = Problem::NoId {
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                count,
            };
            scope.error(errors, entry.line, problem);
        }
        None => {}
    }
}

fn omit(
    scope: Scope<'_>,
    parameters: &mut Vec<Parameter>,
    report: &mut Report,
    errors: &mut Vec<Error>,
) {
    let mut left = vec![true; parameters.len()];
    for (index, entry) in scope.entry.omissions.iter().enumerate() {
        if !scope.is_on(&entry.on) {
            continue;
        }
        for (place, pattern) in entry.names.iter().enumerate() {
            let mut matched = false;
            for (parameter, left) in parameters.iter().zip(&mut left) {
                if !glob::matches(&pattern.value, &parameter.name) {
                    continue;
                }
                matched = true;
                *left = false;
                if parameter.required {
                    let problem = Problem::OmitsRequired {
                        pattern: pattern.value.clone(),
                        parameter: parameter.name.clone(),
                        operation: scope.operation_id().to_owned(),
                        document: scope.document().to_owned(),
                    };
                    scope.error(errors, pattern.line, problem);
                }
            }
            report.omissions.push((index, place, matched));
        }
    }
    let mut left = left.into_iter();
    parameters.retain(|_| left.next().unwrap_or(true));
}

fn override_one(
    scope: Scope<'_>,
    entry: &Override,
    parameters: &mut [Parameter],
    types: &[TypeDef],
    field_changes: &mut Vec<FieldChange>,
    errors: &mut Vec<Error>,
) -> Outcomes {
    let wanted = &entry.name.value;
    let in_place = |parameter: &Parameter| {
        entry
            .place
            .is_none_or(|place| place == place_name(parameter.place))
    };
    let named = |parameter: &Parameter, name: &str| parameter.name == name && in_place(parameter);
    let at: Vec<usize> = (0..parameters.len())
        .filter(|at| named(&parameters[*at], wanted))
        .collect();
    if let [at] = at.as_slice() {
        let parameter = &mut parameters[*at];
        let outcome = |change: &At<_>| {
            let outcome = changes::apply(&change.value, (&mut *parameter).into());
            unfitting(scope, change, &outcome, wanted, &parameter.ty, errors);
            outcome
        };
        return Ok(entry.changes.iter().map(outcome).collect());
    }
    if at.len() > 1 {
        let problem = Problem::WrongKind {
            what: format!("`{wanted}`"),
            expected: "the name of several parameters here: say with `in` which is meant",
        };
        scope.error(errors, entry.name.line, problem);
        return Ok(entry.changes.iter().map(|_| Outcome::Changed).collect());
    }
    let Some((first, rest)) = wanted.split_once('.') else {
        return Err(nearest(
            wanted,
            parameters.iter().map(|parameter| parameter.name.as_str()),
        ));
    };
    let Some(parameter) = parameters.iter().find(|parameter| named(parameter, first)) else {
        return Err(nearest(
            first,
            parameters.iter().map(|parameter| parameter.name.as_str()),
        ));
    };
    let (type_name, field) = inner_field(&parameter.ty, rest, types)?;
    let mut def = find(types, &type_name).cloned();
    let Some(field) = def.as_mut().and_then(|def| field_mut(def, &field)) else {
        return Err(None);
    };
    let outcome = |change: &At<_>| {
        let outcome = changes::apply(&change.value, (&mut *field).into());
        unfitting(scope, change, &outcome, wanted, &field.ty, errors);
        if outcome == Outcome::Changed {
            field_changes.push(FieldChange {
                type_name: type_name.clone(),
                field: field.name.clone(),
                change: change.clone(),
            });
        }
        outcome
    };
    Ok(entry.changes.iter().map(outcome).collect())
}

fn unfitting(
    scope: Scope<'_>,
    change: &At<Change>,
    outcome: &Outcome,
    name: &str,
    ty: &TypeRef,
    errors: &mut Vec<Error>,
) {
    if *outcome == Outcome::Unfitting {
        let problem = Problem::Unfitting {
            what: format!("`{}` of `{name}`", change.value.key()),
            ty: changes::kind_name(ty),
        };
        scope.error(errors, change.line, problem);
    }
}

/// The struct and field that a path with dots leads to; else the path that was probably meant.
fn inner_field(
    ty: &TypeRef,
    path: &str,
    types: &[TypeDef],
) -> Result<(String, String), Option<String>> {
    let TypeKind::Named(name) = &innermost(ty).kind else {
        return Err(None);
    };
    let mut def = find(types, name).cloned().ok_or(None)?;
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let names: Vec<String> = match &def.shape {
        TypeShape::Struct { fields, .. } => fields.iter().map(|field| field.name.clone()).collect(),
        _ => Vec::new(),
    };
    let Some(field) = field_mut(&mut def, first) else {
        return Err(nearest(first, names.iter().map(String::as_str)));
    };
    match rest {
        None => Ok((name.clone(), first.to_owned())),
        Some(rest) => inner_field(&field.ty, rest, types),
    }
}

/// Each argument has a name of its own, a description, and what it stands in for.
fn check(scope: Scope<'_>, parameters: &[Parameter], errors: &mut Vec<Error>) {
    let line = scope.entry.line;
    let (tool, document) = (scope.tool.to_owned(), scope.document().to_owned());
    let is_list = scope.entry.method.value == "list";
    for (index, parameter) in parameters.iter().enumerate() {
        let (tool, document) = (tool.clone(), document.clone());
        let name = &parameter.name;
        let same = |other: &&Parameter| other.name == *name;
        if parameters[..index].iter().any(|other| same(&other)) {
            // Reported with the first of them.
            continue;
        }
        let all: Vec<_> = parameters
            .iter()
            .filter(same)
            .map(|other| place_name(other.place))
            .collect();
        if all.len() > 1 {
            let places = all.join(", ");
            let argument = name.clone();
            let problem = Problem::Collision {
                tool,
                argument,
                document,
                places,
            };
            scope.error(errors, line, problem);
            continue;
        }
        if matches!(name.as_str(), "limit" | "next_cursor") || (is_list && name == "fields") {
            let argument = name.clone();
            let problem = Problem::Reserved {
                tool,
                argument,
                document,
            };
            scope.error(errors, line, problem);
            continue;
        }
        if parameter.description.is_empty() {
            let parameter = name.clone();
            let problem = Problem::UndescribedParameter {
                parameter,
                tool,
                document,
            };
            scope.error(errors, line, problem);
        }
        if let Some(or) = &parameter.or
            && !parameters
                .iter()
                .any(|other| other.name == *or && other.name != *name)
        {
            let problem = Problem::UnknownParameter {
                parameter: or.clone(),
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                nearest: nearest(or, parameters.iter().map(|other| other.name.as_str())),
            };
            scope.error(errors, line, problem);
        }
    }
}

fn place_name(place: Place) -> &'static str {
    match place {
        Place::Path { .. } => "path",
        Place::Query { .. } => "query",
        Place::Header => "header",
        Place::Body | Place::WholeBody => "body",
    }
}

/// Reports decisions that decided nothing. One without `on` has to make a difference in some document, one with it in each of those.
pub(super) fn check_use(
    path: &str,
    entry: &ToolEntry,
    reports: &[Report],
    whole: bool,
    errors: &mut Vec<Error>,
) {
    let mut error = |line: usize, problem: Problem| {
        errors.push(Error {
            path: path.to_owned(),
            line,
            problem,
        });
    };
    for (index, entry) in entry.overrides.iter().enumerate() {
        let all: Vec<_> = reports
            .iter()
            .filter_map(|report| {
                let found = report.overrides.iter().find(|(at, _)| *at == index);
                found.map(|(_, outcome)| (report, outcome))
            })
            .collect();
        if entry.on.is_empty() {
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
            if (omission.on.is_empty() && !all_idle) || idle.is_empty() {
                continue;
            }
            let names = idle
                .iter()
                .flat_map(|report| &report.names)
                .map(String::as_str);
            error(
                pattern.line,
                Problem::IdleOmission {
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
    entry: &Override,
    outcomes: &[(&Report, &Outcomes)],
    error: &mut impl FnMut(usize, Problem),
) {
    let present: Vec<_> = outcomes
        .iter()
        .filter_map(|(report, outcome)| outcome.as_ref().ok().map(|outcome| (*report, outcome)))
        .collect();
    if present.is_empty() {
        if let Some((report, Err(near))) = outcomes.first() {
            error(
                entry.name.line,
                Problem::UnknownParameter {
                    parameter: entry.name.value.clone(),
                    operation: report.operation.clone(),
                    document: report.document.clone(),
                    nearest: near.clone(),
                },
            );
        }
        return;
    }
    for (index, change) in entry.changes.iter().enumerate() {
        if present
            .iter()
            .all(|(_, outcomes)| outcomes.get(index) == Some(&Outcome::Same))
        {
            let reports: Vec<_> = present.iter().map(|(report, _)| *report).collect();
            error(
                change.line,
                Problem::NoChange {
                    what: format!("`{}` of `{}`", change.value.key(), entry.name.value),
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
    error: &mut impl FnMut(usize, Problem),
) {
    for id in &entry.id {
        let used = reports
            .iter()
            .any(|report| report.id.as_deref() == Some(id.value.as_str()));
        if let Some(report) = reports.first().filter(|_| whole && !used) {
            error(
                id.line,
                Problem::UnknownParameter {
                    parameter: id.value.clone(),
                    operation: report.operation.clone(),
                    document: report.document.clone(),
                    nearest: nearest(&id.value, report.path.iter().map(String::as_str)),
                },
            );
        }
    }
    // Each document needs one: a tool whose argument is `id` here and something else there has two faces.
    for report in reports
        .iter()
        .filter(|report| !entry.id.is_empty() && report.id.is_none())
    {
        let known = |id: &&At<String>| {
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
            Problem::UnknownParameter {
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
    names.join(" and ")
}
