//! Makes the flat arguments of a tool: the parameters of the operation, without those that the model does not fill in, and with the overrides of the allowlist.

use mcp_schema::names::is_reserved_argument;
use serde_json::Value as Json;

use super::implicit::{take_mask, take_pages, take_parts};
use super::overrides::{FieldOverride, apply_entry, check_contradictions, is_location};
use super::scope::Scope;
use super::types::member;
use super::usage::DecisionReport;
use crate::allowlist::overrides::OverrideValue;
use crate::allowlist::tools::DeclaredFormat;
use crate::catalog::{Mask, Pagination, Parameter, ParameterLocation, Parts, TypeKind};
use crate::diagnostic::{LowerDiagnostic, nearest};
use crate::glob;
use crate::ident;
use crate::openapi::{OperationFacts, is_json};
use crate::text::deprecated;

/// Arguments of a tool, and settings that were derived from its parameters.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) parameters: Vec<Parameter>,
    pub(super) pagination: Option<Pagination>,
    pub(super) pages_since: Option<String>,
    pub(super) mask: Option<Mask>,
    pub(super) parts: Option<Parts>,
    pub(super) field_overrides: Vec<FieldOverride>,
}

/// Makes the arguments. `merge` is the operation whose response is merged with the body, and `ids` is the argument with the ids of single objects.
pub(super) fn lower(
    scope: Scope<'_>,
    facts: &OperationFacts,
    merge: Option<&OperationFacts>,
    ids: Option<Parameter>,
    report: &mut DecisionReport,
) -> Arguments {
    let mut parameters: Vec<Parameter> = ids.into_iter().collect();
    parameters.extend(facts.parameters.iter().cloned());
    let (pagination, pages_since) = take_pages(scope, facts, &mut parameters);
    let mask = take_mask(scope, facts, &mut parameters);
    let parts = take_parts(scope, &mut parameters);
    drop_trivial_defaults(&mut parameters);
    name_id(scope, &mut parameters, report);
    report.names = parameters
        .iter()
        .map(|parameter| parameter.field.name.clone())
        .collect();
    omit(scope, &mut parameters, report);
    if let Some(source) = merge {
        make_merged_optional(source, &mut parameters);
    }
    let mut body = facts.body.iter();
    let can_clear = facts.http == "patch" && body.any(|body| is_json(&body.media_type));
    settle_null(&mut parameters, can_clear);
    check_contradictions(scope);
    let mut field_overrides = Vec::new();
    for (index, entry) in scope.entry.parameters.iter().enumerate() {
        if scope.has(&entry.documents) {
            let fields = &mut field_overrides;
            let outcomes = apply_entry(scope, entry, &mut parameters, &facts.types, fields);
            report.overrides.push((index, outcomes));
        }
    }
    mark_clearable(&mut parameters);
    check(scope, &parameters);
    let mut taken = ident::Taken::default();
    for parameter in &mut parameters {
        if parameter.deprecated {
            // The note is added after the overrides, because an override can replace the description.
            parameter.field.description =
                deprecated(std::mem::take(&mut parameter.field.description));
        }
        parameter.field.rust_name = taken.take(&ident::snake(&parameter.field.name));
    }
    Arguments {
        parameters,
        pagination,
        pages_since,
        mask,
        parts,
        field_overrides,
    }
}

/// Drops defaults that add nothing (`null`, `false` and empty values), and the format of path parameters with slashes, which their location already expresses.
fn drop_trivial_defaults(parameters: &mut [Parameter]) {
    let trivial = |default: &mut Json| match default {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => false,
    };
    for parameter in parameters {
        parameter.field.default.take_if(trivial);
        if let ParameterLocation::Path { slash: true } = parameter.location {
            parameter.field.ty.rules.format = None;
        }
    }
}

/// Names the path parameter that identifies the object `id`.
fn name_id(scope: Scope<'_>, parameters: &mut [Parameter], report: &mut DecisionReport) {
    let entry = scope.entry;
    let by_id = matches!(entry.method.value.as_str(), "get" | "update" | "delete");
    let mut path: Vec<&mut Parameter> = parameters
        .iter_mut()
        .filter(|parameter| matches!(parameter.location, ParameterLocation::Path { .. }))
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
        Some(at) => "id".clone_into(&mut path[at].field.name),
        None if by_id && entry.id.is_empty() && count > 1 => {
            let diagnostic = LowerDiagnostic::AmbiguousId {
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                count,
            };
            scope.report(entry.line, diagnostic);
        }
        None => {}
    }
}

fn omit(scope: Scope<'_>, parameters: &mut Vec<Parameter>, report: &mut DecisionReport) {
    let mut left = vec![true; parameters.len()];
    for (index, entry) in scope.entry.omissions.iter().enumerate() {
        if !scope.has(&entry.documents) {
            continue;
        }
        for (position, pattern) in entry.names.iter().enumerate() {
            let mut is_match = false;
            for (parameter, left) in parameters.iter_mut().zip(&mut left) {
                if !glob::matches(&pattern.value, &parameter.field.name) {
                    continue;
                }
                is_match = true;
                if has_value(scope, parameter) {
                    parameter.hidden = true;
                    continue;
                }
                *left = false;
                if parameter.field.required {
                    let diagnostic = LowerDiagnostic::OmitsRequired {
                        pattern: pattern.value.clone(),
                        parameter: parameter.field.name.clone(),
                        operation: scope.operation_id().to_owned(),
                        document: scope.document().to_owned(),
                    };
                    scope.report(pattern.line, diagnostic);
                }
            }
            report.omissions.push(((index, position), is_match));
        }
    }
    let mut left = left.into_iter();
    parameters.retain(|_| left.next().unwrap_or(true));
}

/// Returns whether the allowlist defines the value that is sent if the argument is omitted.
fn has_value(scope: Scope<'_>, parameter: &Parameter) -> bool {
    let entries = scope.entry.parameters.iter().filter(|entry| {
        let is_named = entry.name.value == parameter.field.name && is_location(entry, parameter);
        is_named && scope.has(&entry.documents)
    });
    let mut overrides = entries.flat_map(|entry| &entry.overrides);
    overrides.any(|it| {
        matches!(
            it.value,
            OverrideValue::Fallback(_) | OverrideValue::WhenOmitted(_)
        )
    })
}

/// Makes members optional if the merged response has them. An omitted member keeps its current value, so it has no default.
fn make_merged_optional(source: &OperationFacts, parameters: &mut [Parameter]) {
    let Some(answer) = &source.response else {
        return;
    };
    for parameter in parameters {
        if parameter.location == ParameterLocation::Body
            && member(answer, &parameter.wire, &source.types).is_ok()
        {
            parameter.field.required = false;
            parameter.field.default = None;
        }
    }
}

/// Decides the meaning of `null`: for an argument, `null` is the same as omitting it.
///
/// If the server requires a body member and allows `null` for it, the runtime sends `null` when the member is omitted. Only in a PATCH with a JSON body, where `can_clear` is true, does `null` differ from an omitted member: it empties the field. There, members stay nullable until the overrides have been applied.
fn settle_null(parameters: &mut [Parameter], can_clear: bool) {
    for parameter in parameters {
        let in_body = parameter.location == ParameterLocation::Body;
        let nullable = parameter.field.ty.nullable && parameter.field.ty.kind != TypeKind::Any;
        if nullable && in_body && parameter.field.required {
            parameter.field.required = false;
            parameter.when_omitted = Some(Json::Null);
        } else if nullable && in_body && can_clear {
            continue;
        }
        parameter.field.ty.nullable = false;
    }
}

/// Marks the arguments that `clear` can name: the body members that are still nullable.
fn mark_clearable(parameters: &mut [Parameter]) {
    for parameter in parameters {
        parameter.clear =
            parameter.field.ty.nullable && !parameter.field.required && !parameter.hidden;
        parameter.field.ty.nullable = false;
    }
}

/// Checks that each argument has a unique name that is not reserved and a description, and that its fallback exists.
fn check(scope: Scope<'_>, parameters: &[Parameter]) {
    let line = scope.entry.line;
    let (tool, document) = (scope.tool.to_owned(), scope.document().to_owned());
    let arguments: Vec<_> = parameters.iter().filter(|it| !it.hidden).collect();
    for (index, parameter) in arguments.iter().enumerate() {
        let (tool, document) = (tool.clone(), document.clone());
        let argument = parameter.field.name.clone();
        let same = arguments
            .iter()
            .filter(|other| other.field.name == argument);
        let locations: Vec<_> = same.map(|other| other.location.name()).collect();
        let mut before = arguments[..index].iter();
        if before.any(|other| other.field.name == argument) {
            // This name was reported with the first of these arguments.
        } else if locations.len() > 1 {
            let diagnostic = LowerDiagnostic::Collision {
                tool,
                argument,
                document,
                locations: locations.join(", "),
            };
            scope.report(line, diagnostic);
        } else if is_reserved(scope, &argument) {
            let diagnostic = LowerDiagnostic::ReservedName {
                tool,
                argument,
                document,
            };
            scope.report(line, diagnostic);
        } else if parameter.field.description.is_empty() {
            let diagnostic = LowerDiagnostic::UndescribedParameter {
                parameter: argument,
                tool,
                document,
            };
            scope.report(line, diagnostic);
        }
    }
    let names = || parameters.iter().map(|other| other.field.name.as_str());
    for parameter in parameters {
        let fallback = parameter.fallback.iter();
        let unknown = fallback.filter(|name| {
            **name == parameter.field.name || !names().any(|other| other == name.as_str())
        });
        for name in unknown {
            scope.report_unknown_parameter(line, name, nearest(name, names()));
        }
    }
}

/// Returns whether the runtime adds an argument of this name.
fn is_reserved(scope: Scope<'_>, name: &str) -> bool {
    let format = scope.entry.response_format.as_ref();
    let is_log = format.is_some_and(|format| format.value == DeclaredFormat::Log);
    is_reserved_argument(name, is_log)
}
