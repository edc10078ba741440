//! Checks a value against a schema and reports all errors, each with the expected and the given value. The management API checks request bodies in this way, and the configuration file its TOML.
//!
//! Supports only the part of JSON Schema that these schemas use. A test ensures that the OpenAPI document uses no other keywords.

pub(crate) mod writer;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::FieldError;
use crate::validate::alternatives;

/// Returns all errors in `value`. `field` is the path of the value, and references in the schema point into `root`.
pub(crate) fn check(root: &Value, schema: &Value, value: &Value, field: &str) -> Vec<FieldError> {
    let mut check = Check {
        root,
        errors: Vec::new(),
    };
    check.visit(schema, value, field);
    check.errors
}

/// Returns the target of a schema that is a reference, `#/components/…`, otherwise the schema itself.
pub(crate) fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    target.map_or(schema, |pointer| {
        root.pointer(pointer).unwrap_or(&Value::Null)
    })
}

/// Creates the error for an unknown name, with a suggestion.
pub(crate) fn unknown(what: &str, name: &str, field: &str, known: &[&str]) -> FieldError {
    let instead = alternatives(name, known);
    FieldError::new(field, format!("unknown {what}; {instead}"))
}

struct Check<'s> {
    root: &'s Value,
    errors: Vec<FieldError>,
}

impl<'s> Check<'s> {
    fn expected(&mut self, field: &str, expected: &str, got: &str) {
        let message = format!("expected {expected}, got {got}");
        self.errors.push(FieldError::new(field, message));
    }

    fn visit(&mut self, schema: &'s Value, value: &Value, field: &str) {
        let schema = resolve(self.root, schema);
        if let Some(variants) = schema["oneOf"].as_array() {
            return self.one_of(schema, variants, value, field);
        }
        // The empty schema accepts any value.
        if schema.as_object().is_some_and(Map::is_empty) {
            return;
        }
        if !has_type(&schema["type"], value) {
            return self.expected(field, &expected_type(schema), shown_type(value));
        }
        match value {
            Value::Object(object) => self.object(schema, object, field),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.visit(&schema["items"], item, &format!("{field}[{index}]"));
                }
            }
            _ => self.scalar(schema, value, field),
        }
    }

    /// Checks the variant that the discriminator selects. Without a discriminator, each variant would report an error.
    fn one_of(&mut self, schema: &'s Value, variants: &'s [Value], value: &Value, field: &str) {
        let Some(object) = value.as_object() else {
            return self.expected(field, "an object", shown_type(value));
        };
        let key = &schema["discriminator"]["propertyName"];
        let key = key.as_str().unwrap_or_default();
        let name = |variant: &'s Value| variant["properties"][key]["const"].as_str();
        let given = object.get(key).and_then(Value::as_str);
        if let Some(variant) = variants.iter().find(|it| name(it) == given) {
            return self.object(variant, object, field);
        }
        let names: Vec<_> = variants.iter().filter_map(name).collect();
        let got = object.get(key).map_or_else(|| "nothing".to_owned(), shown);
        self.expected(
            &join(field, key),
            &format!("one of {}", names.join(", ")),
            &got,
        );
    }

    fn object(&mut self, schema: &'s Value, object: &Map<String, Value>, field: &str) {
        let properties = &schema["properties"];
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !object.contains_key(name) {
                let expected = expected_type(resolve(self.root, &properties[name]));
                self.expected(&join(field, name), &expected, "nothing");
            }
        }
        for (name, value) in object {
            let inner = join(field, name);
            match (properties.get(name), &schema["additionalProperties"]) {
                (Some(schema), _) | (None, schema @ Value::Object(_)) => {
                    self.visit(schema, value, &inner);
                }
                (None, Value::Bool(false)) => {
                    let known = properties.as_object().into_iter().flatten();
                    let known: Vec<_> = known.map(|(name, _)| name.as_str()).collect();
                    self.errors.push(unknown("field", name, &inner, &known));
                }
                _ => {}
            }
        }
    }

    fn scalar(&mut self, schema: &Value, value: &Value, field: &str) {
        // A write-only value is not shown even to its sender, because responses end up in logs.
        let got = match schema["writeOnly"].as_bool() {
            Some(true) => "another value".to_owned(),
            _ => shown(value),
        };
        if let Some(values) = schema["enum"].as_array()
            && !values.contains(value)
        {
            let names: Vec<_> = values.iter().filter_map(Value::as_str).collect();
            self.expected(field, &format!("one of {}", names.join(", ")), &got);
        }
        if let Some(text) = value.as_str() {
            let length = text.chars().count() as u64;
            if schema["minLength"].as_u64().is_some_and(|min| length < min) {
                self.expected(field, "a string that is not empty", &got);
            }
            if let Some(max) = schema["maxLength"].as_u64().filter(|max| length > *max) {
                self.expected(field, &format!("at most {max} characters"), &got);
            }
            if schema["format"] == "date-time" && text.parse::<Timestamp>().is_err() {
                self.expected(field, TIME, &got);
            }
        }
        if let Some(number) = value.as_f64() {
            let (min, max) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
            if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
                let max = max.map_or("any number".to_owned(), |max| max.to_string());
                let min = min.unwrap_or_default();
                self.expected(field, &format!("{min} to {max}"), &got);
            }
        }
    }
}

/// Description of a date-time.
const TIME: &str = "a time with its offset like 2026-12-31T23:59:59Z";

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
        Some("string") if schema["format"] == "date-time" => TIME,
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

/// Returns the path of a member.
pub(crate) fn join(field: &str, name: &str) -> String {
    if field.is_empty() {
        name.to_owned()
    } else {
        format!("{field}.{name}")
    }
}
