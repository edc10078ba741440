//! Masks secrets of the upstream in results: the values of fields that are declared secret, and in logs the values behind names such as `password`.

use regex_lite::Regex;

use crate::json::{Error, Scanner, push_string, unescape};
use crate::secrets::REDACTED;
use crate::tool::{ResponseFormat, Tool};

/// Nesting of JSON values below which a value is masked as a whole.
const MAX_DEPTH: usize = 100;

/// Result of a call that cannot be masked because it is not JSON. No part of it is shown.
const UNREADABLE: &str = r#"{"result":"***"}"#;

/// Member of the result of a log tool that contains the lines.
const LINES: &str = "lines";

/// Masks the values behind names that mean a secret in the lines of a log.
#[derive(Debug)]
pub struct LogMask(Vec<(Regex, &'static str)>);

impl LogMask {
    /// Creates the mask for names that contain one of these words, in any case.
    #[must_use]
    pub fn new(words: &[&str]) -> Self {
        // A password in a URL has no name.
        let mut patterns = vec![(
            r"(://[^\s/:@]*:)[^\s/@]+(@)".to_owned(),
            concat!("${1}", "***", "${2}"),
        )];
        if !words.is_empty() {
            let words: Vec<_> = words.iter().map(|word| regex_lite::escape(word)).collect();
            let name = format!(r"[A-Za-z0-9_.-]*(?:{})[A-Za-z0-9_.-]*", words.join("|"));
            let value = r#"(?:(?:bearer|basic|token)\s+)?(?:[ubr]?\\?"(?:[^"\\]|\\[^"])*\\?"|[ubr]?\\?'(?:[^'\\]|\\[^'])*\\?'|[^\s,;&)}\]"']+)"#;
            let behind = format!(r#"(?i)({name}\\?["']?\s*(?:=>|=|:)\s*){value}"#);
            let option = format!(r"(?i)(--?{name}\s+)[^\s-]\S*");
            patterns.extend([(behind, "${1}***"), (option, "${1}***")]);
        }
        let compiled = patterns
            .iter()
            .filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, *with)));
        Self(compiled.collect())
    }

    fn masked(&self, line: &str) -> String {
        self.0
            .iter()
            .fold(line.to_owned(), |line, (pattern, with)| {
                pattern.replace_all(&line, *with).into_owned()
            })
    }
}

/// Returns the result of a call with masked secrets: the secret fields of the tool, and the lines of a log.
#[must_use]
pub fn redact(tool: &Tool, json: &str, log: &LogMask) -> String {
    let is_log = matches!(tool.response_format, ResponseFormat::Log { .. });
    let log = is_log.then_some(log);
    if tool.secret_fields.is_empty() && log.is_none() {
        return json.to_owned();
    }
    masked(json, tool.secret_fields, log)
}

/// Returns a result in which the values of these members are masked, at any depth.
pub(crate) fn masked(json: &str, fields: &[&str], log: Option<&LogMask>) -> String {
    let mut scanner = Scanner::new(json);
    let mut out = String::with_capacity(json.len());
    let masking = Masking { fields, log };
    let copied = masking.copy(&mut scanner, Treatment::Unchanged, 0, &mut out);
    match copied.and_then(|()| scanner.end()) {
        Ok(()) => out,
        Err(_) => UNREADABLE.to_owned(),
    }
}

/// Members whose values are masked.
struct Masking<'m> {
    fields: &'m [&'m str],
    log: Option<&'m LogMask>,
}

/// Treatment of the strings and numbers in a value.
#[derive(Clone, Copy, PartialEq)]
enum Treatment {
    Unchanged,
    Masked,
    Line,
}

impl Masking<'_> {
    fn copy(
        &self,
        value: &mut Scanner<'_>,
        treatment: Treatment,
        depth: usize,
        out: &mut String,
    ) -> Result<(), Error> {
        match value.peek() {
            b'{' | b'[' if depth >= MAX_DEPTH => {
                value.skip()?;
                push_string(out, REDACTED);
            }
            b'{' => self.object(value, treatment, depth, out)?,
            b'[' => {
                value.begin_array()?;
                out.push('[');
                let (mut first, empty) = (true, out.len());
                while value.item(&mut first)? {
                    if out.len() > empty {
                        out.push(',');
                    }
                    self.copy(value, treatment, depth + 1, out)?;
                }
                out.push(']');
            }
            b'n' => value.copy(out)?,
            start => match (treatment, self.log) {
                (Treatment::Masked, _) => {
                    value.skip()?;
                    push_string(out, REDACTED);
                }
                (Treatment::Line, Some(log)) if start == b'"' => {
                    push_string(out, &log.masked(&unescape(value.raw()?)));
                }
                _ => value.copy(out)?,
            },
        }
        Ok(())
    }

    fn object(
        &self,
        value: &mut Scanner<'_>,
        treatment: Treatment,
        depth: usize,
        out: &mut String,
    ) -> Result<(), Error> {
        value.begin_object()?;
        out.push('{');
        let (mut first, empty) = (true, out.len());
        while let Some(key) = value.key(&mut first)? {
            if out.len() > empty {
                out.push(',');
            }
            out.push_str(key);
            out.push(':');
            let name = unescape(key);
            let inner = match treatment {
                Treatment::Unchanged if self.fields.contains(&&*name) => Treatment::Masked,
                Treatment::Unchanged if self.log.is_some() && depth == 0 && name == LINES => {
                    Treatment::Line
                }
                other => other,
            };
            self.copy(value, inner, depth + 1, out)?;
        }
        out.push('}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{LogMask, masked};

    #[test]
    fn secret_fields_are_masked_at_any_depth() {
        let rows = [
            (r#"{"key":"a","value":"s"}"#, r#"{"key":"a","value":"***"}"#),
            (
                r#"{"variables":[{"value":null},{"value":12}],"next_cursor":null}"#,
                r#"{"variables":[{"value":null},{"value":"***"}],"next_cursor":null}"#,
            ),
            // The keys of an object stay, so that the result has the same form.
            (
                r#"{"value":{"a":[true,"s",{"b":1e300}],"n":null},"x":"s"}"#,
                r#"{"value":{"a":["***","***",{"b":"***"}],"n":null},"x":"s"}"#,
            ),
            // An escaped key is the same key.
            (r#"{"v\u0061lue":"s"}"#, r#"{"v\u0061lue":"***"}"#),
            (r#"{"value":"s""#, r#"{"result":"***"}"#),
        ];
        for (json, expected) in rows {
            assert_eq!(masked(json, &["value"], None), expected);
        }
        let deep = format!("{{\"x\":{}\"s\"{}}}", "[".repeat(200), "]".repeat(200));
        assert!(!masked(&deep, &["value"], None).contains("\"s\""));
    }

    #[test]
    fn values_behind_secret_names_are_masked_in_logs() {
        let log = LogMask::new(&["password", "token", "api_key", "authorization"]);
        let rows = [
            ("nothing here: 5", "nothing here: 5"),
            ("password=hunter2 next", "password=*** next"),
            ("DB_PASSWORD: hunter2, port: 1", "DB_PASSWORD: ***, port: 1"),
            (
                r#"{"api_key": "a b", "x": 1}"#,
                r#"{"api_key": ***, "x": 1}"#,
            ),
            (r"{'Token': u'a', 'x': 'b'}", r"{'Token': ***, 'x': 'b'}"),
            (r#""{\"token\": \"a b\"}""#, r#""{\"token\": ***}""#),
            ("Authorization: Bearer abc.def", "Authorization: ***"),
            ("?api_key=abc&page=2", "?api_key=***&page=2"),
            (
                "run --db-password hunter2 --x 1",
                "run --db-password *** --x 1",
            ),
            (
                "postgresql://ada:hunter2@host/db",
                "postgresql://ada:***@host/db",
            ),
            ("the token expired", "the token expired"),
        ];
        for (line, expected) in rows {
            assert_eq!(log.masked(line), expected, "{line}");
        }
        let result = r#"{"lines":["password=a\nb","x"],"next_cursor":"token=a"}"#;
        let expected = r#"{"lines":["password=***\nb","x"],"next_cursor":"token=a"}"#;
        assert_eq!(masked(result, &[], Some(&log)), expected);
    }
}
