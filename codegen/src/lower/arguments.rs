//! Makes the flat arguments of a tool: the parameters of the operation, without those that the model does not fill in, and with the overrides of the allowlist.

use crate::allowlist::overrides::{Change, Override};
use crate::allowlist::tools::Answer;
use crate::catalog::{
    Mask, Pagination, Parameter, Parts, Place, TypeDef, TypeKind, TypeRef, TypeShape, Way,
};
use mcp_schema::names::is_reserved_argument;
use serde_json::Value as Json;

use crate::facts::{Facts, is_json};
use crate::glob;
use crate::ident;
use crate::problem::{Error, Problem, nearest};
use crate::reader::At;
use crate::text::deprecated;

use super::changes::{self, FieldChange, Outcome, field_mut};
use super::operation::Scope;
use super::types::{find, innermost, member};
use super::usage::{Outcomes, Report};

/// Arguments of a tool, and settings that were derived from its parameters.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) parameters: Vec<Parameter>,
    pub(super) pagination: Option<Pagination>,
    pub(super) pages_since: Option<String>,
    pub(super) mask: Option<Mask>,
    pub(super) parts: Option<Parts>,
    pub(super) field_changes: Vec<FieldChange>,
}

/// Makes the arguments. `merge` is the operation whose response is merged with the body, and `ids` is the argument with the ids of single objects.
pub(super) fn lower(
    scope: Scope<'_>,
    facts: &Facts,
    merge: Option<&Facts>,
    ids: Option<Parameter>,
    report: &mut Report,
    errors: &mut Vec<Error>,
) -> Arguments {
    let mut parameters: Vec<Parameter> = ids.into_iter().collect();
    parameters.extend(facts.parameters.iter().cloned());
    let (pagination, pages_since) = take_pages(scope, facts, &mut parameters);
    let mask = take_mask(scope, facts, &mut parameters);
    let parts = take_parts(scope, &mut parameters);
    say_what_is_worth_it(&mut parameters);
    report.operation = scope.operation_id().to_owned();
    name_id(scope, &mut parameters, report, errors);
    report.names = parameters
        .iter()
        .map(|parameter| parameter.name.clone())
        .collect();
    omit(scope, &mut parameters, report, errors);
    if let Some(source) = merge {
        keep_what_is_not_given(source, &mut parameters);
    }
    let can_clear = facts.http == "patch"
        && facts
            .body
            .as_ref()
            .is_some_and(|body| is_json(&body.media_type));
    settle_null(&mut parameters, can_clear);
    contradictions(scope, errors);
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
    offer_to_clear(&mut parameters);
    check(scope, &parameters, errors);
    let mut taken = ident::Taken::default();
    for parameter in &mut parameters {
        if parameter.deprecated {
            // The note is added after the overrides, because an override can replace the description.
            parameter.description = deprecated(std::mem::take(&mut parameter.description));
        }
        parameter.rust_name = taken.take(&ident::snake(&parameter.name));
    }
    Arguments {
        parameters,
        pagination,
        pages_since,
        mask,
        parts,
        field_changes,
    }
}

fn is_query(parameter: &Parameter, wire: &str) -> bool {
    matches!(parameter.place, Place::Query { .. }) && parameter.wire == wire
}

/// Removes the pagination parameters of a list tool. The pagination style is the first one of the API whose parameters the operation has.
fn take_pages(
    scope: Scope<'_>,
    facts: &Facts,
    parameters: &mut Vec<Parameter>,
) -> (Option<Pagination>, Option<String>) {
    if scope.entry.method.value != "list" {
        return (None, None);
    }
    let fits = |pages: &&Pagination| {
        let mut names = pages.parameters().into_iter();
        names.all(|name| parameters.iter().any(|it| is_of_page(it, pages, name)))
            && answers(pages, facts)
    };
    let Some(pages) = scope.operation.api.pages.iter().find(fits) else {
        return (None, None);
    };
    let mut counted = pages.parameters();
    if let Way::Cursor {
        cursor,
        offset: Some(_),
        ..
    } = &pages.way
    {
        // A server that does not support the cursor uses the offset, so only the offset counts.
        counted.retain(|name| name != cursor);
    }
    let numbers = parameters.iter().filter(|parameter| {
        let mut names = counted.iter();
        names.any(|name| is_of_page(parameter, pages, name))
    });
    let since = numbers
        .filter_map(|parameter| parameter.since.clone())
        .next();
    parameters.retain(|parameter| {
        let position = pages.position().iter().map(String::as_str);
        let mut names = pages.parameters().into_iter().chain(position);
        !names.any(|name| is_of_page(parameter, pages, name))
    });
    (Some(pages.clone()), since)
}

/// Returns whether the response can contain the next cursor, according to the document. A style that can also use an offset does not need the cursor.
fn answers(pages: &Pagination, facts: &Facts) -> bool {
    let next = match &pages.way {
        Way::Cursor {
            next, offset: None, ..
        } => next,
        _ => return true,
    };
    let Some(answer) = &facts.response else {
        return false;
    };
    let mut at = answer;
    for name in next.trim_start_matches('/').split('/') {
        let name = name.replace("~1", "/").replace("~0", "~");
        match member(at, &name, &facts.types) {
            Ok(ty) => at = ty,
            Err(_) => return false,
        }
    }
    true
}

fn is_of_page(parameter: &Parameter, pages: &Pagination, name: &str) -> bool {
    match pages.in_body {
        true => parameter.place == Place::Body && parameter.wire == name,
        false => is_query(parameter, name),
    }
}

/// Removes the parameter that names the fields to write. The runtime derives its value from the arguments of a call.
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

/// Removes the parameter that continues a log from a tool that reads a log.
fn take_parts(scope: Scope<'_>, parameters: &mut Vec<Parameter>) -> Option<Parts> {
    let answer = scope.entry.answer.as_ref();
    answer.filter(|answer| answer.value == Answer::Log)?;
    let parts = scope.operation.api.logs.as_ref()?;
    let at = parameters
        .iter()
        .position(|parameter| is_query(parameter, &parts.token))?;
    parameters.remove(at);
    Some(parts.clone())
}

/// Drops defaults that add nothing (`null`, `false` and empty values), and the format of path parameters with slashes, which their location already expresses.
fn say_what_is_worth_it(parameters: &mut [Parameter]) {
    let trivial = |default: &mut Json| match default {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    };
    for parameter in parameters {
        parameter.default.take_if(trivial);
        if let Place::Path { slash: true } = parameter.place {
            parameter.ty.rules.format = None;
        }
    }
}

/// Names the path parameter that identifies the object `id`.
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
    // A misspelled id is reported elsewhere. Until it is corrected, the only path parameter is still the id.
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
            for (parameter, left) in parameters.iter_mut().zip(&mut left) {
                if !glob::matches(&pattern.value, &parameter.name) {
                    continue;
                }
                matched = true;
                if has_value(scope, parameter) {
                    parameter.hidden = true;
                    continue;
                }
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

/// Returns whether the allowlist defines the value that is sent if the argument is omitted.
fn has_value(scope: Scope<'_>, parameter: &Parameter) -> bool {
    let entries = scope.entry.overrides.iter();
    let mut own = entries.filter(|entry| {
        let place = entry
            .place
            .is_none_or(|place| place == place_name(parameter.place));
        scope.is_on(&entry.on) && entry.name.value == parameter.name && place
    });
    own.any(|entry| {
        let mut changes = entry.changes.iter();
        changes.any(|change| matches!(change.value, Change::Or(_) | Change::WhenOmitted(_)))
    })
}

/// Checks that each property of a parameter is overridden at most once.
fn contradictions(scope: Scope<'_>, errors: &mut Vec<Error>) {
    let entries = scope.entry.overrides.iter();
    let entries: Vec<_> = entries.filter(|entry| scope.is_on(&entry.on)).collect();
    for (index, entry) in entries.iter().enumerate() {
        let same = |other: &&&Override| {
            let places = other.place.zip(entry.place);
            other.name.value == entry.name.value && places.is_none_or(|(one, two)| one == two)
        };
        let before = entries[..index].iter().filter(same);
        let before: Vec<_> = before.flat_map(|other| &other.changes).collect();
        for change in &entry.changes {
            let key = change.value.key();
            if let Some(first) = before.iter().find(|first| first.value.key() == key) {
                let problem = Problem::Contradiction {
                    what: format!("`{key}` of `{}`", entry.name.value),
                    first: first.line,
                };
                scope.error(errors, change.line, problem);
            }
        }
    }
}

/// Makes members optional if the merged response has them. An omitted member keeps its current value, so it has no default.
fn keep_what_is_not_given(source: &Facts, parameters: &mut [Parameter]) {
    let Some(answer) = &source.response else {
        return;
    };
    for parameter in parameters {
        if parameter.place == Place::Body && member(answer, &parameter.wire, &source.types).is_ok()
        {
            parameter.required = false;
            parameter.default = None;
        }
    }
}

/// Decides the meaning of `null`: for an argument, `null` is the same as omitting it.
///
/// If the server requires a body member and allows `null` for it, the runtime sends `null` when the member is omitted. Only in a PATCH with a JSON body, where `can_clear` is true, does `null` differ from an omitted member: it empties the field. There, members stay nullable until the overrides have been applied.
fn settle_null(parameters: &mut [Parameter], can_clear: bool) {
    for parameter in parameters {
        let in_body = parameter.place == Place::Body;
        let nullable = parameter.ty.nullable && parameter.ty.kind != TypeKind::Any;
        if nullable && in_body && parameter.required {
            parameter.required = false;
            parameter.when_omitted = Some(Json::Null);
        } else if nullable && in_body && can_clear {
            continue;
        }
        parameter.ty.nullable = false;
    }
}

/// Marks the arguments that `clear` can name: the body members that are still nullable.
fn offer_to_clear(parameters: &mut [Parameter]) {
    for parameter in parameters {
        parameter.clear = parameter.ty.nullable && !parameter.required && !parameter.hidden;
        parameter.ty.nullable = false;
    }
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
            let outcome = changes::apply(&change.value, (&mut *parameter).into(), types);
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
        let outcome = changes::apply(&change.value, (&mut *field).into(), types);
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

/// Returns the struct and the field at a dotted path. The error is the most similar name, if there is one.
fn inner_field(
    ty: &TypeRef,
    path: &str,
    types: &[TypeDef],
) -> Result<(String, String), Option<String>> {
    let (TypeKind::Named(name) | TypeKind::Boxed(name)) = &innermost(ty).kind else {
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

/// Checks that each argument has a unique name that is not reserved and a description, and that its fallback exists.
fn check(scope: Scope<'_>, parameters: &[Parameter], errors: &mut Vec<Error>) {
    let line = scope.entry.line;
    let (tool, document) = (scope.tool.to_owned(), scope.document().to_owned());
    let answer = scope.entry.answer.as_ref();
    let is_log = answer.is_some_and(|answer| answer.value == Answer::Log);
    let arguments: Vec<_> = parameters.iter().filter(|it| !it.hidden).collect();
    for (index, parameter) in arguments.iter().enumerate() {
        let (tool, document) = (tool.clone(), document.clone());
        let name = &parameter.name;
        let same = |other: &&&Parameter| other.name == *name;
        if arguments[..index].iter().any(|other| same(&other)) {
            // This name was reported with the first of these arguments.
            continue;
        }
        let all: Vec<_> = arguments
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
        if is_reserved_argument(name, is_log) {
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
    }
    for parameter in parameters {
        let name = &parameter.name;
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
        Place::Path { .. } | Place::Each => "path",
        Place::Query { .. } => "query",
        Place::Header => "header",
        Place::Cookie => "cookie",
        Place::Body | Place::WholeBody => "body",
    }
}
