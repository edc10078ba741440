//! Decodes and encodes the text of JSON strings.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the characters of a JSON string, given with its quotation marks; any other text is returned unchanged.
///
/// The text must have been checked by the scanner. Half a surrogate pair is decoded to U+FFFD.
#[must_use]
pub fn unescape(raw: &str) -> Cow<'_, str> {
    let inner = raw
        .strip_prefix('"')
        .and_then(|raw| raw.strip_suffix('"'))
        .unwrap_or(raw);
    let Some((plain, rest)) = inner.split_once('\\') else {
        return Cow::Borrowed(inner);
    };
    let mut out = String::with_capacity(inner.len());
    out.push_str(plain);
    let mut rest = rest;
    loop {
        let mut chars = rest.chars();
        match chars.next() {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let first = unit(chars.as_str());
                chars = skip(chars.as_str(), 4).chars();
                let second = chars.as_str().strip_prefix("\\u").map_or(0, unit);
                let pair = [first, second];
                if (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&second) {
                    out.extend(char::decode_utf16(pair).flatten());
                    chars = skip(chars.as_str(), 6).chars();
                } else {
                    out.push(char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
            Some(other) => out.push(other),
            None => return Cow::Owned(out),
        }
        let Some((plain, next)) = chars.as_str().split_once('\\') else {
            out.push_str(chars.as_str());
            return Cow::Owned(out);
        };
        out.push_str(plain);
        rest = next;
    }
}

/// Appends a string with quotation marks and escapes.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a string cannot fail.
            control @ ..' ' => drop(write!(out, "\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Returns the code unit that four hexadecimal digits represent.
fn unit(text: &str) -> u16 {
    let digits = text.get(..4).unwrap_or_default();
    u16::from_str_radix(digits, 16).unwrap_or(0)
}

fn skip(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}
