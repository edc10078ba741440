//! Checks a JSON value against a [`Shape`] and reports all errors, each with its path in the value.

use regex_lite::Regex;
use serde_json::{Map, Number, Value};

use crate::describe::{expected, one_of};
use crate::nearest::nearest;
use crate::number::{greater, integer_text, less};
use crate::problem::{At, Problem, echo};
use crate::schema::{Additional, Field, Kind, Shape, StringRules};

/// Checks `value` and adds its errors to `problems`.
///
/// Rewrites integers to plain digits (`5.0` becomes `5`), because a query cannot express that `5.0` is an integer.
pub(crate) fn check(
    shape: &Shape,
    value: &mut Value,
    at: At<'_>,
    secret: bool,
    problems: &mut Vec<Problem>,
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
                return problems.push(wrong_type(shape, &value, at, secret));
            };
            let low = min.filter(|min| less(&digits, *min));
            let high = max.filter(|max| greater(&digits, *max));
            if low.or(high).is_some() {
                problems.push(Problem::Rule {
                    at: at.to_string(),
                    rule: range(*min, *max, None),
                    got: echo(&Value::Number(number.clone()), secret),
                });
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
                problems.push(Problem::Rule {
                    at: at.to_string(),
                    rule: range(*min, *max, *above),
                    got: echo(&Value::Number(number.clone()), secret),
                });
            }
        }
        (Kind::String(rules), Value::String(text)) => {
            check_string(rules, text, at, secret, problems);
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
                problems.push(Problem::Rule {
                    at: at.to_string(),
                    rule,
                    got: values.len().to_string(),
                });
            }
            for (index, value) in values.iter_mut().enumerate() {
                check(items, value, At::Item(&at, index), secret, problems);
            }
        }
        (Kind::Object { fields, additional }, Value::Object(members)) => {
            settle_null(fields, members);
            for (name, value) in members.iter_mut() {
                let at_member = At::Member(&at, name);
                match (fields.iter().find(|field| field.name == name), additional) {
                    (Some(field), _) => check(&field.shape, value, at_member, secret, problems),
                    (None, Additional::Open(shape)) => {
                        check(shape, value, at_member, secret, problems);
                    }
                    (None, Additional::Closed) => {
                        problems.push(unknown(at, "member", name, names(fields)));
                    }
                }
            }
            let missing = fields
                .iter()
                .filter(|field| field.required && !members.contains_key(field.name));
            problems.extend(missing.map(|field| missing_field(at, "member", field)));
        }
        (Kind::OneOf(shapes), value) => check_one_of(shape, shapes, value, at, secret, problems),
        (_, value) => problems.push(wrong_type(shape, value, at, secret)),
    }
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

/// Returns the error for an unknown name.
pub(crate) fn unknown(
    at: At<'_>,
    what: &'static str,
    name: &str,
    known: Vec<&'static str>,
) -> Problem {
    Problem::Unknown {
        at: at.to_string(),
        what,
        name: name.to_owned(),
        nearest: nearest(name, known.iter().copied()),
        known,
    }
}

/// Returns the error for a missing required field.
pub(crate) fn missing_field(at: At<'_>, what: &'static str, field: &Field) -> Problem {
    Problem::Missing {
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
pub(crate) fn is_kind(shape: &Shape, value: &Value) -> bool {
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
        (Kind::OneOf(shapes), value) => shapes.iter().any(|shape| is_kind(shape, value)),
        _ => false,
    }
}

fn check_one_of(
    whole: &Shape,
    shapes: &[Shape],
    value: &mut Value,
    at: At<'_>,
    secret: bool,
    problems: &mut Vec<Problem>,
) {
    let mut least: Option<Vec<Problem>> = None;
    for shape in shapes {
        let mut copy = value.clone();
        let mut found = Vec::new();
        check(shape, &mut copy, at, secret, &mut found);
        if found.is_empty() {
            *value = copy;
            return;
        }
        // The errors of an alternative for numbers do not help a caller who sent a string.
        let fewer = least.as_ref().is_none_or(|least| found.len() < least.len());
        if fewer && is_kind(shape, value) {
            least = Some(found);
        }
    }
    match least {
        Some(found) => problems.extend(found),
        None => problems.push(wrong_type(whole, value, at, secret)),
    }
}

fn check_string(
    rules: &StringRules,
    text: &str,
    at: At<'_>,
    secret: bool,
    problems: &mut Vec<Problem>,
) {
    let got = || echo(&Value::from(text), secret);
    let mut broken = |rule: String, got: String| {
        problems.push(Problem::Rule {
            at: at.to_string(),
            rule,
            got,
        });
    };
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
    let wrong_format = match rules.format {
        "date-time" => !is_date_time(text),
        "date" => !is_date(text),
        _ => false,
    };
    if wrong_format {
        broken(format!("expected {}", format_name(rules.format)), got());
    }
}

/// Describes the strings of a checked format.
pub(crate) fn format_name(format: &str) -> &'static str {
    match format {
        "date-time" => "a date and time with zone such as 2026-01-31T12:00:00Z",
        "date" => "a date such as 2026-01-31",
        _ => "a string",
    }
}

fn names(fields: &'static [Field]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name).collect()
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

fn wrong_type(shape: &Shape, value: &Value, at: At<'_>, secret: bool) -> Problem {
    Problem::Type {
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
        && is_kind(shape, &inner)
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
    let mut problems = Vec::new();
    check(shape, &mut value.clone(), At::Top, false, &mut problems);
    problems.is_empty()
}

/// Returns whether a text is an RFC 3339 date-time: a date, a time and a time zone.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_at_checked(10) else {
        return false;
    };
    let Some(time) = time.strip_prefix(['T', 't', ' ']) else {
        return false;
    };
    let Some((clock, zone)) = time.split_at_checked(8) else {
        return false;
    };
    let zone = match zone.strip_prefix('.') {
        Some(rest) => {
            let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == rest.len() {
                return false;
            }
            zone
        }
        None => zone,
    };
    let zone_is_right = match zone.split_at_checked(1) {
        Some(("Z" | "z", "")) => true,
        Some(("+" | "-", offset)) => has_digits(offset, "00:00", &[23, 59]),
        _ => false,
    };
    is_date(date) && has_digits(clock, "00:00:00", &[23, 59, 60]) && zone_is_right
}

/// Returns the instant of an RFC 3339 date-time: seconds since 1970 in UTC, and the digits of their fraction. Returns `None` for any other text.
pub(crate) fn instant(text: &str) -> Option<(i64, &str)> {
    if !is_date_time(text) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = text.get(19..)?;
    let digits = rest.strip_prefix('.').unwrap_or(rest);
    let zone = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let fraction = digits.strip_suffix(zone)?.trim_end_matches('0');
    let offset = match zone.split_at_checked(1)? {
        (sign @ ("+" | "-"), offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if sign == "-" { -minutes } else { minutes }
        }
        _ => 0,
    };
    // Converts the date to days. The year begins in March here, so that the leap day is its last day.
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 719_469;
    Some((
        ((days * 24 + hour) * 60 + minute - offset) * 60 + second,
        fraction,
    ))
}

fn is_date(text: &str) -> bool {
    has_digits(text, "0000-00-00", &[9999, 12, 31]) && !text.contains("-00")
}

/// Returns whether a text has digits where the mask has a 0, the same characters elsewhere, and numbers up to the bounds.
fn has_digits(text: &str, mask: &str, bounds: &[u32]) -> bool {
    let same = text.len() == mask.len()
        && text
            .bytes()
            .zip(mask.bytes())
            .all(|(byte, mask)| match mask {
                b'0' => byte.is_ascii_digit(),
                _ => byte == mask,
            });
    same && text
        .split([':', '-'])
        .zip(bounds)
        .all(|(number, bound)| number.parse::<u32>().is_ok_and(|number| number <= *bound))
}

#[cfg(test)]
mod tests;
