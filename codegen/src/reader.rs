//! A YAML tree to values, noting each problem and going on, so that one mistake hides no other.

use serde_json::Value as Json;

use crate::problem::{Error, Problem, nearest};
use crate::yaml::{self, Key, Node, Value};

/// Characters that change the order in which the text after them is shown, so that a reviewer reads something else than a model.
const BIDI: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// How a text begins that is still to be written.
pub(crate) const TODO: &str = "TODO";

/// A value and the line it stands in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct At<T> {
    pub(crate) line: usize,
    pub(crate) value: T,
}

impl<T> At<T> {
    pub(crate) fn new(line: usize, value: T) -> Self {
        Self { line, value }
    }
}

/// The problems of one file.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) path: &'a str,
    pub(crate) errors: Vec<Error>,
    /// Keys that were most likely meant by unknown ones, with the line of their mapping: they are not missing as well.
    misspelled: Vec<(usize, String)>,
}

/// A mapping whose keys are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map<'n> {
    pub(crate) line: usize,
    of: &'static str,
    entries: &'n [(Key, Node)],
}

impl<'n> Map<'n> {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(found, _)| found.text == key)
            .map(|(_, node)| node)
    }

    /// All keys with their values.
    pub(crate) fn entries(&self) -> &'n [(Key, Node)] {
        self.entries
    }
}

impl<'a> Reader<'a> {
    /// Parses a file; `None` if nothing of it can be read.
    pub(crate) fn open(path: &'a str, text: &str) -> (Self, Option<Node>) {
        let mut reader = Self {
            path,
            errors: Vec::new(),
            misspelled: Vec::new(),
        };
        let node = match yaml::parse(text) {
            Ok((node, flaws)) => {
                for (line, problem) in flaws {
                    reader.error(line, problem);
                }
                Some(node)
            }
            Err((line, problem)) => {
                reader.error(line, problem);
                None
            }
        };
        (reader, node)
    }

    /// Notes a problem.
    pub(crate) fn error(&mut self, line: usize, problem: Problem) {
        self.errors.push(Error {
            path: self.path.to_owned(),
            line,
            problem,
        });
    }

    fn wrong(&mut self, line: usize, what: &str, expected: &'static str) {
        let what = what.to_owned();
        self.error(line, Problem::WrongKind { what, expected });
    }

    /// A mapping of any keys.
    pub(crate) fn any_map<'n>(&mut self, node: &'n Node, of: &'static str) -> Option<Map<'n>> {
        match &node.value {
            Value::Map(entries) => Some(Map {
                line: node.line,
                of,
                entries,
            }),
            _ => {
                self.wrong(node.line, of, "no mapping; write `key: value` pairs");
                None
            }
        }
    }

    /// A mapping of known keys; others are problems.
    pub(crate) fn map<'n>(
        &mut self,
        node: &'n Node,
        of: &'static str,
        known: &[&str],
    ) -> Option<Map<'n>> {
        let map = self.any_map(node, of)?;
        for (key, _) in map.entries {
            if !known.contains(&key.text.as_str()) {
                let nearest = nearest(&key.text, known.iter().copied());
                let meant = nearest.clone().map(|meant| (map.line, meant));
                self.misspelled.extend(meant);
                let problem = Problem::UnknownKey {
                    key: key.text.clone(),
                    of,
                    nearest,
                };
                self.error(key.line, problem);
            }
        }
        Some(map)
    }

    /// The value of a key that has to be there.
    pub(crate) fn needed<'n>(&mut self, map: &Map<'n>, key: &'static str) -> Option<&'n Node> {
        let found = map.get(key);
        if found.is_none() && !self.is_misspelled(map, key) {
            self.error(map.line, Problem::MissingKey { key, of: map.of });
        }
        found
    }

    /// Whether a key stands there under a name that is none.
    pub(crate) fn is_misspelled(&self, map: &Map<'_>, key: &str) -> bool {
        let is = |(line, meant): &(usize, String)| *line == map.line && meant == key;
        self.misspelled.iter().any(is)
    }

    /// A text that has to be there.
    pub(crate) fn text(&mut self, map: &Map<'_>, key: &'static str) -> Option<At<String>> {
        let node = self.needed(map, key)?;
        self.text_of(node, key)
    }

    /// A text that may be left out.
    pub(crate) fn text_if(&mut self, map: &Map<'_>, key: &str) -> Option<At<String>> {
        let node = map.get(key)?;
        self.text_of(node, key)
    }

    /// A node as text, with single spaces where lines were folded and none around it.
    pub(crate) fn text_of(&mut self, node: &Node, what: &str) -> Option<At<String>> {
        let Some(text) = node.text() else {
            let key = what.to_owned();
            if matches!(&node.value, Value::Scalar { text, .. } if text.is_empty()) {
                self.error(node.line, Problem::Empty { key });
            } else {
                self.wrong(
                    node.line,
                    &format!("`{what}`"),
                    "no text; other words and numbers need quotes",
                );
            }
            return None;
        };
        let text = text.trim();
        if text.is_empty() {
            let key = what.to_owned();
            self.error(node.line, Problem::Empty { key });
            return None;
        }
        if text.starts_with(TODO) {
            let key = what.to_owned();
            self.error(node.line, Problem::Unwritten { key });
            return None;
        }
        let hidden = |c: &char| (c.is_control() && *c != '\n') || BIDI.contains(c);
        if let Some(character) = text.chars().find(hidden) {
            let key = what.to_owned();
            self.error(node.line, Problem::Hidden { key, character });
            return None;
        }
        Some(At::new(node.line, text.to_owned()))
    }

    /// One of the words of a list.
    pub(crate) fn word(
        &mut self,
        found: &At<String>,
        of: &'static str,
        known: &[&'static str],
    ) -> Option<&'static str> {
        let word = known.iter().find(|word| **word == found.value).copied();
        if word.is_none() {
            let problem = Problem::UnknownWord {
                word: found.value.clone(),
                of,
                nearest: nearest(&found.value, known.iter().copied()),
            };
            self.error(found.line, problem);
        }
        word
    }

    /// The items of a sequence that may be left out.
    pub(crate) fn items<'n>(&mut self, map: &Map<'n>, key: &str) -> &'n [Node] {
        match map.get(key) {
            None => &[],
            Some(node) => self.items_of(node, key),
        }
    }

    /// The items of a sequence.
    pub(crate) fn items_of<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            _ => {
                self.wrong(
                    node.line,
                    &format!("`{what}`"),
                    "no list; write `[one, two]`, or a line with `- ` for each",
                );
                &[]
            }
        }
    }

    /// The texts of a sequence that may be left out; none twice.
    pub(crate) fn texts(&mut self, map: &Map<'_>, key: &str) -> Vec<At<String>> {
        let items = self.items(map, key);
        self.texts_of(items, key)
    }

    /// Nodes as texts; none twice.
    pub(crate) fn texts_of(&mut self, items: &[Node], what: &str) -> Vec<At<String>> {
        let mut texts: Vec<At<String>> = Vec::new();
        for item in items {
            let Some(text) = self.text_of(item, what) else {
                continue;
            };
            match texts.iter().find(|other| other.value == text.value) {
                Some(first) => self.error(
                    text.line,
                    Problem::DuplicateKey {
                        key: text.value,
                        first: first.line,
                    },
                ),
                None => texts.push(text),
            }
        }
        texts
    }

    /// A node as number.
    pub(crate) fn number_of(&mut self, node: &Node, what: &str) -> Option<At<u32>> {
        let number = match node.json() {
            Json::Number(number) => number
                .as_u64()
                .and_then(|number| u32::try_from(number).ok()),
            _ => None,
        };
        if number.is_none() {
            self.wrong(
                node.line,
                &format!("`{what}`"),
                "no number from 0 to 4294967295",
            );
        }
        number.map(|number| At::new(node.line, number))
    }

    /// A `true` or `false` that may be left out.
    pub(crate) fn flag_if(&mut self, map: &Map<'_>, key: &str) -> Option<At<bool>> {
        let node = map.get(key)?;
        let flag = node.json().as_bool();
        if flag.is_none() {
            self.wrong(node.line, &format!("`{key}`"), "neither true nor false");
        }
        flag.map(|flag| At::new(node.line, flag))
    }
}
