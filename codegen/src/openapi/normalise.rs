//! Normalises published OpenAPI 3.1 and 3.0 to constructs of OpenAPI 3.0.
//!
//! Only this module knows both versions. It distinguishes schemas from other objects, because a property may be named `const` or `default`:
//!
//! | published | normalised |
//! | --- | --- |
//! | `anyOf: [X, {type: 'null'}]`, `oneOf` the same | X and `nullable: true` |
//! | `type: [X, 'null']`; `type: [X, Y]` | `type: X`, `nullable: true`; `anyOf` of the two |
//! | `const: V` | `enum: [V]`, `x-const: V` |
//! | `exclusiveMinimum: 0` | `minimum: 0`, `exclusiveMinimum: true` |
//! | `$ref: '#node'`, `$dynamicRef`, `$recursiveRef` with only one possible target | `$ref` to the target |
//! | `$ref` with other keywords | `allOf: [{$ref}]` with these keywords |
//! | `prefixItems: [X, Y]` | `items: {anyOf: [X, Y]}`, and `maxItems: 2` if no other items are allowed |
//! | `minimum: 1.0` of an integer | `minimum: 1` |
//! | `examples: [V, …]` of a schema | also `example: V` |
//! | `true`, `false` as a schema | `{}`, `{not: {}}` |
//! | `unevaluatedProperties: X` | `additionalProperties: X`, because `allOf` is merged later |
//! | no `operationId`, or one that an earlier operation has | one made from method and path: `get_dags_id` |
//! | no `paths` | empty `paths` |
//! | unknown member of a part on which a call depends; a keyword of a schema with a value of the wrong kind | `x-unreadable` in this part; removed |

use serde_json::{Map, Number, Value, json};

use super::model::UNREADABLE;
use crate::ident::{Taken, snake};
use crate::pointer::unescape;

mod anchors;
mod hoist;
mod schema;
mod walk;

use schema::schema;

/// HTTP methods that a path item can have.
pub(super) const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Members of a path item, besides the methods.
const PATH_ITEM: [&str; 5] = ["$ref", "summary", "description", "servers", "parameters"];

const OPERATION: [&str; 12] = [
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
    "servers",
];

const PARAMETER: [&str; 14] = [
    "$ref",
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "content",
    "example",
    "examples",
];

/// Normalises a whole document.
pub(super) fn document(value: &mut Value) {
    anchors::references(value);
    hoist::targets(value);
    numbers(value);
    let Some(document) = value.as_object_mut() else {
        return;
    };
    document.entry("paths").or_insert_with(|| json!({}));
    // The components are taken out, so that references can be looked up while paths are rewritten. Taking the value leaves its key in the map, which keeps the order.
    let mut components = document
        .get_mut("components")
        .map(Value::take)
        .unwrap_or(Value::Null);
    let paths = document
        .get("paths")
        .filter(|paths| paths.to_string().contains("#/paths/"));
    let paths = paths.cloned().unwrap_or(Value::Null);
    let mut ids = Taken::default();
    for (name, path) in members(document.get_mut("paths")).filter(|(name, _)| name.starts_with('/'))
    {
        if let Some(target) = path_target(path, &paths) {
            overlay(path, target);
        }
        path_item(name, path, &components, &mut ids);
    }
    if let Some(map) = components.as_object_mut() {
        each(map.get_mut("schemas"), schema);
        each(map.get_mut("parameters"), parameter);
        each(map.get_mut("requestBodies"), body);
        each(map.get_mut("responses"), response);
        document.insert("components".to_owned(), components);
    }
}

/// Returns the path item to which a path item refers.
fn path_target(value: &Value, paths: &Value) -> Option<Value> {
    let reference = value.get("$ref")?.as_str()?.strip_prefix("#/paths/")?;
    paths.get(unescape(reference)).cloned()
}

/// Replaces numbers that are not 64-bit integers with the nearest floating-point number.
fn numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *number = float;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(numbers),
        Value::Object(map) => map.values_mut().for_each(numbers),
        _ => {}
    }
}

fn path_item(name: &str, value: &mut Value, components: &Value, ids: &mut Taken) {
    if let Some(target) = target(value, "pathItems", components) {
        overlay(value, target);
    }
    let Some(item) = value
        .as_object_mut()
        .filter(|item| !item.contains_key("$ref"))
    else {
        return;
    };
    check_members(item, &[&PATH_ITEM[..], &METHODS].concat());
    references(item.get_mut("parameters"), "parameters", components);
    items(item.get_mut("parameters"), parameter);
    for method in METHODS {
        let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
            continue;
        };
        check_members(operation, &OPERATION);
        let id = operation.get("operationId").and_then(Value::as_str);
        if !id.is_some_and(|id| !id.is_empty() && !ids.has(id)) {
            let id = snake(&format!("{method} {name}"));
            operation.insert("operationId".to_owned(), id.into());
        }
        if let Some(Value::String(id)) = operation.get_mut("operationId") {
            *id = ids.take(id);
        }
        references(operation.get_mut("parameters"), "parameters", components);
        items(operation.get_mut("parameters"), parameter);
        if let Some(body) = operation.get_mut("requestBody") {
            reference(body, "requestBodies", components);
            self::body(body);
        }
        for (_, value) in members(operation.get_mut("responses")) {
            reference(value, "responses", components);
            response(value);
        }
    }
}

fn references(list: Option<&mut Value>, section: &str, components: &Value) {
    for value in list.and_then(Value::as_array_mut).into_iter().flatten() {
        reference(value, section, components);
    }
}

/// Replaces a reference that has a `summary` or `description` of its own with its target. OpenAPI 3.1 allows these members; 3.0 does not.
fn reference(value: &mut Value, section: &str, components: &Value) {
    if value.as_object().is_some_and(|map| map.len() > 1)
        && let Some(target) = target(value, section, components)
    {
        overlay(value, target);
    }
}

fn target(value: &Value, section: &str, components: &Value) -> Option<Value> {
    let name = value
        .get("$ref")?
        .as_str()?
        .strip_prefix("#/components/")?
        .strip_prefix(section)?
        .strip_prefix('/')?;
    components.get(section)?.get(unescape(name)).cloned()
}

/// Combines the target with the members beside the reference.
fn overlay(value: &mut Value, mut target: Value) {
    if let (Some(map), Value::Object(own)) = (target.as_object_mut(), value.take()) {
        map.extend(own.into_iter().filter(|(key, _)| key != "$ref"));
    }
    *value = target;
}

fn parameter(value: &mut Value) {
    if let Some(inner) = value.get_mut("schema") {
        schema(inner);
    }
    content(value, &PARAMETER);
}

fn body(value: &mut Value) {
    content(value, &["description", "content", "required"]);
}

fn response(value: &mut Value) {
    let known = ["summary", "description", "headers", "content", "links"];
    content(value, &known);
}

/// Normalises the content of a part that can have the given members.
fn content(value: &mut Value, known: &[&str]) {
    for (_, media) in members(value.get_mut("content")) {
        if let Some(inner) = media.get_mut("schema") {
            schema(inner);
        }
        if let Some(media) = media.as_object_mut() {
            check_members(media, &["schema", "example", "examples", "encoding"]);
        }
    }
    if let Some(map) = value.as_object_mut() {
        check_members(map, known);
    }
}

/// Marks a part with an unknown member, because such a member can change how a call is made.
fn check_members(map: &mut Map<String, Value>, known: &[&str]) {
    let mut keys = map.keys();
    let unknown = keys.find(|key| !known.contains(&key.as_str()) && !key.starts_with("x-"));
    if let Some(key) = unknown {
        let reason = format!("`{key}` is not supported");
        map.entry(UNREADABLE).or_insert_with(|| reason.into());
    }
}

fn each(map: Option<&mut Value>, change: fn(&mut Value)) {
    members(map).for_each(|(_, value)| change(value));
}

fn items(list: Option<&mut Value>, change: fn(&mut Value)) {
    list.and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .for_each(change);
}

fn members(value: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    value.and_then(Value::as_object_mut).into_iter().flatten()
}

/// Changes a whole number such as `2.0` to `2`.
fn integral(value: &mut Value) {
    let Some(number) = value.as_f64().filter(|_| value.as_i64().is_none()) else {
        return;
    };
    if number.fract() == 0.0
        && let Ok(integer) = format!("{number:.0}").parse::<i64>()
    {
        *value = Number::from(integer).into();
    }
}

#[cfg(test)]
mod tests;
