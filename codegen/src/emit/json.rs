//! Formats JSON for reviewers. A value that fits on a line is written on one line, so that a changed property of a schema is a changed line in a diff.

use serde_json::Value;

/// Maximum width of a line, in characters.
const WIDTH: usize = 100;

/// Formats a value, with a line break at the end.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, 0, 0);
    text.push('\n');
    text
}

/// Writes a value in a line whose first `used` columns are filled.
fn write(text: &mut String, value: &Value, indent: usize, used: usize) {
    let start = text.len();
    // One column is reserved for a comma after the value.
    let room = (WIDTH - 1).saturating_sub(used);
    if flat(text, value, start, room) {
        return;
    }
    text.truncate(start);
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|item| (String::new(), item));
            write_members(text, ['[', ']'], items, indent);
        }
        Value::Object(members) if !members.is_empty() => {
            let members = members
                .iter()
                .map(|(name, member)| (format!("{}: ", Value::from(name.as_str())), member));
            write_members(text, ['{', '}'], members, indent);
        }
        _ => text.push_str(&value.to_string()),
    }
}

fn write_members<'a>(
    text: &mut String,
    [open, close]: [char; 2],
    members: impl Iterator<Item = (String, &'a Value)>,
    indent: usize,
) {
    let inner = indent + 2;
    text.push(open);
    for (index, (name, member)) in members.enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(inner));
        text.push_str(&name);
        write(text, member, inner, inner + name.chars().count());
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

/// Writes a value on one line. Stops and returns `false` if the text from `start` on is longer than `room`.
fn flat(text: &mut String, value: &Value, start: usize, room: usize) -> bool {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                if !flat(text, item, start, room) {
                    return false;
                }
            }
            text.push(']');
        }
        Value::Object(members) if !members.is_empty() => {
            text.push_str("{ ");
            for (index, (name, member)) in members.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
                if !flat(text, member, start, room) {
                    return false;
                }
            }
            text.push_str(" }");
        }
        _ => text.push_str(&value.to_string()),
    }
    let written = text.get(start..).unwrap_or_default();
    written.chars().count() <= room
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_filled_and_never_overfilled() {
        let rows = [
            (json!({}), "{}\n".to_owned()),
            (json!([]), "[]\n".to_owned()),
            (
                json!({"a\"": [1, null]}),
                "{ \"a\\\"\": [1, null] }\n".to_owned(),
            ),
            (
                json!(["x".repeat(95)]),
                format!("[\"{}\"]\n", "x".repeat(95)),
            ),
            (
                json!(["x".repeat(96)]),
                format!("[\n  \"{}\"\n]\n", "x".repeat(96)),
            ),
            (
                json!({"a": {"b": "x".repeat(80)}, "c": 1}),
                format!(
                    "{{\n  \"a\": {{ \"b\": \"{}\" }},\n  \"c\": 1\n}}\n",
                    "x".repeat(80)
                ),
            ),
        ];
        for (value, expected) in rows {
            assert_eq!(pretty(&value), expected, "{value}");
        }
    }
}
