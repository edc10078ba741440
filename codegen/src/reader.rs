//! Reads values from a YAML tree. Reading records each diagnostic and continues, so that one mistake does not hide another.

use serde_json::{Number, Value as Json};

use crate::diagnostic::{Diagnostic, Error, ReadDiagnostic};
use crate::yaml::{self, Node, Value};

/// Characters that change the display order of the text after them, so that a reviewer would read another text than a model.
const BIDI: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// Prefix of a text that is a placeholder.
pub(crate) const TODO: &str = "TODO";

/// Value with its line.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Located<T> {
    pub(crate) line: usize,
    pub(crate) value: T,
}

impl<T> Located<T> {
    pub(crate) fn new(line: usize, value: T) -> Self {
        Self { line, value }
    }
}

/// Condition that a text must meet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// Description of valid texts: `a path that begins with "/"`.
    pub(crate) expected: &'static str,
    pub(crate) holds: fn(&str) -> bool,
}

impl Rule {
    /// Reports a text that does not meet the condition.
    pub(crate) fn check(self, r: &mut Reader<'_>, text: &Located<String>) -> bool {
        let holds = (self.holds)(&text.value);
        if !holds {
            r.must_be(text.line, &format!("`{}`", text.value), self.expected);
        }
        holds
    }
}

/// Type that can be read from a node.
pub(crate) trait FromYaml: Sized {
    /// Reads the value of `key`, or records why it is invalid.
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self>;
}

/// Reader of one file, with the diagnostics found so far.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) path: &'a str,
    pub(crate) errors: Vec<Error>,
    /// Known keys for which misspelled keys were found, with the line of their mapping.
    pub(crate) misspelled: Vec<(usize, String)>,
}

impl<'a> Reader<'a> {
    /// Parses a file; returns `None` if nothing in it can be read.
    pub(crate) fn open(path: &'a str, text: &str) -> (Self, Option<Node>) {
        let mut reader = Self {
            path,
            errors: Vec::new(),
            misspelled: Vec::new(),
        };
        let (node, findings) = match yaml::parse(text) {
            Ok((node, findings)) => (Some(node), findings),
            Err(finding) => (None, vec![finding]),
        };
        for (line, diagnostic) in findings {
            reader.error(line, diagnostic);
        }
        (reader, node)
    }

    /// Records a diagnostic.
    pub(crate) fn error(&mut self, line: usize, diagnostic: impl Into<Diagnostic>) {
        self.errors.push(Error::new(self.path, line, diagnostic));
    }

    /// Records that a value must be something else. `subject` is the value, or the key that has the value.
    pub(crate) fn must_be(&mut self, line: usize, subject: &str, expected: &'static str) {
        let subject = subject.to_owned();
        self.error(line, ReadDiagnostic::MustBe { subject, expected });
    }

    /// Returns whether a mapping has a misspelling of the key.
    pub(crate) fn is_misspelled(&self, line: usize, key: &str) -> bool {
        let is = |(at, meant): &(usize, String)| *at == line && meant == key;
        self.misspelled.iter().any(is)
    }
}

impl<T: FromYaml> FromYaml for Located<T> {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        let value = T::from_yaml(r, node, key)?;
        Some(Self::new(node.line, value))
    }
}

impl<T: FromYaml> FromYaml for Vec<T> {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        let Value::List(items) = &node.value else {
            let expected = "a list; write `[one, two]`, or a line with `- ` for each item";
            r.must_be(node.line, &format!("`{key}`"), expected);
            return None;
        };
        let items = items.iter();
        Some(
            items
                .filter_map(|item| T::from_yaml(r, item, key))
                .collect(),
        )
    }
}

/// Reads a text with single spaces instead of folded lines and none at the ends.
impl FromYaml for String {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        let text = node.text().map(str::trim);
        let is_hidden = |c: &char| (c.is_control() && *c != '\n') || BIDI.contains(c);
        let hidden = text.and_then(|text| text.chars().find(is_hidden));
        let is_empty = matches!(&node.value, Value::Scalar { text, .. } if text.trim().is_empty());
        let key = key.to_owned();
        let diagnostic = match (text, hidden) {
            _ if is_empty => ReadDiagnostic::Empty { key },
            (None, _) => ReadDiagnostic::MustBe {
                subject: format!("`{key}`"),
                expected: "a string; quote words and numbers that YAML reads as another type",
            },
            (Some(text), _) if text.starts_with(TODO) => ReadDiagnostic::Unwritten { key },
            (_, Some(character)) => ReadDiagnostic::Hidden { key, character },
            (Some(text), None) => return Some(text.to_owned()),
        };
        r.error(node.line, diagnostic);
        None
    }
}

impl FromYaml for Json {
    fn from_yaml(_: &mut Reader<'_>, node: &Node, _: &str) -> Option<Self> {
        Some(node.json())
    }
}

/// Converts a value to a type, or records that `key` must be `expected`.
fn converted<T>(
    r: &mut Reader<'_>,
    node: &Node,
    key: &str,
    expected: &'static str,
    convert: impl Fn(&Json) -> Option<T>,
) -> Option<T> {
    let value = convert(&node.json());
    if value.is_none() {
        r.must_be(node.line, &format!("`{key}`"), expected);
    }
    value
}

impl FromYaml for bool {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        converted(r, node, key, "`true` or `false`", Json::as_bool)
    }
}

impl FromYaml for u32 {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        let convert = |value: &Json| Self::try_from(value.as_u64()?).ok();
        converted(r, node, key, "an integer from 0 to 4294967295", convert)
    }
}

impl FromYaml for Number {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        converted(r, node, key, "a number", |value| value.as_number().cloned())
    }
}
