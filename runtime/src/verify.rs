//! Compares the requested changes with the object that is read back: some servers report success for a change that they did not make.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arguments::Arguments;
use crate::check::{instant, is_password};
use crate::json::same_number;
use crate::problem::quoted;
use crate::schema::{Additional, Kind, Shape};
use crate::tool::{Param, Place, Tool};

/// Maximum number of array items that are named. Further items are counted.
const NAMED: usize = 10;

/// Returns a description of each body member that the caller gave and whose value differs in `found`, the object that was read back.
pub(crate) fn differences(arguments: &Arguments, found: &Value) -> Vec<String> {
    let tool = arguments.tool();
    // Values that a server adds to a new object do not mean that the call failed.
    let exact = tool.method != "create";
    let compared = tool.params.iter().filter(|param| is_compared(tool, param));
    compared
        .filter_map(|param| {
            let asked = arguments.given(param.field.name)?;
            let found = found.get(param.wire).unwrap_or(&Value::Null);
            difference(asked, found, exact).map(|text| format!("{}: {text}", param.field.name))
        })
        .collect()
}

/// Returns whether a member can be compared: secrets are masked in responses, and responses do not contain write-only members.
fn is_compared(tool: &Tool, param: &Param) -> bool {
    param.place == Place::Body
        && !param.hidden
        && !param.secret
        && !is_password(&param.field.shape)
        && !tool.update.verify.except.contains(&param.wire)
        && tool
            .returns
            .is_some_and(|shape| is_shown(&shape, param.wire))
}

/// Returns whether responses of this shape contain a member in clear text.
fn is_shown(shape: &Shape, wire: &str) -> bool {
    match shape.resolved().kind {
        Kind::Any => true,
        Kind::Object { fields, additional } => {
            let field = fields.iter().find(|field| field.name == wire);
            field.map_or(additional != Additional::Closed, |field| {
                !is_password(&field.shape)
            })
        }
        _ => false,
    }
}

/// Describes how a value differs from the requested value; `None` if the values are equivalent.
fn difference(asked: &Value, found: &Value, exact: bool) -> Option<String> {
    if holds(asked, found, exact) {
        return None;
    }
    let (Value::Array(asked), Value::Array(found)) = (asked, found) else {
        let asked = match is_nothing(asked) {
            true => "no value".to_owned(),
            false => words(asked),
        };
        return Some(match is_nothing(found) {
            true => format!("asked for {asked}, has no value"),
            false => format!("asked for {asked}, is {}", words(found)),
        });
    };
    let (missing, more) = set_differences(asked, found, exact);
    let mut texts = Vec::new();
    if !missing.is_empty() {
        texts.push(format!("lacks {}", listed(&missing)));
    }
    if !more.is_empty() {
        let verb = if more.len() == 1 { "was" } else { "were" };
        texts.push(format!(
            "still has {}, which {verb} not asked for",
            listed(&more)
        ));
    }
    Some(texts.join("; "))
}

/// Returns whether a value is equivalent to the requested value. Objects may have other members. Arrays are compared as sets; unless `exact` is set, they may have other items.
fn holds(asked: &Value, found: &Value, exact: bool) -> bool {
    match (asked, found) {
        (Value::Object(asked), Value::Object(found)) => asked.iter().all(|(name, asked)| {
            let found = found.get(name).unwrap_or(&Value::Null);
            holds(asked, found, exact)
        }),
        (Value::Array(asked), Value::Array(found)) => {
            let (missing, more) = set_differences(asked, found, exact);
            missing.is_empty() && more.is_empty()
        }
        (Value::Number(asked), Value::Number(found)) => same_number(asked.as_str(), found.as_str()),
        (Value::String(asked), Value::String(found)) => {
            asked == found || instant(asked).is_some_and(|at| instant(found) == Some(at))
        }
        _ => asked == found || (is_nothing(asked) && is_nothing(found)),
    }
}

/// Returns the missing items and, if `exact` is set, the items that were not requested.
fn set_differences<'v>(
    asked: &'v [Value],
    found: &'v [Value],
    exact: bool,
) -> (Vec<&'v Value>, Vec<&'v Value>) {
    let missing = without(asked, found, |asked, found| holds(asked, found, exact));
    let more = match exact {
        true => without(found, asked, |found, asked| holds(asked, found, exact)),
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
fn without<'v>(
    one: &'v [Value],
    other: &[Value],
    is_right: impl Fn(&Value, &Value) -> bool,
) -> Vec<&'v Value> {
    // The set avoids comparing all pairs of items of large arrays, because most items have an equal text.
    let same: BTreeSet<String> = other.iter().map(sorted).collect();
    let rest = one.iter().filter(|item| !same.contains(&sorted(item)));
    rest.filter(|item| !other.iter().any(|other| is_right(item, other)))
        .collect()
}

/// Returns a text that is equal for equal objects, whatever the order of their members.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: BTreeSet<_> = members.iter().map(|(k, v)| (k, sorted(v))).collect();
            format!("{members:?}")
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(sorted).collect();
            format!("{items:?}")
        }
        value => value.to_string(),
    }
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
fn label(item: &Value) -> String {
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
