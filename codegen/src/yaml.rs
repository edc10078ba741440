//! Parses YAML text into a tree that has the line of each key and value. Constructs beyond plain data (anchors, tags, several documents) are rejected. A duplicate key is reported, so that no value is lost silently.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::Value as Json;

use crate::diagnostic::ReadDiagnostic;

/// Maximum nesting depth; no file needs nearly as much.
const MAX_DEPTH: usize = 64;

/// Diagnostic and its line.
pub(crate) type Finding = (usize, ReadDiagnostic);

/// Value and the line in which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// Kind of a node, with its contents.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Text, and whether it was written without quotes.
    Scalar { text: String, plain: bool },
    /// Sequence.
    List(Vec<Node>),
    /// Mapping in the order written, each key once.
    Map(Vec<(Key, Node)>),
}

/// Key and its line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Node {
    /// Returns the text of a scalar that YAML reads as text, not as `true`, `null` or a number.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, plain } if !plain || word(text).is_none() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    /// Returns the value as JSON.
    pub(crate) fn json(&self) -> Json {
        match &self.value {
            Value::Scalar { text, plain: true } => {
                word(text).unwrap_or_else(|| Json::String(text.clone()))
            }
            Value::Scalar { text, plain: false } => Json::String(text.clone()),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.text.clone(), value.json()))
                    .collect(),
            ),
        }
    }
}

/// Returns the JSON value of an unquoted word; `None` if the word is text.
fn word(text: &str) -> Option<Json> {
    match text {
        "" | "~" => Some(Json::Null),
        _ => serde_json::from_str(text)
            .ok()
            .filter(|value: &Json| !value.is_string() && !value.is_array() && !value.is_object()),
    }
}

/// Reads one document. The returned findings did not prevent reading the rest; `Err` is the finding that did.
pub(crate) fn parse(text: &str) -> Result<(Node, Vec<Finding>), Finding> {
    let mut loader = Loader {
        parser: Parser::new_from_str(text),
        findings: Vec::new(),
    };
    let mut line = 1;
    loop {
        let (event, at) = loader.next()?;
        line = at.max(line);
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => {
                return Err((line, syntax("the document is empty")));
            }
            event => {
                let node = loader.node(event, at, 0)?;
                loader.end()?;
                return Ok((node, loader.findings));
            }
        }
    }
}

fn syntax(detail: &str) -> ReadDiagnostic {
    ReadDiagnostic::Syntax {
        detail: detail.to_owned(),
    }
}

/// Parser, and the findings so far.
struct Loader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    findings: Vec<Finding>,
}

impl<'t> Loader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, usize), Finding> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            Some(Err(error)) => Err((error.marker().line(), syntax(error.info()))),
            None => Err((1, syntax("unexpected end"))),
        }
    }

    fn end(&mut self) -> Result<(), Finding> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), line) => {
                    return Err((line, unsupported("several documents in one file")));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'t>, line: usize, depth: usize) -> Result<Node, Finding> {
        if depth > MAX_DEPTH {
            return Err((line, syntax("the nesting is too deep")));
        }
        let value = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_data(anchor, tag.is_some(), line);
                Value::Scalar {
                    text: text.into_owned(),
                    plain: style == ScalarStyle::Plain,
                }
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain_data(anchor, tag.is_some(), line);
                self.list(depth)?
            }
            Event::MappingStart(anchor, tag) => {
                self.plain_data(anchor, tag.is_some(), line);
                self.map(depth)?
            }
            Event::Alias(_) => {
                self.findings.push((line, unsupported("aliases")));
                Value::List(Vec::new())
            }
            _ => return Err((line, syntax("a value is missing"))),
        };
        Ok(Node { line, value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Finding> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, line) => items.push(self.node(event, line, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Finding> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(entries)),
                (Event::Scalar(text, ..), line) => Key {
                    line,
                    text: text.into_owned(),
                },
                (_, line) => return Err((line, syntax("a key must be a single word"))),
            };
            let (event, line) = self.next()?;
            let value = self.node(event, line, depth + 1)?;
            match entries.iter().find(|(other, _)| other.text == key.text) {
                Some((first, _)) => self.findings.push((
                    key.line,
                    ReadDiagnostic::DuplicateKey {
                        key: key.text,
                        first: first.line,
                    },
                )),
                None => entries.push((key, value)),
            }
        }
    }

    fn plain_data(&mut self, anchor: usize, tagged: bool, line: usize) {
        if anchor != 0 {
            self.findings.push((line, unsupported("anchors")));
        }
        if tagged {
            self.findings.push((line, unsupported("tags")));
        }
    }
}

fn unsupported(construct: &'static str) -> ReadDiagnostic {
    ReadDiagnostic::Unsupported { construct }
}
