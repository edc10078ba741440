//! Handles arguments that limit what a call affects.

use super::scope::Scope;
use crate::catalog::{Parameter, ParameterLocation, Rules, TypeKind};
use crate::diagnostic::nearest;

/// Forbids empty values of query parameters. Servers ignore an empty filter, so a destructive call with an empty filter would affect everything.
pub(super) fn refuse_empty(parameters: &mut [Parameter]) {
    let filters = parameters
        .iter_mut()
        .filter(|it| matches!(it.location, ParameterLocation::Query { .. }) && !it.hidden);
    for parameter in filters {
        let ty = &mut parameter.field.ty;
        match &mut ty.kind {
            TypeKind::String => not_empty(&mut ty.rules),
            TypeKind::Array(items) => {
                ty.rules.min_items = ty.rules.min_items.max(Some(1));
                if items.kind == TypeKind::String {
                    not_empty(&mut items.rules);
                }
            }
            _ => {}
        }
    }
}

/// Requires a character, unless a format or a pattern already excludes the empty string.
fn not_empty(rules: &mut Rules) {
    if rules.format.is_none() && rules.pattern.is_none() {
        rules.min_length = rules.min_length.max(Some(1));
    }
}

/// Returns the arguments of which a call must have at least one.
pub(super) fn require_any(scope: Scope<'_>, parameters: &[Parameter]) -> Vec<String> {
    let entries = scope.entry.require_any.iter();
    let mut names = Vec::new();
    for entry in entries.filter(|entry| scope.has(&entry.documents)) {
        let name = &entry.name;
        let shown = || parameters.iter().filter(|it| !it.hidden);
        let Some(parameter) = shown().find(|it| it.field.name == name.value) else {
            let nearest = nearest(&name.value, shown().map(|it| it.field.name.as_str()));
            scope.report_unknown_parameter(name.line, &name.value, nearest);
            continue;
        };
        if parameter.field.required {
            let what = format!("`{}` in `require_any`", name.value);
            scope.report_no_effect(name.line, what);
        }
        names.push(name.value.clone());
    }
    names
}
