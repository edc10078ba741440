//! Reads values from a YAML tree. Reading records each diagnostic and continues, so that one mistake does not hide another.

use serde_json::{Number, Value as Json};

use crate::diagnostic::{Diagnostic, Error, ReadDiagnostic, nearest};
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
pub(crate) enum Rule {
    /// Any text.
    Any,
    /// Text for which a function returns true. The description says what valid texts are.
    Is(&'static str, fn(&str) -> bool),
    /// One of several words. The first text is the noun for the words.
    OneOf(&'static str, &'static [&'static str]),
}

impl Rule {
    /// Reports a text that does not meet the condition.
    pub(crate) fn check(self, r: &mut Reader<'_>, line: usize, text: &str) -> bool {
        let diagnostic = match self {
            Self::Is(expected, holds) if !holds(text) => ReadDiagnostic::MustBe {
                subject: format!("`{}`", text.replace('\n', "\\n")),
                expected,
            },
            Self::OneOf(kind, words) if !words.contains(&text) => ReadDiagnostic::UnknownWord {
                word: text.to_owned(),
                kind,
                nearest: nearest(text, words.iter().copied()),
            },
            _ => return true,
        };
        r.error(line, diagnostic);
        false
    }
}

/// Key, and the condition that its text or texts must meet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyRule<'k> {
    pub(crate) key: &'k str,
    pub(crate) rule: Rule,
}

/// Type that can be read from a node.
pub(crate) trait FromYaml: Sized {
    /// Reads a value, or records why it is invalid.
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self>;

    /// Returns the text of a value that must occur only once in a list.
    fn text(&self) -> Option<&str> {
        None
    }
}

/// Reader of one file, with the diagnostics found so far.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) path: &'a str,
    pub(crate) errors: Vec<Error>,
}

impl<'a> Reader<'a> {
    /// Parses a file; returns `None` if nothing in it can be read.
    pub(crate) fn open(path: &'a str, text: &str) -> (Self, Option<Node>) {
        let mut reader = Self {
            path,
            errors: Vec::new(),
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

    /// Records that the value of a key must be something else.
    pub(crate) fn must_be(&mut self, line: usize, key: &str, expected: &'static str) {
        let subject = format!("`{key}`");
        self.error(line, ReadDiagnostic::MustBe { subject, expected });
    }

    /// Returns the items of a sequence.
    pub(crate) fn items<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n [Node]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        let expected = "a list; write `[one, two]`, or a line with `- ` for each item";
        self.must_be(node.line, key, expected);
        None
    }
}

impl<T: FromYaml> FromYaml for Located<T> {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let value = T::from_yaml(r, node, field)?;
        Some(Self::new(node.line, value))
    }

    fn text(&self) -> Option<&str> {
        self.value.text()
    }
}

impl<T: FromYaml> FromYaml for Vec<T> {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let items = r.items(node, field.key)?;
        let mut values: Vec<(usize, T)> = Vec::new();
        for item in items {
            let Some(value) = T::from_yaml(r, item, field) else {
                continue;
            };
            let text = value.text().map(str::to_owned);
            let is_same =
                |(_, other): &&(usize, T)| text.is_some() && other.text() == text.as_deref();
            match (values.iter().find(is_same), &text) {
                (Some((first, _)), Some(key)) => {
                    let (key, first) = (key.clone(), *first);
                    r.error(item.line, ReadDiagnostic::DuplicateKey { key, first });
                }
                _ => values.push((item.line, value)),
            }
        }
        Some(values.into_iter().map(|(_, value)| value).collect())
    }
}

/// Reads a text with single spaces instead of folded lines and none at the ends.
impl FromYaml for String {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let text = node.text().map(str::trim);
        let is_hidden = |c: &char| (c.is_control() && *c != '\n') || BIDI.contains(c);
        let hidden = text.and_then(|text| text.chars().find(is_hidden));
        let is_empty = matches!(&node.value, Value::Scalar { text, .. } if text.trim().is_empty());
        let key = field.key.to_owned();
        let diagnostic = match (text, hidden) {
            _ if is_empty => ReadDiagnostic::Empty { key },
            (None, _) => ReadDiagnostic::MustBe {
                subject: format!("`{key}`"),
                expected: "a string; quote words and numbers that YAML reads as another type",
            },
            (Some(text), _) if text.starts_with(TODO) => ReadDiagnostic::Unwritten { key },
            (_, Some(character)) => ReadDiagnostic::Hidden { key, character },
            (Some(text), None) => {
                let is_valid = field.rule.check(r, node.line, text);
                return is_valid.then(|| text.to_owned());
            }
        };
        r.error(node.line, diagnostic);
        None
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

/// Converts a value to a type, or records that it must be `expected`.
fn converted<T>(
    r: &mut Reader<'_>,
    node: &Node,
    field: KeyRule<'_>,
    expected: &'static str,
    convert: impl Fn(&Json) -> Option<T>,
) -> Option<T> {
    let value = convert(&node.json());
    if value.is_none() {
        r.must_be(node.line, field.key, expected);
    }
    value
}

impl FromYaml for Json {
    fn from_yaml(_: &mut Reader<'_>, node: &Node, _: KeyRule<'_>) -> Option<Self> {
        Some(node.json())
    }
}

impl FromYaml for bool {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        converted(r, node, field, "`true` or `false`", Json::as_bool)
    }
}

impl FromYaml for Number {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        converted(r, node, field, "a number", |json| json.as_number().cloned())
    }
}

impl FromYaml for u32 {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let convert = |json: &Json| Self::try_from(json.as_u64()?).ok();
        converted(r, node, field, "an integer from 0 to 4294967295", convert)
    }
}

/// Reads an HTTP status.
impl FromYaml for u16 {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let convert = |json: &Json| Self::try_from(json.as_u64()?).ok();
        let status = |json: &Json| convert(json).filter(|it| (100..600).contains(it));
        converted(r, node, field, "an HTTP status from 100 to 599", status)
    }
}
