//! Reads entries, which are mappings with known keys. The keys that an entry reads are its known keys: all others are reported, as are missing and renamed keys.

use crate::diagnostic::{ReadDiagnostic, nearest};
use crate::reader::{FromYaml, Located, Reader, Rule};
use crate::yaml::{Key, Node, Value};

/// Keys that were renamed: the entry, the former key and the present key.
pub(crate) const RENAMED_KEYS: [(&str, &str, &str); 22] = [
    ("a document", "instead_of", "alternative_to"),
    ("`probe`", "has", "member"),
    ("`probe`", "what", "component"),
    ("`version`", "is", "component"),
    ("`version`", "at", "version"),
    ("`version`", "of", "product"),
    ("`mask`", "string", "style"),
    ("`logs`", "token", "parameter"),
    ("a hint", "says", "contains"),
    ("a response pattern", "says", "contains"),
    ("a tool", "was", "renamed_from"),
    ("a tool", "answer", "response_format"),
    ("an operation", "each", "for_each"),
    ("`read_back`", "from", "member"),
    ("`read_back`", "except", "ignore"),
    ("a name with `documents`", "on", "documents"),
    ("a filter", "on", "documents"),
    ("an entry of `omit`", "on", "documents"),
    ("an entry of `parameters`", "on", "documents"),
    ("an entry of `parameters`", "or", "fallback"),
    ("a correction", "document", "documents"),
    ("a correction", "at", "pointer"),
];

/// Type that is read from a mapping with known keys.
pub(crate) trait Entry: Sized {
    /// Name of the entry in messages.
    const NAME: &'static str;

    /// Conversion of the short form of the entry, a text.
    const SHORT_FORM: Option<fn(Located<String>) -> Self> = None;

    /// Reads the values of all known keys. Keys that are not read are reported as unknown.
    fn read(map: &mut Map<'_, '_>) -> Self;
}

/// Reads a file whose only key contains a list.
pub(crate) fn list_file<T: FromYaml>(r: &mut Reader<'_>, node: &Node, key: &'static str) -> Vec<T> {
    let Some(mut map) = Map::open(r, node, "this file") else {
        return Vec::new();
    };
    let entries = map.list(key);
    map.finish();
    entries
}

/// Mapping whose known keys are those that were read.
#[derive(Debug)]
pub(crate) struct Map<'m, 'r> {
    pub(crate) line: usize,
    reader: &'m mut Reader<'r>,
    name: &'static str,
    entries: &'m [(Key, Node)],
    known: Vec<&'static str>,
    /// Diagnostics that are not recorded if one of the keys is misspelled, since they would be consequences of it.
    deferred: Vec<(Vec<&'static str>, ReadDiagnostic)>,
    /// Keys whose misspelling makes the entry unusable.
    essential: Vec<&'static str>,
    is_usable: bool,
}

impl<'m, 'r> Map<'m, 'r> {
    fn open(reader: &'m mut Reader<'r>, node: &'m Node, name: &'static str) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            reader.must_be(node.line, name, "a mapping of `key: value` pairs");
            return None;
        };
        Some(Self {
            line: node.line,
            reader,
            name,
            entries,
            known: Vec::new(),
            deferred: Vec::new(),
            essential: Vec::new(),
            is_usable: true,
        })
    }

    /// Reports unknown and missing keys; returns whether the entry is usable.
    fn finish(self) -> bool {
        let mut misspelled: Vec<String> = Vec::new();
        for (key, _) in self.entries {
            if self.known.contains(&key.text.as_str()) {
                continue;
            }
            let is_former = |(entry, former, _): &&(&str, &str, &str)| {
                *entry == self.name && *former == key.text
            };
            let diagnostic = match RENAMED_KEYS.iter().find(is_former) {
                Some(&(entry, key, now)) => ReadDiagnostic::RenamedKey { entry, key, now },
                None => {
                    let nearest = nearest(&key.text, self.known.iter().copied());
                    misspelled.extend(nearest.clone());
                    ReadDiagnostic::UnknownKey {
                        entry: self.name,
                        key: key.text.clone(),
                        nearest,
                    }
                }
            };
            self.reader.error(key.line, diagnostic);
        }
        let is_misspelled = |key: &&str| misspelled.iter().any(|meant| meant == key);
        for (keys, diagnostic) in self.deferred {
            if !keys.iter().any(is_misspelled) {
                self.reader.error(self.line, diagnostic);
            }
        }
        let is_usable = self.is_usable && !self.essential.iter().any(is_misspelled);
        let misspelled = misspelled.into_iter().map(|key| (self.line, key));
        self.reader.misspelled.extend(misspelled);
        is_usable
    }

    /// Returns the value of a key. A value under the former name of the key is also found, so that this name is the only error.
    fn node(&mut self, key: &'static str) -> Option<&'m Node> {
        self.known.push(key);
        let mut renamed = RENAMED_KEYS.iter();
        let former = renamed.find(|(entry, _, now)| *entry == self.name && *now == key);
        let is = |text: &str| text == key || former.is_some_and(|(_, former, _)| text == *former);
        let mut entries = self.entries.iter();
        entries.find(|(found, _)| is(&found.text)).map(|it| &it.1)
    }

    /// Returns whether the mapping has the key, and registers it as known.
    pub(crate) fn has(&mut self, key: &'static str) -> bool {
        self.node(key).is_some()
    }

    /// Returns whether the mapping has no keys but these.
    pub(crate) fn has_only(&self, keys: &[&str]) -> bool {
        let is_known = |(key, _): &(Key, Node)| keys.contains(&key.text.as_str());
        self.entries.iter().all(is_known)
    }

    /// Returns the number of keys before this key.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|(found, _)| found.text == key)
    }

    /// Reads an optional value.
    pub(crate) fn optional<T: FromYaml>(&mut self, key: &'static str) -> Option<T> {
        let node = self.node(key)?;
        T::from_yaml(self.reader, node, key)
    }

    /// Reports a key that does not exist.
    pub(crate) fn expect(&mut self, key: &'static str) {
        if !self.has(key) {
            let entry = self.name;
            self.defer(&[key], ReadDiagnostic::MissingKey { entry, key });
        }
    }

    /// Reads a value that must exist. The entry is usable without it.
    pub(crate) fn expected<T: FromYaml>(&mut self, key: &'static str) -> Option<T> {
        self.expect(key);
        self.optional(key)
    }

    /// Reads a value without which the entry is unusable.
    pub(crate) fn required<T: FromYaml + Default>(&mut self, key: &'static str) -> T {
        let value = self.expected(key);
        self.or_discard(value)
    }

    /// Makes the entry unusable if a value is missing.
    pub(crate) fn or_discard<T: Default>(&mut self, value: Option<T>) -> T {
        self.is_usable &= value.is_some();
        value.unwrap_or_default()
    }

    /// Reads an optional text that meets a condition.
    pub(crate) fn optional_text(
        &mut self,
        key: &'static str,
        rule: Rule,
    ) -> Option<Located<String>> {
        let text = self.optional(key)?;
        rule.check(self.reader, &text).then_some(text)
    }

    /// Reads a text that must exist and meet a condition. The entry is usable without it.
    pub(crate) fn expected_text(
        &mut self,
        key: &'static str,
        rule: Rule,
    ) -> Option<Located<String>> {
        let text = self.expected(key)?;
        rule.check(self.reader, &text).then_some(text)
    }

    /// Reads a text that meets a condition and without which the entry is unusable.
    pub(crate) fn required_text(&mut self, key: &'static str, rule: Rule) -> Located<String> {
        let text = self.expected_text(key, rule);
        self.or_discard(text)
    }

    /// Reads an optional sequence.
    pub(crate) fn list<T: FromYaml>(&mut self, key: &'static str) -> Vec<T> {
        self.optional(key).unwrap_or_default()
    }

    /// Reads the texts of an optional sequence. Duplicates and texts that do not meet a condition are reported.
    pub(crate) fn texts(&mut self, key: &'static str, rule: Rule) -> Vec<Located<String>> {
        let texts = self.list(key);
        self.distinct(texts, rule)
    }

    /// Reads the texts of a sequence that must exist. The entry is usable without it.
    pub(crate) fn expected_texts(&mut self, key: &'static str, rule: Rule) -> Vec<Located<String>> {
        self.expect(key);
        self.texts(key, rule)
    }

    /// Reads a text, or the texts of a sequence.
    pub(crate) fn text_or_texts(&mut self, key: &'static str, rule: Rule) -> Vec<Located<String>> {
        match self.node(key).map(|node| &node.value) {
            Some(Value::List(_)) => self.texts(key, rule),
            _ => self.optional_text(key, rule).into_iter().collect(),
        }
    }

    fn distinct(&mut self, texts: Vec<Located<String>>, rule: Rule) -> Vec<Located<String>> {
        let mut distinct: Vec<Located<String>> = Vec::new();
        for text in texts {
            match distinct.iter().find(|other| other.value == text.value) {
                Some(first) => {
                    let (key, first) = (text.value, first.line);
                    self.error(text.line, ReadDiagnostic::DuplicateKey { key, first });
                }
                None if rule.check(self.reader, &text) => distinct.push(text),
                None => {}
            }
        }
        distinct
    }

    /// Reads one of several words. `kind` is the noun for the words in messages.
    pub(crate) fn one_of(
        &mut self,
        key: &'static str,
        kind: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
        self.word(key, kind, &words).map(|word| word.value)
    }

    /// Reads the value that one of several words stands for.
    pub(crate) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        kind: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<Located<T>> {
        let text: Located<String> = self.optional(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            self.unknown_word(&text, kind, words.iter().map(|(word, _)| *word));
        }
        found.map(|(_, value)| Located::new(text.line, *value))
    }

    /// Reads the texts of an optional sequence, each of which must be one of several words.
    pub(crate) fn words(
        &mut self,
        key: &'static str,
        kind: &'static str,
        words: &[&'static str],
    ) -> Vec<Located<String>> {
        let mut texts: Vec<Located<String>> = self.list(key);
        texts.retain(|text| {
            let is_known = words.contains(&text.value.as_str());
            if !is_known {
                self.unknown_word(text, kind, words.iter().copied());
            }
            is_known
        });
        texts
    }

    fn unknown_word<'w>(
        &mut self,
        text: &Located<String>,
        kind: &'static str,
        words: impl Iterator<Item = &'w str>,
    ) {
        let word = text.value.clone();
        let nearest = nearest(&word, words);
        let diagnostic = ReadDiagnostic::UnknownWord {
            word,
            kind,
            nearest,
        };
        self.error(text.line, diagnostic);
    }

    /// Records a diagnostic.
    pub(crate) fn error(&mut self, line: usize, diagnostic: ReadDiagnostic) {
        self.reader.error(line, diagnostic);
    }

    /// Records that the value of a key must be something else.
    pub(crate) fn must_be(&mut self, line: usize, key: &str, expected: &'static str) {
        self.reader.must_be(line, &format!("`{key}`"), expected);
    }

    /// Records a diagnostic about the entry, unless one of the keys is misspelled.
    pub(crate) fn defer(&mut self, keys: &[&'static str], diagnostic: ReadDiagnostic) {
        self.deferred.push((keys.to_vec(), diagnostic));
    }

    /// Records that a key is unused without another key.
    pub(crate) fn unused_without(&mut self, key: &'static str, other: &'static str) {
        if let Some(node) = self.node(key).filter(|_| !self.has(other)) {
            self.error(node.line, ReadDiagnostic::Unused { key, other });
        }
    }

    /// Makes the entry unusable.
    pub(crate) fn discard(&mut self) {
        self.is_usable = false;
    }

    /// Makes the entry unusable if the key is misspelled.
    pub(crate) fn discard_if_misspelled(&mut self, key: &'static str) {
        self.essential.push(key);
    }
}

/// Returns the keys that an entry can have.
#[cfg(test)]
pub(crate) fn known_keys<T: Entry>() -> Vec<&'static str> {
    let (mut reader, node) = Reader::open("", "{}");
    let map = node
        .as_ref()
        .and_then(|node| Map::open(&mut reader, node, T::NAME));
    map.map_or_else(Vec::new, |mut map| {
        T::read(&mut map);
        map.known
    })
}

impl<T: Entry> FromYaml for T {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        if let (Some(short_form), Value::Scalar { .. } | Value::List(_)) =
            (T::SHORT_FORM, &node.value)
        {
            return Located::from_yaml(r, node, key).map(short_form);
        }
        let mut map = Map::open(r, node, T::NAME)?;
        let value = T::read(&mut map);
        map.finish().then_some(value)
    }
}
