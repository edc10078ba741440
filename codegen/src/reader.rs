//! Reads values from a YAML tree. Reading records each diagnostic and continues, so that one mistake does not hide another.

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Error, nearest};
use crate::yaml::{self, Key, Node, Value};

/// Characters that change the display order of the text after them, so that a reviewer would read another text than a model.
const BIDI: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// Prefix of a text that is a placeholder.
pub(crate) const TODO: &str = "TODO";

/// Value with its line.
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

/// Reader of one file, with the diagnostics found so far.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) path: &'a str,
    pub(crate) errors: Vec<Error>,
    /// Known keys for which misspelled keys were found, with the line of their mapping. These keys are not also reported as missing.
    misspelled: Vec<(usize, String)>,
}

/// Mapping whose keys are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Map<'n> {
    pub(crate) line: usize,
    of: &'static str,
    entries: &'n [(Key, Node)],
}

impl<'n> Map<'n> {
    /// Returns the value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(found, _)| found.text == key)
            .map(|(_, node)| node)
    }

    /// Returns all keys with their values.
    pub(crate) fn entries(&self) -> &'n [(Key, Node)] {
        self.entries
    }
}

impl<'a> Reader<'a> {
    /// Parses a file; returns `None` if nothing in it can be read.
    pub(crate) fn open(path: &'a str, text: &str) -> (Self, Option<Node>) {
        let mut reader = Self {
            path,
            errors: Vec::new(),
            misspelled: Vec::new(),
        };
        let node = match yaml::parse(text) {
            Ok((node, flaws)) => {
                for (line, diagnostic) in flaws {
                    reader.error(line, diagnostic);
                }
                Some(node)
            }
            Err((line, diagnostic)) => {
                reader.error(line, diagnostic);
                None
            }
        };
        (reader, node)
    }

    /// Records a diagnostic.
    pub(crate) fn error(&mut self, line: usize, diagnostic: Diagnostic) {
        self.errors.push(Error {
            path: self.path.to_owned(),
            line,
            diagnostic,
        });
    }

    fn wrong(&mut self, line: usize, what: &str, expected: &'static str) {
        let what = what.to_owned();
        self.error(line, Diagnostic::WrongKind { what, expected });
    }

    /// Reads a mapping with any keys.
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

    /// Reads a mapping with known keys; unknown keys are reported.
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
                let diagnostic = Diagnostic::UnknownKey {
                    key: key.text.clone(),
                    of,
                    nearest,
                };
                self.error(key.line, diagnostic);
            }
        }
        Some(map)
    }

    /// Returns the value of a required key.
    pub(crate) fn needed<'n>(&mut self, map: &Map<'n>, key: &'static str) -> Option<&'n Node> {
        let found = map.get(key);
        if found.is_none() && !self.is_misspelled(map, key) {
            self.error(map.line, Diagnostic::MissingKey { key, of: map.of });
        }
        found
    }

    /// Returns whether the mapping has a misspelling of the key.
    pub(crate) fn is_misspelled(&self, map: &Map<'_>, key: &str) -> bool {
        let is = |(line, meant): &(usize, String)| *line == map.line && meant == key;
        self.misspelled.iter().any(is)
    }

    /// Reads a required text.
    pub(crate) fn text(&mut self, map: &Map<'_>, key: &'static str) -> Option<At<String>> {
        let node = self.needed(map, key)?;
        self.text_of(node, key)
    }

    /// Reads an optional text.
    pub(crate) fn text_if(&mut self, map: &Map<'_>, key: &str) -> Option<At<String>> {
        let node = map.get(key)?;
        self.text_of(node, key)
    }

    /// Reads a node as text, with single spaces instead of folded lines and none at the ends.
    pub(crate) fn text_of(&mut self, node: &Node, what: &str) -> Option<At<String>> {
        let Some(text) = node.text() else {
            let key = what.to_owned();
            if matches!(&node.value, Value::Scalar { text, .. } if text.is_empty()) {
                self.error(node.line, Diagnostic::Empty { key });
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
            self.error(node.line, Diagnostic::Empty { key });
            return None;
        }
        if text.starts_with(TODO) {
            let key = what.to_owned();
            self.error(node.line, Diagnostic::Unwritten { key });
            return None;
        }
        let hidden = |c: &char| (c.is_control() && *c != '\n') || BIDI.contains(c);
        if let Some(character) = text.chars().find(hidden) {
            let key = what.to_owned();
            self.error(node.line, Diagnostic::Hidden { key, character });
            return None;
        }
        Some(At::new(node.line, text.to_owned()))
    }

    /// Reads one of the known words.
    pub(crate) fn word(
        &mut self,
        found: &At<String>,
        of: &'static str,
        known: &[&'static str],
    ) -> Option<&'static str> {
        let word = known.iter().find(|word| **word == found.value).copied();
        if word.is_none() {
            let diagnostic = Diagnostic::UnknownWord {
                word: found.value.clone(),
                of,
                nearest: nearest(&found.value, known.iter().copied()),
            };
            self.error(found.line, diagnostic);
        }
        word
    }

    /// Returns the items of an optional sequence.
    pub(crate) fn items<'n>(&mut self, map: &Map<'n>, key: &str) -> &'n [Node] {
        match map.get(key) {
            None => &[],
            Some(node) => self.items_of(node, key),
        }
    }

    /// Returns the items of a sequence.
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

    /// Reads the texts of an optional sequence; duplicates are reported.
    pub(crate) fn texts(&mut self, map: &Map<'_>, key: &str) -> Vec<At<String>> {
        let items = self.items(map, key);
        self.texts_of(items, key)
    }

    /// Reads nodes as texts; duplicates are reported.
    pub(crate) fn texts_of(&mut self, items: &[Node], what: &str) -> Vec<At<String>> {
        let mut texts: Vec<At<String>> = Vec::new();
        for item in items {
            let Some(text) = self.text_of(item, what) else {
                continue;
            };
            match texts.iter().find(|other| other.value == text.value) {
                Some(first) => self.error(
                    text.line,
                    Diagnostic::DuplicateKey {
                        key: text.value,
                        first: first.line,
                    },
                ),
                None => texts.push(text),
            }
        }
        texts
    }

    /// Reads a node as a number.
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

    /// Reads an optional `true` or `false`.
    pub(crate) fn flag_if(&mut self, map: &Map<'_>, key: &str) -> Option<At<bool>> {
        let node = map.get(key)?;
        let flag = node.json().as_bool();
        if flag.is_none() {
            self.wrong(node.line, &format!("`{key}`"), "neither true nor false");
        }
        flag.map(|flag| At::new(node.line, flag))
    }
}
