//! Checks a value against a schema of the OpenAPI document and reports all errors, each with the expected and the given value.
//!
//! Supports only the part of JSON Schema that the document uses. A test ensures that the document uses no other keywords.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::document::resolve;
use crate::gateway::error::FieldProblem;

/// Returns all errors in `value`. `field` is the path of the value.
pub(super) fn check(schema: &'static Value, value: &Value, field: &str) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    visit(resolve(schema), value, field, &mut problems);
    problems
}

/// Creates the error for an unknown name, with a suggestion.
pub(super) fn unknown<'a>(
    what: &str,
    name: &str,
    field: &str,
    known: impl Iterator<Item = &'a str>,
) -> FieldProblem {
    let known: Vec<_> = known.collect();
    let nearest = known
        .iter()
        .map(|it| (strsim::jaro_winkler(name, it), it))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let instead = match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    FieldProblem::new(field, format!("there is no such {what}; {instead}"))
}

fn visit(schema: &'static Value, value: &Value, field: &str, problems: &mut Vec<FieldProblem>) {
    if let Some(variants) = schema["oneOf"].as_array() {
        return one_of(schema, variants, value, field, problems);
    }
    if !has_type(&schema["type"], value) {
        let expected = expected_type(schema);
        problems.push(FieldProblem::new(
            field,
            format!("expected {expected}, got {}", shown_type(value)),
        ));
        return;
    }
    match value {
        Value::Object(object) => in_object(schema, object, field, problems),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let field = format!("{field}[{index}]");
                visit(resolve(&schema["items"]), item, &field, problems);
            }
        }
        _ => scalar(schema, value, field, problems),
    }
}

/// Checks the variant that the discriminator selects. Without a discriminator, each variant would report an error.
fn one_of(
    schema: &'static Value,
    variants: &'static [Value],
    value: &Value,
    field: &str,
    problems: &mut Vec<FieldProblem>,
) {
    let Some(object) = value.as_object() else {
        let got = shown_type(value);
        problems.push(FieldProblem::new(
            field,
            format!("expected an object, got {got}"),
        ));
        return;
    };
    let key = schema["discriminator"]["propertyName"]
        .as_str()
        .unwrap_or_default();
    let name = |variant: &'static Value| variant["properties"][key]["const"].as_str();
    let found = variants
        .iter()
        .find(|variant| object.get(key).and_then(Value::as_str) == name(variant));
    if let Some(variant) = found {
        return in_object(variant, object, field, problems);
    }
    let names: Vec<_> = variants.iter().filter_map(name).collect();
    let got = object.get(key).map_or_else(|| "nothing".to_owned(), shown);
    problems.push(FieldProblem::new(
        &join(field, key),
        format!("expected one of {}, got {got}", names.join(", ")),
    ));
}

fn in_object(
    schema: &'static Value,
    object: &Map<String, Value>,
    field: &str,
    problems: &mut Vec<FieldProblem>,
) {
    let properties = schema["properties"].as_object();
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if !object.contains_key(name) {
            let expected = expected_type(resolve(&schema["properties"][name]));
            problems.push(FieldProblem::new(
                &join(field, name),
                format!("expected {expected}, got nothing"),
            ));
        }
    }
    for (name, value) in object {
        let inner = join(field, name);
        match properties.and_then(|properties| properties.get(name)) {
            Some(schema) => visit(resolve(schema), value, &inner, problems),
            None => match &schema["additionalProperties"] {
                Value::Bool(false) => {
                    let known = properties.into_iter().flatten();
                    let known = known.map(|(name, _)| name.as_str());
                    problems.push(unknown("field", name, &inner, known));
                }
                additional @ Value::Object(_) => {
                    visit(resolve(additional), value, &inner, problems);
                }
                _ => {}
            },
        }
    }
}

fn scalar(schema: &'static Value, value: &Value, field: &str, problems: &mut Vec<FieldProblem>) {
    let mut expect = |expected: String| {
        // A write-only value is not shown even to its sender, because responses end up in logs.
        let got = match schema["writeOnly"].as_bool() {
            Some(true) => "something else".to_owned(),
            _ => shown(value),
        };
        problems.push(FieldProblem::new(
            field,
            format!("expected {expected}, got {got}"),
        ));
    };
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        let names: Vec<_> = values.iter().filter_map(Value::as_str).collect();
        expect(format!("one of {}", names.join(", ")));
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        if schema["minLength"]
            .as_u64()
            .is_some_and(|least| length < least)
        {
            expect("a string that is not empty".to_owned());
        }
        if let Some(most) = schema["maxLength"].as_u64()
            && length > most
        {
            expect(format!("at most {most} characters"));
        }
        if schema["format"] == "date-time" && text.parse::<Timestamp>().is_err() {
            expect("a time like 2026-12-31T23:59:59Z".to_owned());
        }
    }
    if let Some(number) = value.as_f64() {
        let bound = |key: &str| schema[key].as_f64();
        let too_small = bound("minimum").is_some_and(|least| number < least);
        let too_large = bound("maximum").is_some_and(|most| number > most);
        if too_small || too_large {
            let most = bound("maximum").map_or("any number".to_owned(), |most| most.to_string());
            let least = bound("minimum").unwrap_or_default();
            expect(format!("{least} to {most}"));
        }
    }
}

fn has_type(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    match types {
        Value::Array(types) => types.iter().any(is),
        one => is(one),
    }
}

fn expected_type(schema: &Value) -> String {
    let name = |name: &Value| match name.as_str() {
        Some("null") => "null",
        Some("boolean") => "true or false",
        Some("integer") => "an integer",
        Some("string") if schema["format"] == "date-time" => "a time like 2026-12-31T23:59:59Z",
        Some("string") => "a string",
        Some("array") => "an array",
        _ => "an object",
    };
    match &schema["type"] {
        Value::Array(types) => types.iter().map(name).collect::<Vec<_>>().join(" or "),
        one => name(one).to_owned(),
    }
}

fn shown_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() > 40 => {
            let start: String = text.chars().take(40).collect();
            format!("`{start}…`")
        }
        Value::String(text) => format!("`{text}`"),
        Value::Number(number) => number.to_string(),
        other => shown_type(other).to_owned(),
    }
}

fn join(field: &str, name: &str) -> String {
    if field.is_empty() {
        name.to_owned()
    } else {
        format!("{field}.{name}")
    }
}
