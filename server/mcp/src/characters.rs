//! Characters that make a text look different from what it is: invisible ones, and those that change the direction of the text. With them, two different names look the same, and a line of a log shows something else than it contains.

use std::borrow::Cow;
use std::fmt::Write;

/// Ranges of characters that are not visible or change the direction, except the space and line feeds: format characters (general category Cf), control characters, separators, fillers, and variation selectors.
const INVISIBLE: [(char, char); 25] = [
    ('\u{0}', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110cd}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Returns whether a character is invisible or changes the direction of the text.
pub fn is_invisible(c: char) -> bool {
    // Most texts contain only such characters.
    !matches!(c, ' '..='~')
        && INVISIBLE
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&c))
}

/// Replaces invisible and direction-changing characters by their escapes, for example `\u{202e}`. Line feeds and tabs are kept, because they structure the text.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_by(text, |escaped, c| {
        let _ = write!(escaped, "{}", c.escape_unicode());
    })
}

/// Replaces invisible and direction-changing characters in a JSON text by the escapes of JSON. In a valid text, they occur only in strings.
pub fn escaped_in_json(text: &str) -> Cow<'_, str> {
    escaped_by(text, |escaped, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    })
}

fn escaped_by(text: &str, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let is_escaped = |c: char| is_invisible(c) && !matches!(c, '\n' | '\t');
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_escaped(c) {
            true => escape(&mut result, c),
            false => result.push(c),
        }
    }
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped() {
        let rows = [
            ("plain é 漢字 🙂\n\tx", None),
            ("a\u{202e}b", Some((r"a\u{202e}b", r"a\u202eb"))),
            ("\u{200b}", Some((r"\u{200b}", r"\u200b"))),
            (
                "\u{2066}x\u{2069}",
                Some((r"\u{2066}x\u{2069}", r"\u2066x\u2069")),
            ),
            ("\u{1b}[31m", Some((r"\u{1b}[31m", r"\u001b[31m"))),
            ("\u{e0041}", Some((r"\u{e0041}", r"\udb40\udc41"))),
            ("\u{feff}\u{ad}", Some((r"\u{feff}\u{ad}", r"\ufeff\u00ad"))),
            ("\u{2028}", Some((r"\u{2028}", r"\u2028"))),
        ];
        for (text, expected) in rows {
            let (plain, json) = expected.unwrap_or((text, text));
            assert_eq!(escaped(text), plain, "{text:?}");
            assert_eq!(escaped_in_json(text), json, "{text:?}");
        }
        let json = escaped_in_json("\"\u{e0041}\u{202e}\"").into_owned();
        let parsed: Option<String> = serde_json::from_str(&json).ok();
        assert_eq!(parsed.as_deref(), Some("\u{e0041}\u{202e}"));
    }
}
