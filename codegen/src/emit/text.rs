//! Converts descriptions to doc comments, and texts to literals.

use mcp_schema::markdown::{Line, paragraphs};
use mcp_schema::names::is_identifier;
use serde_json::Value;

/// Maximum width of a line of a doc comment.
const WIDTH: usize = 100;

/// Converts a description to the lines of a doc comment, each with a line break. An empty description becomes an empty text. The lines are short enough for this indentation, which is not part of the text.
pub(super) fn doc_comment(text: &str, indent: usize) -> String {
    let width = WIDTH.saturating_sub(indent + "/// ".len());
    let paragraphs: Vec<String> = paragraphs(text)
        .into_iter()
        .map(|lines| {
            let lines = lines.into_iter().flat_map(|line| match line {
                Line::Words(text) => wrap(&text, width),
                Line::Code(text) => vec![text],
            });
            lines
                .map(|line| format!("{}\n", format!("/// {line}").trim_end()))
                .collect()
        })
        .collect();
    paragraphs.join("///\n")
}

/// Wraps a paragraph. A word that is longer than a line gets its own line.
fn wrap(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split(' ') {
        match lines.last_mut() {
            Some(line)
                if starts_a_block(word)
                    || line.chars().count() + 1 + word.chars().count() <= width =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Returns whether Markdown reads a line that begins with this word as a new block, not as a continuation of the paragraph.
fn starts_a_block(word: &str) -> bool {
    let number = word.trim_end_matches(['.', ')']);
    let numbered = number.len() < word.len() && number.chars().all(|char| char.is_ascii_digit());
    numbered
        || word.starts_with(['#', '>', '|', '=', '<'])
        || word.starts_with("```")
        || word.starts_with("~~~")
        || ["-", "+", "*"].contains(&word)
        || word.starts_with("---")
        || word.starts_with("***")
        || word.starts_with("___")
}

/// Converts a text to a Rust string literal: a raw one if that saves escapes, otherwise a plain one.
pub(super) fn string_literal(text: &str) -> String {
    let plain = format!("{text:?}");
    let escapes = text.contains(['"', '\\']);
    let printable = plain.len() == text.len() + 2 + text.matches(['"', '\\']).count();
    if !escapes || !printable {
        return plain;
    }
    let fence = "#".repeat(usize::from(text.contains('"')));
    if text.contains("\"#") {
        return plain;
    }
    format!("r{fence}\"{text}\"{fence}")
}

/// Converts a JSON value to the value of an attribute argument: a literal if Rust has one, otherwise `json("...")`.
pub(super) fn json_literal(value: &Value) -> String {
    match value {
        Value::String(text) => string_literal(text),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            format!("json({})", string_literal(&value.to_string()))
        }
    }
}

/// Writes a wire name as an identifier or, if that is not possible, as a string literal.
pub(super) fn word(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        string_literal(name)
    }
}

/// Lists items as code: "`a`, `b` and `c`".
pub(super) fn code_list(items: &[String]) -> String {
    let all: Vec<String> = items.iter().map(|item| format!("`{item}`")).collect();
    match all.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_become_doc_comments() {
        let long = format!("{} - {}", "word ".repeat(18).trim_end(), "more ".repeat(3));
        let rows = [
            ("", String::new()),
            ("  \n ", String::new()),
            ("One  line\n", "/// One line\n".to_owned()),
            ("Two\nlines.", "/// Two lines.\n".to_owned()),
            ("One.\n\n\nTwo.\n", "/// One.\n///\n/// Two.\n".to_owned()),
            (
                "One of:\n- a\n  b\n- c\n1. d",
                "/// One of:\n/// - a b\n/// - c\n/// 1. d\n".to_owned(),
            ),
            (
                "Like\n```\na:\n\n  b\n```\nthis.",
                "/// Like\n/// ```\n/// a:\n///\n///   b\n/// ```\n/// this.\n".to_owned(),
            ),
            // A wrapped line must not begin with a mark that Markdown reads as a list item.
            (
                &long,
                format!(
                    "/// {} -\n/// more more more\n",
                    "word ".repeat(18).trim_end()
                ),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(doc_comment(text, 4), expected, "{text:?}");
        }
    }

    #[test]
    fn texts_become_literals() {
        let rows = [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("é中", "\"é中\""),
            (r"^\d+$", r#"r"^\d+$""#),
            (r#"say "no""#, r##"r#"say "no""#"##),
            ("tab\t\\", r#""tab\t\\""#),
            ("\"#", r##""\"#""##),
        ];
        for (text, expected) in rows {
            assert_eq!(string_literal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn json_becomes_literals() {
        let rows = [
            (r#""id""#, r#""id""#),
            ("-1", "-1"),
            ("1e300", "1e+300"),
            ("true", "true"),
            ("null", r#"json("null")"#),
            ("[]", r#"json("[]")"#),
            (r#"{"a": [1, "b"]}"#, r##"json(r#"{"a":[1,"b"]}"#)"##),
        ];
        for (json, expected) in rows {
            let value = serde_json::from_str(json).unwrap();
            assert_eq!(json_literal(&value), expected, "{json}");
        }
    }

    #[test]
    fn names_are_words_or_strings() {
        let rows = [
            ("dag_id", "dag_id"),
            ("type", "\"type\""),
            ("dag-id", "\"dag-id\""),
            ("2fa", "\"2fa\""),
            ("_", "\"_\""),
        ];
        for (name, expected) in rows {
            assert_eq!(word(name), expected);
        }
    }
}
