//! Removes secrets from texts of other programs: servers repeat rejected input, including passwords.

use core::{fmt, ops::Range};
use std::borrow::Cow;

use serde_json::Value;

use crate::args::encode::percent;

/// Replacement for a secret.
pub const REDACTED: &str = "***";

/// Minimum number of characters of a secret: shorter secrets occur as words in every text.
const SHORTEST: usize = 3;

/// Minimum length in bytes of secrets that are replaced inside words: shorter secrets occur in many words by chance, so they are replaced only as whole words.
const LONG: usize = 6;

/// Last character of a text that was cut, possibly in the middle of a secret.
const CUT: char = '…';

/// Replaces secrets in texts, in all forms in which a response may contain them.
///
/// Use a redactor only for messages: in data, a password such as `admin` would also replace equal words that are not secrets.
#[derive(Clone, Default)]
pub struct Redactor {
    forms: Vec<String>,
}

impl Redactor {
    /// Creates a redactor of these secrets. Secrets with fewer than three characters are ignored.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            let secret = secret.as_ref();
            if secret.chars().count() >= SHORTEST {
                let forms_of = written_forms(secret).into_iter();
                // The joined form of a secret that consists of white space is empty.
                forms.extend(forms_of.filter(|form| form.chars().count() >= SHORTEST));
            }
        }
        forms.sort_unstable();
        forms.dedup();
        Self { forms }
    }

    /// Returns the text without the secrets.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let ranges = self.found(text);
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for range in ranges {
            clean.push_str(text.get(done..range.start).unwrap_or_default());
            clean.push_str(REDACTED);
            done = range.end;
        }
        clean.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(clean)
    }

    /// Returns the ranges of secrets, in order. Overlapping ranges are merged, so that no part of the second secret remains.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        for form in &self.forms {
            let mut from = 0;
            while let Some(at) = text.get(from..).and_then(|rest| rest.find(form.as_str())) {
                let range = from + at..from + at + form.len();
                // Occurrences of a secret such as `abab` can overlap.
                from = range.start + form.chars().next().map_or(1, char::len_utf8);
                if form.len() >= LONG || is_word(text, &range) {
                    ranges.push(range);
                }
            }
        }
        ranges.extend(self.beginning(text));
        ranges.sort_unstable_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// Returns the range of the beginning of a secret whose rest was cut off.
    fn beginning(&self, text: &str) -> Option<Range<usize>> {
        let text = text.strip_suffix(CUT)?;
        let starts = self.forms.iter().filter_map(|form| {
            let ends = form.char_indices().skip(SHORTEST).map(|(end, _)| end);
            let starts = ends.filter_map(|end| text.strip_suffix(form.get(..end)?));
            starts.map(str::len).min()
        });
        Some(starts.min()?..text.len())
    }
}

fn is_word(text: &str, range: &Range<usize>) -> bool {
    let before = text
        .get(..range.start)
        .and_then(|text| text.chars().next_back());
    let after = text.get(range.end..).and_then(|text| text.chars().next());
    ![before, after]
        .into_iter()
        .flatten()
        .any(char::is_alphanumeric)
}

/// Shows only the number of forms.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor")
            .field("forms", &self.forms.len())
            .finish()
    }
}

fn written_forms(secret: &str) -> [String; 11] {
    let json = Value::from(secret).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
    let encoded = percent(secret);
    [
        secret.to_owned(),
        // Messages from web pages have their white space joined.
        secret.split_whitespace().collect::<Vec<_>>().join(" "),
        ascii(&json),
        json,
        // Python's `repr` of a text with both kinds of quotation marks.
        secret.replace('\\', "\\\\").replace('\'', "\\'"),
        lower_hex(&encoded),
        encoded.replace("%20", "+"),
        encoded,
        html(secret, "&quot;", "&#39;"),
        html(secret, "&quot;", "&#x27;"),
        html(secret, "&#34;", "&#39;"),
    ]
}

/// Escapes the non-ASCII characters of a JSON text, as Python does.
fn ascii(json: &str) -> String {
    let mut text = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// Converts the hexadecimal digits of percent-encoding to lower case, and no other characters.
fn lower_hex(encoded: &str) -> String {
    let mut left = 0_u8;
    let lower = encoded.chars().map(|c| match (c, left) {
        ('%', _) => {
            left = 2;
            c
        }
        (_, 0) => c,
        _ => {
            left -= 1;
            c.to_ascii_lowercase()
        }
    });
    lower.collect()
}

/// Escapes a text for HTML. The escapes of quotation marks are parameters, because they differ between libraries.
fn html(text: &str, double: &str, single: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', double)
        .replace('\'', single)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::Redactor;

    #[test]
    fn secrets_are_found_in_every_form() {
        let rows: &[(&[&str], &str, &str)] = &[
            (&["hunter2"], "no hunter2 here, hunter2", "no *** here, ***"),
            (&["hunter2"], "Hunter2 and hunter", "Hunter2 and hunter"),
            (&["ab"], "drab", "drab"),
            (&["éa"], "théâtre éa", "théâtre éa"),
            (&["éab"], "éab", "***"),
            (&[""], "text", "text"),
            // JSON, with and without ASCII escapes.
            (
                &["a\"b\\c"],
                r#"{"input": "a\"b\\c"}"#,
                r#"{"input": "***"}"#,
            ),
            (&["pä😀"], r#""p\u00e4\ud83d\ude00""#, r#""***""#),
            // Queries and forms.
            (&["A b+É/"], "?p=A%20b%2B%C3%89%2F&q", "?p=***&q"),
            (&["A b+É/"], "?p=A%20b%2b%c3%89%2f&q", "?p=***&q"),
            (&["A b+É/"], "?p=A+b%2B%C3%89%2F&q", "?p=***&q"),
            (
                &["<a&'b\">"],
                "<p>&lt;a&amp;&#39;b&quot;&gt;</p>",
                "<p>***</p>",
            ),
            (&["a'b\"c"], "a&#x27;b&quot;c a&#39;b&#34;c", "*** ***"),
            (&["a'b\"\\c"], r#"{'p': 'a\'b"\\c'}"#, "{'p': '***'}"),
            (&["two  spaces"], "<two spaces>", "<***>"),
            (&["     "], "a b", "a b"),
            // If a text was cut, a secret may lack its end.
            (&["hunter2"], "password hunt…", "password ***…"),
            (&["hunter2"], "password hu…", "password hu…"),
            (&["hunter2"], "password hunt", "password hunt"),
            (&["hunter2", "nterx"], "is hunter…", "is ***…"),
            // No part of overlapping secrets remains, in any order.
            (&["abcdef", "efghij"], "xabcdefghijy", "x***y"),
            (&["abc", "abcdef"], "abcdef", "***"),
            (&["ababab"], "xababababy", "x***y"),
            (&["abcdef", "ghijkl"], "abcdefghijkl", "******"),
            (
                &["abcd"],
                "abcd 'abcd' abcde zabcd",
                "*** '***' abcde zabcd",
            ),
            (&["***"], "***", "***"),
        ];
        for (secrets, text, expected) in rows {
            assert_eq!(
                Redactor::new(*secrets).redact(text),
                *expected,
                "{secrets:?}"
            );
        }
    }

    #[test]
    fn texts_without_secrets_are_not_copied() {
        let redactor = Redactor::new(["hunter2"]);
        assert!(matches!(redactor.redact("nothing"), Cow::Borrowed(_)));
        assert_eq!(format!("{redactor:?}"), "Redactor { forms: 1 }");
    }
}
