//! Reads the operation on one object that a tool calls for each id in an argument.

use super::list;
use super::response_format::other_than_json;
use super::scope::Scope;
use crate::catalog::{Field, ForEach, Parameter, ParameterLocation, TypeKind, TypeRef};
use crate::openapi::OperationFacts;
use crate::path::placeholders;

/// Returns the operation and the argument with the ids; `None` if the tool has no such operation, or if the operation cannot be called in this way.
pub(super) fn lower(scope: Scope<'_>, facts: &OperationFacts) -> Option<(ForEach, Parameter)> {
    let wanted = scope.operation.binding.for_each.as_ref()?;
    let id = &wanted.operation;
    scope.find(id)?;
    let single = scope.read(&id.value)?;
    match fit(scope, facts, &single) {
        Ok((items, parameter)) => {
            let mut ty = TypeRef::from(TypeKind::Array(Box::new(parameter.field.ty.clone())));
            ty.rules.min_items = Some(1);
            ty.rules.max_items = Some(wanted.max);
            let parameter = Parameter {
                field: Field {
                    default: parameter.field.default,
                    ..Field::new(&wanted.argument.value, ty)
                },
                location: ParameterLocation::ForEach,
                ..parameter
            };
            let for_each = ForEach {
                operation_id: single.operation_id,
                http: single.http,
                path: single.path,
                items,
            };
            Some((for_each, parameter))
        }
        Err(reason) => {
            scope.report_unsuitable(id.line, "for_each", id, reason);
            None
        }
    }
}

/// Returns the member of the tool result that holds the responses, and the path parameter that takes an id. The error says why the operation does not do for one object what the tool's own operation does for many.
fn fit(
    scope: Scope<'_>,
    facts: &OperationFacts,
    single: &OperationFacts,
) -> Result<(String, Parameter), String> {
    if matches!(single.http.as_str(), "get" | "head") {
        return Err("it changes nothing".to_owned());
    }
    let tool_operation = scope.operation_id();
    let own = placeholders(&facts.path);
    let mut more = placeholders(&single.path);
    more.retain(|name| !own.contains(name));
    let [name] = more.as_slice() else {
        return Err(format!(
            "its path must have one parameter more than that of `{tool_operation}`, for the id, but has {} more",
            more.len()
        ));
    };
    let is_path = |it: &Parameter| matches!(it.location, ParameterLocation::Path { .. });
    let mut parameters = single.parameters.iter();
    let Some(id) = parameters.find(|it| is_path(it) && it.wire == **name) else {
        return Err(format!("its path parameter `{name}` is not declared"));
    };
    if media(facts) != media(single) || members(facts) != members(single) {
        return Err(format!("its body differs from that of `{tool_operation}`"));
    }
    let mut parameters = single.parameters.iter();
    let is_needed = |it: &Parameter| {
        it.field.required && !is_path(it) && it.location != ParameterLocation::Body
    };
    if let Some(needed) = parameters.find(|it| is_needed(it)) {
        return Err(format!("it also requires `{}`", needed.wire));
    }
    let mask = scope.operation.api.mask.as_ref();
    let mask = mask.map(|rule| rule.parameter.as_str());
    let has_mask = |facts: &OperationFacts| {
        let mut parameters = facts.parameters.iter();
        let is_query = |it: &Parameter| matches!(it.location, ParameterLocation::Query { .. });
        parameters.any(|it| is_query(it) && mask == Some(it.wire.as_str()))
    };
    if has_mask(facts) != has_mask(single) {
        return Err(format!(
            "only one of the two operations has the mask of `{tool_operation}`"
        ));
    }
    let since = |operation: &str| scope.inputs.since(scope.document(), operation);
    if since(&single.operation_id) != since(tool_operation) {
        return Err(format!(
            "it exists in other releases than `{tool_operation}`"
        ));
    }
    if other_than_json(&scope.operation.document.source, single) != Ok(None) {
        return Err("it does not return JSON".to_owned());
    }
    let (items, item_type) = list::items(scope, facts)
        .map_err(|reason| format!("the response of `{tool_operation}` {reason}"))?;
    let response = single.response.as_ref();
    if response.is_none_or(|response| response.kind != item_type.kind) {
        return Err(format!(
            "its response differs from the items in `{items}` of `{tool_operation}`"
        ));
    }
    Ok((items.to_owned(), id.clone()))
}

/// Returns the media type of the body and the members with constant values.
fn media(facts: &OperationFacts) -> Option<(&str, &[(String, serde_json::Value)])> {
    let body = facts.body.as_ref()?;
    Some((&body.media_type, &body.fixed))
}

/// Returns the members of the body.
fn members(facts: &OperationFacts) -> Vec<(&str, &TypeKind)> {
    let members = facts.parameters.iter();
    let members = members.filter(|it| {
        matches!(
            it.location,
            ParameterLocation::Body | ParameterLocation::WholeBody
        )
    });
    members
        .map(|it| (it.wire.as_str(), &it.field.ty.kind))
        .collect()
}
