//! Checks a JSON value against a [`Shape`] and reports all errors, each with its path in the value.

use regex_lite::Regex;
use serde_json::{Map, Number, Value};

use super::date::{format_name, has_format};
use super::error::{ArgumentError, ValuePath, echo, is_full};
use crate::describe::{expected, one_of};
use crate::json::number::{greater, integer_text, less};
use crate::schema::{Additional, Field, Kind, Shape, StringRules};
use mcp_schema::suggestion::nearest;

/// Checks `value` and adds its errors to `errors`.
///
/// Rewrites integers to plain digits (`5.0` becomes `5`), because a query cannot express that `5.0` is an integer.
pub(crate) fn check_value(
    shape: &Shape,
    value: &mut Value,
    at: ValuePath<'_>,
    secret: bool,
    errors: &mut Vec<ArgumentError>,
) {
    if value.is_null() && (shape.nullable || matches!(shape.kind, Kind::Any)) {
        return;
    }
    let shape = &shape.resolved();
    let secret = secret || is_password(shape);
    match (&shape.kind, value) {
        (Kind::Any, _) | (Kind::Boolean, Value::Bool(_)) => {}
        (Kind::Integer { min, max }, Value::Number(number)) => {
            let Some(digits) = integer_text(number.as_str()) else {
                let value = Value::Number(number.clone());
                return errors.push(wrong_type(shape, &value, at, secret));
            };
            let low = min.filter(|min| less(&digits, *min));
            let high = max.filter(|max| greater(&digits, *max));
            if low.or(high).is_some() {
                let got = echo(&Value::Number(number.clone()), secret);
                errors.push(violated(at, range(*min, *max, None), got));
            }
            if let Ok(plain) = digits.parse::<Number>() {
                *number = plain;
            }
        }
        (Kind::Number { min, max, above }, Value::Number(number)) => {
            // A number such as `1e400` parses to infinity, which compares correctly.
            let float = number.as_str().parse::<f64>().unwrap_or(f64::NAN);
            let outside = min.is_some_and(|min| float < min)
                || max.is_some_and(|max| float > max)
                || above.is_some_and(|above| float <= above);
            if outside {
                let got = echo(&Value::Number(number.clone()), secret);
                errors.push(violated(at, range(*min, *max, *above), got));
            }
        }
        (Kind::String(rules), Value::String(text)) => {
            check_string(rules, text, at, secret, errors);
        }
        (
            Kind::Array {
                items,
                min_items,
                max_items,
            },
            Value::Array(values),
        ) => {
            if let Some(rule) = count_rule(values.len(), *min_items, *max_items, "item") {
                errors.push(violated(at, rule, values.len().to_string()));
            }
            for (index, value) in values.iter_mut().enumerate() {
                if is_full(errors) {
                    return;
                }
                check_value(items, value, ValuePath::Item(&at, index), secret, errors);
            }
        }
        (Kind::Object { fields, additional }, Value::Object(members)) => {
            settle_null(fields, members);
            for (name, value) in members.iter_mut() {
                if is_full(errors) {
                    return;
                }
                let at_member = ValuePath::Member(&at, name);
                match member_shape(fields, *additional, name) {
                    Some(shape) => check_value(shape, value, at_member, secret, errors),
                    None => {
                        let known = fields.iter().map(|field| field.name).collect();
                        errors.push(ArgumentError::unknown(at, "member", name, known));
                    }
                }
            }
            let omitted = fields
                .iter()
                .filter(|field| field.required && !members.contains_key(field.name));
            errors.extend(omitted.map(|field| missing(at, "member", field)));
        }
        (Kind::OneOf(shapes), value) => check_one_of(shape, shapes, value, at, secret, errors),
        (_, value) => errors.push(wrong_type(shape, value, at, secret)),
    }
}

/// Returns the shape of a member; `None` if the object must not have the member.
pub(crate) fn member_shape(
    fields: &'static [Field],
    additional: Additional,
    name: &str,
) -> Option<&'static Shape> {
    let field = fields.iter().find(|field| field.name == name);
    field.map(|field| &field.shape).or(match additional {
        Additional::Open(shape) => Some(shape),
        Additional::Closed => None,
    })
}

/// Removes optional members that are `null`, which is equivalent to omitting them, and adds `null` for missing required members that may be `null`.
fn settle_null(fields: &'static [Field], members: &mut Map<String, Value>) {
    for field in fields {
        if !field.required {
            if members.get(field.name).is_some_and(Value::is_null) {
                members.shift_remove(field.name);
            }
        } else if field.is_filled() && !members.contains_key(field.name) {
            members.insert(field.name.to_owned(), Value::Null);
        }
    }
}

/// Returns the error for a value that violates a rule.
fn violated(at: ValuePath<'_>, rule: String, got: String) -> ArgumentError {
    let at = at.to_string();
    ArgumentError::Rule { at, rule, got }
}

/// Returns the error for a missing required field.
pub(crate) fn missing(at: ValuePath<'_>, what: &'static str, field: &Field) -> ArgumentError {
    ArgumentError::Missing {
        at: at.to_string(),
        what,
        name: field.name,
        expected: expected(&field.shape),
    }
}

/// Returns whether the document declares that the value must never be shown.
pub(crate) fn is_password(shape: &Shape) -> bool {
    matches!(shape.kind, Kind::String(rules) if rules.format == "password")
}

/// Returns whether a value has the type of the shape, regardless of the shape's rules.
pub(crate) fn has_type(shape: &Shape, value: &Value) -> bool {
    let shape = shape.resolved();
    match (&shape.kind, value) {
        (_, Value::Null) => shape.nullable || matches!(shape.kind, Kind::Any),
        (Kind::Any, _)
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Number { .. }, Value::Number(_))
        | (Kind::String(_), Value::String(_))
        | (Kind::Array { .. }, Value::Array(_))
        | (Kind::Object { .. }, Value::Object(_)) => true,
        (Kind::Integer { .. }, Value::Number(number)) => integer_text(number.as_str()).is_some(),
        (Kind::OneOf(shapes), value) => shapes.iter().any(|shape| has_type(shape, value)),
        _ => false,
    }
}

fn check_one_of(
    whole: &Shape,
    shapes: &[Shape],
    value: &mut Value,
    at: ValuePath<'_>,
    secret: bool,
    errors: &mut Vec<ArgumentError>,
) {
    let mut least: Option<Vec<ArgumentError>> = None;
    for shape in shapes {
        let mut copy = value.clone();
        let mut found = Vec::new();
        check_value(shape, &mut copy, at, secret, &mut found);
        if found.is_empty() {
            *value = copy;
            return;
        }
        // The errors of an alternative for numbers do not help a caller who sent a string.
        let fewer = least.as_ref().is_none_or(|least| found.len() < least.len());
        if fewer && has_type(shape, value) {
            least = Some(found);
        }
    }
    match least {
        Some(found) => errors.extend(found),
        None => errors.push(wrong_type(whole, value, at, secret)),
    }
}

fn check_string(
    rules: &StringRules,
    text: &str,
    at: ValuePath<'_>,
    secret: bool,
    errors: &mut Vec<ArgumentError>,
) {
    let got = || echo(&Value::from(text), secret);
    let mut broken = |rule, got| errors.push(violated(at, rule, got));
    if !rules.values.is_empty() {
        if !rules.values.contains(&text) {
            let nearest = nearest(text, rules.values.iter().copied());
            let meant = nearest.map_or_else(String::new, |value| {
                format!(" (did you mean {}?)", Value::from(value))
            });
            let rule = format!("expected {}", one_of(rules.values));
            broken(rule, format!("{}{meant}", got()));
        }
        return;
    }
    let length = text.chars().count();
    match count_rule(length, rules.min_length, rules.max_length, "character") {
        Some(_) if length == 0 => broken("must not be empty".to_owned(), got()),
        Some(rule) => broken(rule, format!("{length}")),
        None => {}
    }
    // Patterns that this engine does not support (look-around, `\p`) are left to the upstream.
    let pattern = Some(rules.pattern).filter(|pattern| !pattern.is_empty());
    if let Some(Ok(regex)) = pattern.map(Regex::new)
        && !regex.is_match(text)
    {
        broken(format!("must match the pattern {}", rules.pattern), got());
    }
    if !has_format(text, rules.format) {
        broken(format!("expected {}", format_name(rules.format)), got());
    }
}

fn range<T: core::fmt::Display>(min: Option<T>, max: Option<T>, above: Option<T>) -> String {
    match (min, max, above) {
        (Some(min), Some(max), None) => format!("must be from {min} to {max}"),
        (Some(min), None, None) => format!("must be at least {min}"),
        (None, Some(max), None) => format!("must be at most {max}"),
        (_, Some(max), Some(above)) => format!("must be greater than {above} and at most {max}"),
        (_, None, Some(above)) => format!("must be greater than {above}"),
        (None, None, None) => String::new(),
    }
}

/// Returns the rule for a count if the count violates it.
fn count_rule(count: usize, min: Option<u32>, max: Option<u32>, unit: &str) -> Option<String> {
    let more = |bound: u32| usize::try_from(bound).is_ok_and(|bound| count < bound);
    let fewer = |bound: u32| usize::try_from(bound).is_ok_and(|bound| count > bound);
    let (word, bound) = match (min, max) {
        (Some(min), _) if more(min) => ("at least", min),
        (_, Some(max)) if fewer(max) => ("at most", max),
        _ => return None,
    };
    let plural = if bound == 1 { "" } else { "s" };
    Some(format!("must have {word} {bound} {unit}{plural}"))
}

fn wrong_type(shape: &Shape, value: &Value, at: ValuePath<'_>, secret: bool) -> ArgumentError {
    ArgumentError::Type {
        at: at.to_string(),
        expected: expected(shape),
        got: echo(value, secret),
        advice: advice(shape, value, secret),
    }
}

/// Returns how to write the value correctly, if only its JSON type is wrong.
fn advice(shape: &Shape, value: &Value, secret: bool) -> String {
    if secret || value.is_null() {
        return String::new();
    }
    if let Value::String(text) = value
        && let Ok(inner) = serde_json::from_str::<Value>(text)
        && has_type(shape, &inner)
    {
        return match inner {
            Value::Array(_) | Value::Object(_) => {
                "; write the JSON itself, not as a string".to_owned()
            }
            inner => format!("; write {} without quotes", echo(&inner, false)),
        };
    }
    // Each proposal is checked with a smaller shape or a simpler value, so that the recursion ends.
    let text = Value::from(value.to_string());
    match (&shape.kind, value) {
        (Kind::String(_) | Kind::OneOf(_), Value::Bool(_) | Value::Number(_))
            if passes(shape, &text) =>
        {
            format!("; write {} in quotes", echo(&text, false))
        }
        (Kind::Array { items, .. }, Value::Bool(_) | Value::Number(_) | Value::String(_))
            if passes(items, value) =>
        {
            format!("; write [{}]", echo(value, false))
        }
        _ => String::new(),
    }
}

fn passes(shape: &Shape, value: &Value) -> bool {
    let mut errors = Vec::new();
    check_value(
        shape,
        &mut value.clone(),
        ValuePath::Top,
        false,
        &mut errors,
    );
    errors.is_empty()
}

#[cfg(test)]
mod tests;
