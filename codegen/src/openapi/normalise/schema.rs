//! Normalises a schema and the schemas in it.

use serde_json::{Map, Value, json};

use super::super::model::UNREADABLE;
use super::{each, integral, items};

/// Keywords that can name members which are not in `properties`.
const NAMING: [&str; 5] = [
    "patternProperties",
    "dependentSchemas",
    "then",
    "else",
    "propertyNames",
];

/// References whose target depends on the path to the reference.
const DYNAMIC: [&str; 2] = ["$dynamicRef", "$recursiveRef"];

/// Keywords that describe and do not restrict. If two schemas have the same one, the outer one wins.
const NOTES: [&str; 9] = [
    "title",
    "description",
    "example",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
    "externalDocs",
];

/// Normalises a schema in place.
pub(super) fn schema(value: &mut Value) {
    match value {
        Value::Bool(true) => *value = json!({}),
        Value::Bool(false) => *value = json!({"not": {}}),
        Value::Object(map) => object(map),
        _ => {}
    }
}

fn object(map: &mut Map<String, Value>) {
    special(map);
    well_formed(map);
    inner(map);
    reference_with_siblings(map);
    constant(map);
    types(map);
    for key in ["anyOf", "oneOf"] {
        alternatives(map, key);
    }
    limits(map);
    examples(map);
}

/// Handles keywords that OpenAPI 3.0 does not have: other keywords only add restrictions, which servers check.
fn special(map: &mut Map<String, Value>) {
    if let Some(key) = DYNAMIC.iter().find(|key| map.contains_key(**key)) {
        let reason = format!("`{key}` is not supported");
        map.insert(UNREADABLE.to_owned(), reason.into());
    }
    let additional = map.get("additionalProperties");
    let is_closed = additional.is_none_or(|it| *it == false);
    if is_closed && NAMING.iter().any(|key| map.contains_key(*key)) {
        map.insert("additionalProperties".to_owned(), true.into());
    }
}

/// Removes keywords whose values are of the wrong kind, because they have no meaning.
fn well_formed(map: &mut Map<String, Value>) {
    map.retain(|key, value| match key.as_str() {
        "required" | "enum" | "allOf" | "anyOf" | "oneOf" => value.is_array(),
        "title" | "description" | "format" | "pattern" => value.is_string(),
        "readOnly" | "writeOnly" | "nullable" | "deprecated" | "uniqueItems" => value.is_boolean(),
        "items" => value.is_object() || value.is_boolean(),
        "const" | "default" | "example" => true,
        _ => !value.is_null(),
    });
}

/// Normalises the schemas in this schema.
fn inner(map: &mut Map<String, Value>) {
    prefix_items(map);
    if let Some(rest) = map.shift_remove("unevaluatedProperties") {
        map.entry("additionalProperties").or_insert(rest);
    }
    each(map.get_mut("properties"), schema);
    for key in ["items", "not"] {
        map.get_mut(key).into_iter().for_each(schema);
    }
    if let Some(additional) = map
        .get_mut("additionalProperties")
        .filter(|value| value.is_object())
    {
        schema(additional);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        items(map.get_mut(key), schema);
    }
}

/// Turns a tuple into an array whose items have any of the types in the tuple.
fn prefix_items(map: &mut Map<String, Value>) {
    let Some(Value::Array(prefix)) = map.shift_remove("prefixItems") else {
        return;
    };
    let rest = map.shift_remove("items");
    let closed = rest == Some(Value::Bool(false));
    if closed && !map.contains_key("maxItems") {
        map.insert("maxItems".to_owned(), prefix.len().into());
    }
    let any_rest = !closed
        && rest.is_none()
        && map
            .get("maxItems")
            .and_then(Value::as_u64)
            .is_none_or(|max| max > prefix.len() as u64);
    let mut kinds: Vec<Value> = Vec::new();
    for kind in prefix.into_iter().chain(rest.filter(|_| !closed)) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let items = match kinds.len() {
        _ if any_rest => json!({}),
        1 => kinds.remove(0),
        _ => json!({ "anyOf": kinds }),
    };
    map.insert("items".to_owned(), items);
}

/// Keeps the keywords beside a `$ref` in an `allOf`. OpenAPI 3.0 ignores such keywords, but authors expect them to apply, in both versions.
fn reference_with_siblings(map: &mut Map<String, Value>) {
    if map.len() < 2 {
        return;
    }
    let Some(reference) = map.shift_remove("$ref") else {
        return;
    };
    let mut all = vec![json!({ "$ref": reference })];
    if let Some(Value::Array(more)) = map.shift_remove("allOf") {
        all.extend(more);
    }
    map.insert("allOf".to_owned(), all.into());
}

fn constant(map: &mut Map<String, Value>) {
    let Some(value) = map.shift_remove("const") else {
        return;
    };
    if !map.contains_key("type") && !value.is_null() {
        map.insert("type".to_owned(), type_of(&value).into());
    }
    map.insert("enum".to_owned(), json!([value]));
    map.insert("x-const".to_owned(), value);
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Normalises `type` if it is an array.
fn types(map: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = map.get_mut("type") else {
        return;
    };
    let mut types = std::mem::take(types);
    let all = types.len();
    types.retain(|ty| ty != "null");
    if types.len() < all {
        map.insert("nullable".to_owned(), true.into());
    }
    match types.len() {
        0 if all > 0 => drop(map.insert("type".to_owned(), "null".into())),
        0 => drop(map.shift_remove("type")),
        1 => drop(map.insert("type".to_owned(), types.remove(0))),
        _ => split_types(map, types),
    }
}

/// Turns several types into one alternative each, with the keywords that concern this type. `enum` and all other keywords stay outside the alternatives.
fn split_types(map: &mut Map<String, Value>, types: Vec<Value>) {
    map.shift_remove("type");
    let mut alternatives = Vec::new();
    for ty in types {
        let keywords: &[&str] = match ty.as_str() {
            Some("string") => &["minLength", "maxLength", "pattern", "format"],
            Some("number" | "integer") => &[
                "minimum",
                "maximum",
                "exclusiveMinimum",
                "exclusiveMaximum",
                "multipleOf",
            ],
            Some("array") => &["items", "minItems", "maxItems", "uniqueItems"],
            Some("object") => &[
                "properties",
                "required",
                "additionalProperties",
                "minProperties",
                "maxProperties",
            ],
            _ => &[],
        };
        let mut alternative = json!({ "type": ty });
        for keyword in keywords {
            if let Some(value) = map.get(*keyword) {
                alternative[*keyword] = value.clone();
            }
        }
        alternative.as_object_mut().into_iter().for_each(limits);
        alternatives.push(alternative);
    }
    for alternative in &alternatives {
        alternative
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .for_each(|key| drop(map.shift_remove(key)));
    }
    // If there already are alternatives, both groups must apply.
    if map.contains_key("anyOf") {
        let all = map.entry("allOf").or_insert_with(|| json!([]));
        all.as_array_mut()
            .into_iter()
            .for_each(|all| all.push(json!({ "anyOf": alternatives })));
    } else {
        map.insert("anyOf".to_owned(), alternatives.into());
    }
}

fn alternatives(map: &mut Map<String, Value>, key: &str) {
    let Some(Value::Array(list)) = map.get_mut(key) else {
        return;
    };
    let all = list.len();
    list.retain(|alternative| !is_null(alternative));
    if list.len() == all && all != 1 {
        return;
    }
    let nullable = list.len() < all;
    let one = (list.len() < 2).then(|| list.pop().unwrap_or_else(|| json!({ "type": "null" })));
    if nullable {
        map.insert("nullable".to_owned(), true.into());
    }
    if let Some(one) = one {
        map.shift_remove(key);
        merge(map, one);
    }
}

fn is_null(alternative: &Value) -> bool {
    alternative.get("type").is_some_and(|ty| ty == "null")
        || alternative
            .get("enum")
            .is_some_and(|values| *values == json!([null]))
}

/// Merges the only alternative into the surrounding schema. If the two conflict, the alternative is added as `allOf`.
fn merge(map: &mut Map<String, Value>, alternative: Value) {
    let Value::Object(alternative) = alternative else {
        return;
    };
    let conflict = |(key, value): (&String, &Value)| {
        !NOTES.contains(&key.as_str()) && map.get(key).is_some_and(|own| own != value)
    };
    if alternative.contains_key("$ref") || alternative.iter().any(conflict) {
        let all = map.entry("allOf").or_insert_with(|| json!([]));
        all.as_array_mut()
            .into_iter()
            .for_each(|all| all.insert(0, Value::Object(alternative.clone())));
        return;
    }
    for (key, value) in alternative {
        map.entry(key).or_insert(value);
    }
}

fn limits(map: &mut Map<String, Value>) {
    for (exclusive, inclusive, low) in [
        ("exclusiveMinimum", "minimum", true),
        ("exclusiveMaximum", "maximum", false),
    ] {
        if let Some(limit) = map
            .get(exclusive)
            .filter(|limit| limit.is_number())
            .cloned()
        {
            let wider = map
                .get(inclusive)
                .and_then(Value::as_f64)
                .zip(limit.as_f64())
                .is_some_and(|(own, limit)| if low { own > limit } else { own < limit });
            if wider {
                // The exclusive limit adds nothing, because the inclusive one is stricter.
                map.shift_remove(exclusive);
            } else {
                map.insert(inclusive.to_owned(), limit);
                map.insert(exclusive.to_owned(), true.into());
            }
        }
    }
    let integer = map.get("type").is_some_and(|ty| ty == "integer");
    for key in ["minimum", "maximum", "multipleOf"] {
        map.get_mut(key)
            .filter(|_| integer)
            .into_iter()
            .for_each(integral);
    }
    for key in [
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    ] {
        map.get_mut(key).into_iter().for_each(integral);
    }
}

fn examples(map: &mut Map<String, Value>) {
    let Some(Value::Array(list)) = map.get("examples") else {
        return;
    };
    if let Some(first) = list.first().cloned()
        && !map.contains_key("example")
    {
        map.insert("example".to_owned(), first);
    }
}
