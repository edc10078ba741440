//! Compares the requested changes with the object that is read back: some servers report success for a change that they did not make.

use std::collections::HashSet;

use serde_json::Value;

use crate::args::CheckedArguments;
use crate::args::check::{is_password, member_shape};
use crate::args::date::instant;
use crate::args::error::quoted;
use crate::json::number::same_number;
use crate::schema::{Kind, Shape};
use crate::tool::{Parameter, ParameterLocation, Tool};

/// Maximum number of array items that are named. Further items are counted.
const NAMED: usize = 10;

/// Returns a description of each body member that the caller gave and whose value differs in `found`, the object that was read back.
pub(super) fn differences(arguments: &CheckedArguments, found: &Value) -> Vec<String> {
    let tool = arguments.tool();
    // Values that a server adds to a new object do not mean that the call failed.
    let exact = tool.method != "create";
    let compared = tool.parameters.iter().filter(|it| is_compared(tool, it));
    let differences = compared.filter_map(|parameter| {
        let name = parameter.field.name;
        let wanted = arguments.given(name)?;
        let found = found.get(parameter.wire).unwrap_or(&Value::Null);
        difference(wanted, found, exact).map(|text| format!("{name}: {text}"))
    });
    differences.collect()
}

/// Returns whether a member can be compared: secrets are masked in responses, and responses do not contain write-only members.
fn is_compared(tool: &Tool, parameter: &Parameter) -> bool {
    parameter.location == ParameterLocation::Body
        && !parameter.hidden
        && !parameter.secret
        && !is_password(&parameter.field.shape)
        && !tool.update.verify.except.contains(&parameter.wire)
        && tool
            .returns
            .is_some_and(|shape| is_shown(&shape, parameter.wire))
}

/// Returns whether responses of this shape contain a member in clear text.
fn is_shown(shape: &Shape, wire: &str) -> bool {
    match shape.resolved().kind {
        Kind::Any => true,
        Kind::Object { fields, additional } => {
            member_shape(fields, additional, wire).is_some_and(|shape| !is_password(shape))
        }
        _ => false,
    }
}

/// Describes how a value differs from the requested value; `None` if the values are equivalent.
fn difference(wanted: &Value, found: &Value, exact: bool) -> Option<String> {
    if holds(wanted, found, exact) {
        return None;
    }
    let (Value::Array(wanted), Value::Array(found)) = (wanted, found) else {
        let text = |value: &Value| match is_nothing(value) {
            true => "no value".to_owned(),
            false => words(value),
        };
        return Some(format!("requested {}, found {}", text(wanted), text(found)));
    };
    let (missing, more) = set_differences(wanted, found, exact);
    let mut texts = Vec::new();
    if !missing.is_empty() {
        texts.push(format!("lacks {}", listed(&missing)));
    }
    if !more.is_empty() {
        let verb = if more.len() == 1 { "was" } else { "were" };
        texts.push(format!(
            "still has {}, which {verb} not requested",
            listed(&more)
        ));
    }
    Some(texts.join("; "))
}

/// Returns whether a value is equivalent to the requested value. Objects may have other members. Arrays are compared as sets; unless `exact` is set, they may have other items.
fn holds(wanted: &Value, found: &Value, exact: bool) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().all(|(name, wanted)| {
            let found = found.get(name).unwrap_or(&Value::Null);
            holds(wanted, found, exact)
        }),
        (Value::Array(wanted), Value::Array(found)) => {
            let (missing, more) = set_differences(wanted, found, exact);
            missing.is_empty() && more.is_empty()
        }
        (Value::Number(wanted), Value::Number(found)) => {
            same_number(wanted.as_str(), found.as_str())
        }
        (Value::String(wanted), Value::String(found)) => {
            wanted == found || instant(wanted).is_some_and(|at| instant(found) == Some(at))
        }
        _ => wanted == found || (is_nothing(wanted) && is_nothing(found)),
    }
}

/// Returns the missing items and, if `exact` is set, the items that were not requested.
fn set_differences<'v>(
    wanted: &'v [Value],
    found: &'v [Value],
    exact: bool,
) -> (Vec<&'v Value>, Vec<&'v Value>) {
    let missing = unmatched(wanted, found, |wanted, found| holds(wanted, found, exact));
    let more = match exact {
        true => unmatched(found, wanted, |found, wanted| holds(wanted, found, exact)),
        false => Vec::new(),
    };
    (missing, more)
}

/// Returns whether a value is `null`, an empty string or an empty array, which are equivalent to an absent member.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Returns the items of `one` for which `is_right` accepts no item of `other`.
fn unmatched<'v>(
    one: &'v [Value],
    other: &[Value],
    is_right: impl Fn(&Value, &Value) -> bool,
) -> Vec<&'v Value> {
    // The set avoids comparing all pairs of items of large arrays, because most items are equal.
    let same: HashSet<&Value> = other.iter().collect();
    let rest = one.iter().filter(|item| !same.contains(item));
    rest.filter(|item| !other.iter().any(|other| is_right(item, other)))
        .collect()
}

fn listed(items: &[&Value]) -> String {
    let named: Vec<_> = items.iter().take(NAMED).map(|item| label(item)).collect();
    let named = named.join(", ");
    match items.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Describes an item of an array by all its values: `can_edit DAGs`.
pub(super) fn label(item: &Value) -> String {
    let mut leaves = Vec::new();
    collect(item, &mut leaves);
    match leaves.is_empty() {
        true => words(item),
        false => leaves.join(" "),
    }
}

fn collect(value: &Value, leaves: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| collect(value, leaves)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, leaves)),
        Value::Null => {}
        Value::String(text) => leaves.push(quoted(text).trim_matches('"').to_owned()),
        value => leaves.push(words(value)),
    }
}

/// Formats a value, shortened.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Object(_) | Value::Array(_) => {
            let mut leaves = Vec::new();
            collect(value, &mut leaves);
            match leaves.is_empty() {
                true => value.to_string(),
                false => quoted(&leaves.join(" ")),
            }
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests;
