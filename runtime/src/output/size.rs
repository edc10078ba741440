//! Cuts results that are too large: shortens the longest values and states in the result what was cut and how to get the rest.

use crate::json::{self, Scanner, push_string, unescape};

/// Bytes reserved for the member that states what was cut.
const NOTE: usize = 600;

/// Maximum number of cuts that are listed individually.
const LISTED: usize = 5;

/// Last character of a string that was cut.
const ELLIPSIS: &str = "…";

/// Length up to which a number is never cut. A number of this program's own results is shorter.
const LONGEST_NUMBER: usize = 64;

/// A value that was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut {
    path: String,
    kept: usize,
    total: usize,
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
    let (mut out, cuts) = shorten(&object, budget)?;
    if out.pop() == Some('}') {
        if !out.ends_with('{') {
            out.push(',');
        }
        out.push_str("\"truncated\":");
        let note = format!(
            "the result had {} bytes, more than the limit of {max}, and was cut: {}. {how}",
            object.len(),
            summary(&cuts)
        );
        push_string(&mut out, &note);
        out.push('}');
    }
    Ok(out)
}

/// Cuts one item of a list like [`fit`]: returns the item, cut to `max` bytes, and what was cut, if anything.
pub(crate) fn fit_item(item: &str, max: usize) -> Result<(String, Option<String>), json::Error> {
    if item.len() <= max {
        return Ok((item.to_owned(), None));
    }
    let (out, cuts) = shorten(item, max.saturating_sub(NOTE))?;
    Ok((out, Some(summary(&cuts))))
}

fn shorten(value: &str, budget: usize) -> Result<(String, Vec<Cut>), json::Error> {
    let mut shortener = Shortener {
        out: String::with_capacity(budget),
        path: String::new(),
        cuts: Vec::new(),
    };
    shortener.value(value, budget)?;
    Ok((shortener.out, shortener.cuts))
}

/// A result that is being shortened. Each method appends a value, cut to about `budget` bytes.
struct Shortener {
    out: String,
    /// Path of the current value.
    path: String,
    cuts: Vec<Cut>,
}

impl Shortener {
    /// The recursion is limited by the maximum depth of the scanner.
    fn value(&mut self, value: &str, budget: usize) -> Result<(), json::Error> {
        match value.as_bytes().first() {
            Some(b'"') if value.len() > budget => {
                self.text(&unescape(value), budget, "characters");
            }
            Some(b'[') if value.len() > budget => self.array(value, budget)?,
            Some(b'{') if value.len() > budget => self.object(value, budget)?,
            // The beginning of a number is a different number, so it becomes a string.
            Some(b'-' | b'0'..=b'9') if value.len() > budget.max(LONGEST_NUMBER) => {
                self.text(value, budget, "characters");
            }
            _ => self.out.push_str(value),
        }
        Ok(())
    }

    /// Appends a value inside the current one.
    fn inner(&mut self, step: &str, value: &str, budget: usize) -> Result<(), json::Error> {
        let length = self.path.len();
        self.path.push_str(step);
        self.value(value, budget)?;
        self.path.truncate(length);
        Ok(())
    }

    /// Records how much of the current value was kept.
    fn record(&mut self, kept: usize, total: usize, unit: &'static str) {
        if kept < total {
            let path = self.path.clone();
            self.cuts.push(Cut {
                path,
                kept,
                total,
                unit,
            });
        }
    }

    /// Appends the beginning of a text as a string.
    fn text(&mut self, text: &str, budget: usize, unit: &'static str) {
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
        let total = text.chars().count();
        short.push_str(if kept < total { ELLIPSIS } else { "" });
        self.record(kept, total, unit);
        push_string(&mut self.out, &short);
    }

    fn array(&mut self, value: &str, budget: usize) -> Result<(), json::Error> {
        let mut items = Vec::new();
        let mut scanner = Scanner::new(value);
        scanner.begin_array()?;
        let mut first = true;
        while scanner.item(&mut first)? {
            items.push(scanner.raw()?);
        }
        self.out.push('[');
        let end = self.out.len() + budget.saturating_sub(2);
        let mut kept = 0;
        for item in &items {
            let comma = if kept > 0 { "," } else { "" };
            if self.out.len() + comma.len() + item.len() > end {
                break;
            }
            self.out.push_str(comma);
            self.out.push_str(item);
            kept += 1;
        }
        if let (0, Some(item)) = (kept, items.first()) {
            // A part of the first item is more useful than an empty array.
            self.inner("[0]", item, budget.saturating_sub(2))?;
            kept = 1;
        }
        self.out.push(']');
        self.record(kept, items.len(), "items");
        Ok(())
    }

    fn object(&mut self, value: &str, budget: usize) -> Result<(), json::Error> {
        let mut members = Vec::new();
        let mut scanner = Scanner::new(value);
        scanner.begin_object()?;
        let mut first = true;
        while let Some(key) = scanner.key(&mut first)? {
            members.push((key, scanner.raw()?));
        }
        let total = members.len();
        // An object with very many members is cut like an array. Each remaining member gets at least a few bytes.
        let mut room = budget.saturating_sub(2);
        let fits = |(key, value): &&(&str, &str)| {
            let left = room.checked_sub(key.len() + 2 + value.len().min(16));
            room = left.unwrap_or(room);
            left.is_some()
        };
        let kept = members.iter().take_while(fits).count();
        members.truncate(kept.max(1));
        let keys: usize = members.iter().map(|(key, _)| key.len() + 2).sum();
        let sizes = members.iter().map(|(_, value)| value.len()).collect();
        let share = share(sizes, budget.saturating_sub(2 + keys));
        self.out.push('{');
        for (index, (key, value)) in members.iter().enumerate() {
            self.out.push_str(if index > 0 { "," } else { "" });
            if key.len() > budget {
                self.text(&unescape(key), budget / 4 * 3, "characters of a name");
            } else {
                self.out.push_str(key);
            }
            self.out.push(':');
            let dot = if self.path.is_empty() { "" } else { "." };
            self.inner(&format!("{dot}{}", unescape(key)), value, share.max(16))?;
        }
        self.out.push('}');
        self.record(members.len(), total, "members");
        Ok(())
    }
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

fn summary(cuts: &[Cut]) -> String {
    let mut listed: Vec<_> = cuts
        .iter()
        .take(LISTED)
        .map(|cut| {
            let name = match cut.path.as_str() {
                "" => "the result".to_owned(),
                path => format!("`{}`", path.chars().take(60).collect::<String>()),
            };
            format!("{name} has {} of {} {}", cut.kept, cut.total, cut.unit)
        })
        .collect();
    if let Some(more @ 1..) = cuts.len().checked_sub(LISTED) {
        listed.push(format!("{more} more"));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    const HOW: &str = "Ask for less.";

    #[test]
    fn results_that_fit_are_unchanged() {
        let object = json!({"a": "x".repeat(100)}).to_string();
        assert_eq!(fit(object.clone(), 1000, HOW), Ok(object));
    }

    #[test]
    fn the_longest_values_are_cut_and_listed() {
        let rows: [(Value, &str); 8] = [
            (
                serde_json::from_str(&format!(
                    r#"{{"id": 7, "number": -{}.5, "name": "short"}}"#,
                    "9".repeat(20_000)
                ))
                .unwrap(),
                "`number` has ",
            ),
            (
                json!({"id": 7, "name": "short", "object": {"k".repeat(20_000): 1}}),
                "characters of a name",
            ),
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
        for (value, listed) in rows {
            let out = fit(value.to_string(), 5_000, HOW).unwrap();
            assert!(out.len() <= 5_000, "{} {listed}", out.len());
            assert!(out.len() > 2_500, "{} {listed}", out.len());
            let short: Value = serde_json::from_str(&out).unwrap();
            let note = short["truncated"].as_str().unwrap();
            assert!(note.contains(listed) && note.ends_with(HOW), "{note}");
            assert_eq!((&short["id"], &short["name"]), (&json!(7), &json!("short")));
        }
    }

    #[test]
    fn a_part_of_each_item_is_kept() {
        let item = json!({"name": "x", "text": "y".repeat(5_000)}).to_string();
        let (out, listed) = fit_item(&item, 1_000).unwrap();
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["name"], "x");
        assert!(out.len() <= 1_000 && listed.unwrap().contains("of 5000 characters"));
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
