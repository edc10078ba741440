//! Handles arguments that limit what a call affects.

use crate::catalog::{Parameter, Place, Rules, TypeKind};
use crate::diagnostic::{Error, LowerDiagnostic, nearest};

use super::operation::Scope;

/// Forbids empty values of query parameters. Servers ignore an empty filter, so a destructive call with an empty filter would affect everything.
pub(super) fn refuse_empty(parameters: &mut [Parameter]) {
    let filters = parameters
        .iter_mut()
        .filter(|it| matches!(it.place, Place::Query { .. }) && !it.hidden);
    for parameter in filters {
        let ty = &mut parameter.ty;
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
pub(super) fn require_any(
    scope: Scope<'_>,
    parameters: &[Parameter],
    errors: &mut Vec<Error>,
) -> Vec<String> {
    let entries = scope.entry.require_any.iter();
    let mut names = Vec::new();
    for entry in entries.filter(|entry| scope.is_on(&entry.documents)) {
        let name = &entry.name;
        let shown = || parameters.iter().filter(|it| !it.hidden);
        let Some(parameter) = shown().find(|it| it.name == name.value) else {
            let diagnostic = LowerDiagnostic::UnknownParameter {
                parameter: name.value.clone(),
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                nearest: nearest(&name.value, shown().map(|it| it.name.as_str())),
            };
            scope.error(errors, name.line, diagnostic);
            continue;
        };
        if parameter.required {
            let diagnostic = LowerDiagnostic::NoEffect {
                what: format!("`{}` in `require_any`", name.value),
                document: scope.document().to_owned(),
            };
            scope.error(errors, name.line, diagnostic);
        }
        names.push(name.value.clone());
    }
    names
}
