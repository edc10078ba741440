//! Formats tables and lists of fields as text for people.

use serde_json::Value;

/// Formats a table with a line of headings. Each column is as wide as its longest cell.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<_> = headings.iter().map(|it| (*it).to_owned()).collect();
    let lines: Vec<_> = std::iter::once(&headings).chain(rows).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let lines = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Formats a table with a row for each item.
pub(super) fn items<const N: usize>(
    headings: [&str; N],
    items: &[Value],
    row: impl Fn(&Value) -> [String; N],
) -> String {
    let rows: Vec<_> = items.iter().map(|item| row(item).to_vec()).collect();
    table(&headings, &rows)
}

/// Formats fields, one per line. Empty fields are left out.
pub(super) fn fields(rows: &[(&str, String)]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (*name, value))
        .collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = rows
        .iter()
        .map(|(name, value)| format!("{name:width$}  {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Converts a JSON value to text; null becomes an empty string. Control characters are replaced, because values written by others must not control the terminal.
pub(super) fn text(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    };
    text.chars()
        .map(|it| if it.is_control() { '\u{fffd}' } else { it })
        .collect()
}

/// Formats a time to the second. A value that is not a time is converted with [`text`].
pub(super) fn time(value: &Value) -> String {
    match value
        .as_str()
        .and_then(|it| it.parse::<jiff::Timestamp>().ok())
    {
        Some(time) => time.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        None => text(value),
    }
}

/// Returns the id of an item.
pub(super) fn id(entry: &Value) -> &str {
    entry["id"].as_str().unwrap_or_default()
}

/// Describes when an object expires.
pub(super) fn expiry(object: &Value) -> String {
    match &object["expires_at"] {
        Value::Null => "never".to_owned(),
        at => time(at),
    }
}
