//! Describes shapes briefly for error messages: `an object {"name": string}`.

use core::fmt::Write as _;

use serde_json::Value;

use crate::args::date::format_name;
use crate::schema::{Additional, Field, Kind, Shape};

/// Depth up to which objects are written out; deeper objects are shown as `{…}`.
const DEPTH: usize = 2;

/// Maximum number of values or members that are listed.
const LISTED: usize = 30;

/// Describes the expected value as part of a sentence.
pub(crate) fn expected(shape: &Shape) -> String {
    let mut text = match &shape.kind {
        Kind::Any => "any JSON value".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Integer { .. } => "an integer".to_owned(),
        Kind::Number { .. } => "a number".to_owned(),
        Kind::String(rules) if !rules.values.is_empty() => one_of(rules.values),
        Kind::String(rules) => format_name(rules.format).to_owned(),
        Kind::Array { .. } => format!("an array {}", brief(shape)),
        Kind::Object { .. } => format!("an object {}", brief(shape)),
        Kind::OneOf(shapes) => {
            let all: Vec<_> = shapes.iter().map(expected).collect();
            all.join(" or ")
        }
        Kind::Link(_) => format!("as {}", brief(shape)),
    };
    if shape.nullable {
        text.push_str(" or null");
    }
    text
}

/// Lists the values of an enum as part of a sentence.
pub(crate) fn one_of(values: &[&str]) -> String {
    format!("one of {}", listed(values, ", "))
}

/// Describes a shape as a pattern of JSON; optional members have a `?`.
fn brief(shape: &Shape) -> String {
    brief_at(shape, DEPTH)
}

fn brief_at(shape: &Shape, depth: usize) -> String {
    match &shape.kind {
        Kind::Any => "any".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Integer { .. } => "integer".to_owned(),
        Kind::Number { .. } => "number".to_owned(),
        Kind::String(rules) if rules.values.is_empty() => "string".to_owned(),
        Kind::String(rules) => listed(rules.values, " | "),
        Kind::Array { items, .. } => format!("[{}]", brief_at(items, depth)),
        Kind::Object { .. } if depth == 0 => "{…}".to_owned(),
        Kind::Object { fields, additional } => brief_object(fields, additional, depth - 1),
        Kind::OneOf(shapes) => {
            let all: Vec<_> = shapes.iter().map(|shape| brief_at(shape, depth)).collect();
            all.join(" | ")
        }
        // Each link leads one step further into a recursive type.
        Kind::Link(_) if depth == 0 => "…".to_owned(),
        Kind::Link(_) => brief_at(&shape.resolved(), depth - 1),
    }
}

fn listed(values: &[&str], separator: &str) -> String {
    let mut all: Vec<_> = values
        .iter()
        .take(LISTED)
        .map(|value| Value::from(*value).to_string())
        .collect();
    if values.len() > LISTED {
        all.push("…".to_owned());
    }
    all.join(separator)
}

fn brief_object(fields: &[Field], additional: &Additional, depth: usize) -> String {
    let mut text = String::from("{");
    // Required members come first, because they are the ones to correct.
    let required = fields.iter().filter(|field| field.required);
    let optional = fields.iter().filter(|field| !field.required);
    let mut separator = "";
    for field in required.chain(optional).take(LISTED) {
        let mark = if field.required { "" } else { "?" };
        let shape = brief_at(&field.shape, depth);
        let _ = write!(text, "{separator}\"{}\"{mark}: {shape}", field.name);
        separator = ", ";
    }
    if let Additional::Open(shape) = additional {
        let shape = brief_at(shape, depth);
        let _ = write!(text, "{separator}string: {shape}");
    } else if fields.len() > LISTED {
        text.push_str(", …");
    }
    text.push('}');
    text
}
