//! Cuts results that are too large: shortens the longest values and states in the result what was cut and how to get the rest.

use crate::json::{self, Scanner, push_string, unescape};

/// Bytes reserved for the member that states what was cut.
const NOTE: usize = 600;

/// Maximum number of cuts that are listed individually.
const TOLD: usize = 5;

/// Last character of a string that was cut.
const ELLIPSIS: &str = "…";

/// A value that was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut {
    path: String,
    kept: usize,
    of: usize,
    unit: &'static str,
}

/// Cuts a compact JSON object to about `max` bytes if it is larger, and adds a member `truncated` that states what was cut, followed by `how`, which explains how to get the rest.
///
/// Strings lose their ends, arrays their last items and objects their last members. Short values beside a long one stay complete.
pub(crate) fn fit(object: String, max: usize, how: &str) -> Result<String, json::Error> {
    if object.len() <= max {
        return Ok(object);
    }
    let budget = max.saturating_sub(NOTE + how.len());
    let mut cuts = Vec::new();
    let mut out = shorten(&object, budget, &mut cuts)?;
    if out.pop() == Some('}') {
        if !out.ends_with('{') {
            out.push(',');
        }
        out.push_str("\"truncated\":");
        push_string(&mut out, &note(&cuts, object.len(), max, how));
        out.push('}');
    }
    Ok(out)
}

/// Cuts one item of a list like [`fit`]: returns the item, cut to `max` bytes, and what was cut, if anything.
pub(crate) fn fit_item(item: &str, max: usize) -> Result<(String, Option<String>), json::Error> {
    if item.len() <= max {
        return Ok((item.to_owned(), None));
    }
    let mut cuts = Vec::new();
    let out = shorten(item, max.saturating_sub(NOTE), &mut cuts)?;
    Ok((out, Some(told(&cuts))))
}

fn shorten(value: &str, budget: usize, cuts: &mut Vec<Cut>) -> Result<String, json::Error> {
    let mut out = String::with_capacity(budget);
    let mut path = String::new();
    cut(value, budget, &mut path, &mut out, cuts)?;
    Ok(out)
}

/// Appends a value, cut to about `budget` bytes. The recursion is limited by the maximum depth of the scanner.
fn cut(
    value: &str,
    budget: usize,
    path: &mut String,
    out: &mut String,
    cuts: &mut Vec<Cut>,
) -> Result<(), json::Error> {
    if value.len() <= budget {
        out.push_str(value);
        return Ok(());
    }
    match value.as_bytes().first() {
        Some(b'"') => cut_string(value, budget, path, out, cuts),
        Some(b'[') => return cut_array(value, budget, path, out, cuts),
        Some(b'{') => return cut_object(value, budget, path, out, cuts),
        // Numbers and literals are too short to cut.
        _ => out.push_str(value),
    }
    Ok(())
}

fn cut_string(value: &str, budget: usize, path: &str, out: &mut String, cuts: &mut Vec<Cut>) {
    let text = unescape(value);
    let mut kept = 0;
    let mut short = String::new();
    let mut room = budget.saturating_sub(2 + ELLIPSIS.len());
    for char in text.chars() {
        // The maximum length of an escape is counted, so that a text of quotation marks fits too.
        let width = match char {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            ..' ' => 6,
            other => other.len_utf8(),
        };
        let Some(left) = room.checked_sub(width) else {
            break;
        };
        room = left;
        kept += 1;
        short.push(char);
    }
    let of = text.chars().count();
    if kept < of {
        short.push_str(ELLIPSIS);
        cuts.push(Cut {
            path: path.to_owned(),
            kept,
            of,
            unit: "characters",
        });
    }
    push_string(out, &short);
}

fn cut_array(
    value: &str,
    budget: usize,
    path: &mut String,
    out: &mut String,
    cuts: &mut Vec<Cut>,
) -> Result<(), json::Error> {
    let mut items = Vec::new();
    let mut scanner = Scanner::new(value);
    scanner.begin_array()?;
    let mut first = true;
    while scanner.item(&mut first)? {
        items.push(scanner.raw()?);
    }
    out.push('[');
    let end = out.len() + budget.saturating_sub(2);
    let mut kept = 0;
    for item in &items {
        let comma = usize::from(kept > 0);
        if out.len() + comma + item.len() > end {
            break;
        }
        out.push_str(if kept > 0 { "," } else { "" });
        out.push_str(item);
        kept += 1;
    }
    if let (0, Some(item)) = (kept, items.first()) {
        // A part of the first item is more useful than an empty array.
        let length = path.len();
        path.push_str("[0]");
        cut(item, budget.saturating_sub(2), path, out, cuts)?;
        path.truncate(length);
        kept = 1;
    }
    out.push(']');
    if kept < items.len() {
        cuts.push(Cut {
            path: path.clone(),
            kept,
            of: items.len(),
            unit: "items",
        });
    }
    Ok(())
}

fn cut_object(
    value: &str,
    budget: usize,
    path: &mut String,
    out: &mut String,
    cuts: &mut Vec<Cut>,
) -> Result<(), json::Error> {
    let mut members = Vec::new();
    let mut scanner = Scanner::new(value);
    scanner.begin_object()?;
    let mut first = true;
    while let Some(key) = scanner.key(&mut first)? {
        members.push((key, scanner.raw()?));
    }
    let of = members.len();
    // An object with very many members is cut like an array. Each remaining member gets at least a few bytes.
    let mut room = budget.saturating_sub(2);
    let mut kept = 0;
    for (key, value) in &members {
        let least = key.len() + 2 + value.len().min(16);
        let Some(left) = room.checked_sub(least) else {
            break;
        };
        room = left;
        kept += 1;
    }
    members.truncate(kept.max(1));
    let keys: usize = members.iter().map(|(key, _)| key.len() + 2).sum();
    let share = share(
        members.iter().map(|(_, value)| value.len()).collect(),
        budget.saturating_sub(2 + keys),
    );
    out.push('{');
    for (index, (key, value)) in members.iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        out.push_str(key);
        out.push(':');
        let length = path.len();
        path.push_str(if length > 0 { "." } else { "" });
        path.push_str(&unescape(key));
        cut(value, share.max(16), path, out, cuts)?;
        path.truncate(length);
    }
    out.push('}');
    if members.len() < of {
        cuts.push(Cut {
            path: path.clone(),
            kept: members.len(),
            of,
            unit: "members",
        });
    }
    Ok(())
}

/// Returns the maximum size at which all values together fit into a budget: small values keep their size, and large values share the rest equally.
fn share(mut sizes: Vec<usize>, mut budget: usize) -> usize {
    sizes.sort_unstable();
    let mut left = sizes.len();
    for size in sizes {
        let share = budget / left;
        if size > share {
            return share;
        }
        budget -= size;
        left -= 1;
    }
    usize::MAX
}

fn note(cuts: &[Cut], bytes: usize, max: usize, how: &str) -> String {
    format!(
        "the result had {bytes} bytes, more than the {max} allowed, and was cut: {}. {how}",
        told(cuts)
    )
}

fn told(cuts: &[Cut]) -> String {
    let mut told: Vec<_> = cuts
        .iter()
        .take(TOLD)
        .map(|cut| {
            let name = match cut.path.as_str() {
                "" => "the result".to_owned(),
                path => format!("`{}`", path.chars().take(60).collect::<String>()),
            };
            format!("{name} has {} of {} {}", cut.kept, cut.of, cut.unit)
        })
        .collect();
    if let Some(more @ 1..) = cuts.len().checked_sub(TOLD) {
        told.push(format!("{more} more"));
    }
    told.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    const HOW: &str = "Ask for less.";

    #[test]
    fn what_fits_stays_as_it_is() {
        let object = json!({"a": "x".repeat(100)}).to_string();
        assert_eq!(fit(object.clone(), 1000, HOW), Ok(object));
    }

    #[test]
    fn the_longest_values_are_cut_and_told() {
        let rows: [(Value, &str); 6] = [
            (
                json!({"id": 7, "text": "y".repeat(50_000), "name": "short"}),
                "`text` has ",
            ),
            (
                json!({"id": 7, "log": (0..9_000).collect::<Vec<_>>(), "name": "short"}),
                "of 9000 items",
            ),
            (
                json!({"id": 7, "a": {"b": [{"c": "\"\n\u{1}é".repeat(9_000)}]}, "name": "short"}),
                "`a.b[0].c` has ",
            ),
            (
                json!({"id": 7, "one": "é".repeat(9_000), "two": "z".repeat(9_000), "name": "short"}),
                "`two` has ",
            ),
            (
                json!({"id": 7, "name": "short", "map": (0..9_000).map(|n| (n.to_string(), json!(n))).collect::<serde_json::Map<_, _>>()}),
                "of 9000 members",
            ),
            (
                json!({"id": 7, "name": "short", "many": (0..50).map(|n| (n.to_string(), json!("w".repeat(2_000)))).collect::<serde_json::Map<_, _>>()}),
                "45 more",
            ),
        ];
        for (value, told) in rows {
            let out = fit(value.to_string(), 5_000, HOW).unwrap();
            assert!(out.len() <= 5_000, "{} {told}", out.len());
            assert!(out.len() > 2_500, "{} {told}", out.len());
            let short: Value = serde_json::from_str(&out).unwrap();
            let note = short["truncated"].as_str().unwrap();
            assert!(note.contains(told) && note.ends_with(HOW), "{note}");
            assert_eq!((&short["id"], &short["name"]), (&json!(7), &json!("short")));
        }
    }

    #[test]
    fn something_is_left_of_an_item() {
        let item = json!({"name": "x", "text": "y".repeat(5_000)}).to_string();
        let (out, told) = fit_item(&item, 1_000).unwrap();
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["name"], "x");
        assert!(out.len() <= 1_000 && told.unwrap().contains("of 5000 characters"));
    }

    #[test]
    fn tiny_limits_still_give_json() {
        let value = json!({"a": [["x".repeat(99)], {"b": "y".repeat(99)}], "c": 123_456, "d": {}})
            .to_string();
        for max in 0..300 {
            let out = fit(value.clone(), max, HOW).unwrap();
            assert!(serde_json::from_str::<Value>(&out).is_ok(), "{max} {out}");
        }
    }
}
