//! Reads the operation on one object that a tool calls for each id in an argument.

use crate::catalog::{ForEach, Parameter, Place, Rules, TypeKind, TypeRef};
use crate::diagnostic::{Error, LowerDiagnostic, SelectDiagnostic, nearest};
use crate::facts::Facts;
use crate::input::Parsed;

use super::answer::other_than_json;
use super::operation::{Scope, read};
use super::sources::placeholders;
use super::{history, list};

/// Returns the operation and the argument with the ids; `None` if the tool has no such operation, or if the operation cannot be called in this way.
pub(super) fn lower(
    parsed: &Parsed,
    scope: Scope<'_>,
    facts: &Facts,
    errors: &mut Vec<Error>,
) -> Option<(ForEach, Parameter)> {
    let wanted = scope.operation.binding.for_each.as_ref()?;
    let (id, spec) = (&wanted.operation, scope.operation.spec);
    let operations = spec.operations();
    if !operations.iter().any(|operation| operation.id == id.value) {
        let diagnostic = SelectDiagnostic::UnknownOperation {
            operation: id.value.clone(),
            document: spec.name.clone(),
            nearest: nearest(&id.value, operations.iter().map(|other| other.id.as_str())),
        };
        scope.error(errors, id.line, diagnostic);
        return None;
    }
    let single = read(parsed, scope, &id.value, errors)?;
    match fit(parsed, scope, facts, &single) {
        Ok((items, parameter)) => {
            let each = ForEach {
                operation_id: single.operation_id.clone(),
                http: single.http.clone(),
                path: single.path.clone(),
                items,
            };
            let ty = TypeRef {
                kind: TypeKind::Array(Box::new(parameter.ty.clone())),
                nullable: false,
                rules: Rules {
                    min_items: Some(1),
                    max_items: Some(wanted.max),
                    ..Rules::default()
                },
            };
            let parameter = Parameter {
                name: wanted.argument.value.clone(),
                rust_name: wanted.argument.value.clone(),
                place: Place::ForEach,
                description: String::new(),
                required: false,
                example: None,
                ty,
                ..parameter
            };
            Some((each, parameter))
        }
        Err(reason) => {
            let diagnostic = LowerDiagnostic::UnsuitableOperation {
                key: "for_each",
                operation: id.value.clone(),
                document: scope.document().to_owned(),
                reason,
            };
            scope.error(errors, id.line, diagnostic);
            None
        }
    }
}

/// Returns the member of the tool result that holds the responses, and the path parameter that takes an id. The error says why the operation does not do for one object what the tool's own operation does for many.
fn fit(
    parsed: &Parsed,
    scope: Scope<'_>,
    facts: &Facts,
    single: &Facts,
) -> Result<(String, Parameter), String> {
    if matches!(single.http.as_str(), "get" | "head") {
        return Err("it changes nothing".to_owned());
    }
    let own: Vec<&str> = placeholders(&facts.path);
    let more = placeholders(&single.path);
    let more: Vec<&str> = more
        .into_iter()
        .filter(|name| !own.contains(name))
        .collect();
    let [name] = more.as_slice() else {
        return Err(format!(
            "its path must have one parameter more than that of `{}`, for the id, but has {} more",
            scope.operation_id(),
            more.len()
        ));
    };
    let is_id = |it: &&Parameter| matches!(it.place, Place::Path { .. }) && it.wire == **name;
    let Some(id) = single.parameters.iter().find(is_id) else {
        return Err(format!("its path parameter `{name}` is not declared"));
    };
    if media(facts) != media(single) || members(facts) != members(single) {
        return Err(format!(
            "its body differs from that of `{}`",
            scope.operation_id()
        ));
    }
    let needed = single
        .parameters
        .iter()
        .find(|it| it.required && !matches!(it.place, Place::Path { .. } | Place::Body));
    if let Some(needed) = needed {
        return Err(format!("it also requires `{}`", needed.wire));
    }
    let rule = scope.operation.api.mask.as_ref();
    let has_mask = |facts: &Facts| {
        let is_mask = |it: &Parameter| {
            matches!(it.place, Place::Query { .. })
                && rule.is_some_and(|rule| rule.parameter == it.wire)
        };
        facts.parameters.iter().any(is_mask)
    };
    if has_mask(facts) != has_mask(single) {
        return Err(format!(
            "only one of the two operations has the mask of `{}`",
            scope.operation_id()
        ));
    }
    let since = |operation: &str| {
        let dated = history::of(parsed, scope.document(), operation);
        dated.and_then(|dated| dated.since.clone())
    };
    if since(&single.operation_id) != since(scope.operation_id()) {
        return Err(format!(
            "it exists in other releases than `{}`",
            scope.operation_id()
        ));
    }
    if !matches!(
        other_than_json(&scope.operation.spec.source, single),
        Ok(None)
    ) {
        return Err("it does not return JSON".to_owned());
    }
    let (items, of) = list::items(scope, facts)
        .map_err(|reason| format!("the response of `{}` {reason}", scope.operation_id()))?;
    if single
        .response
        .as_ref()
        .is_none_or(|one| one.kind != of.kind)
    {
        return Err(format!(
            "its response differs from the items in `{items}` of `{}`",
            scope.operation_id()
        ));
    }
    Ok((items.to_owned(), id.clone()))
}

/// Returns the media type of the body and the members with constant values.
fn media(facts: &Facts) -> Option<(&str, &[(String, serde_json::Value)])> {
    let body = facts.body.as_ref()?;
    Some((&body.media_type, &body.fixed))
}

/// Returns the members of the body.
fn members(facts: &Facts) -> Vec<(&str, &TypeKind)> {
    let members = facts.parameters.iter();
    let members = members.filter(|it| matches!(it.place, Place::Body | Place::WholeBody));
    members.map(|it| (it.wire.as_str(), &it.ty.kind)).collect()
}
