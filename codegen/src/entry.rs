//! Reads entries, which are mappings with known keys. The keys that an entry reads are its known keys: all others are reported, as are missing and renamed keys.

use crate::diagnostic::{ReadDiagnostic, nearest};
use crate::reader::{FromYaml, KeyRule, Reader, Rule};
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

/// Conditions that the texts of keys must meet.
pub(crate) type TextRules = &'static [(&'static str, Rule)];

/// Reads an entry, a mapping. `name` is its name in messages, and `read` reads the values of all known keys: keys that it does not read are reported as unknown. The result is `None` if the entry is unusable.
pub(crate) fn read_entry<T>(
    r: &mut Reader<'_>,
    node: &Node,
    name: &'static str,
    rules: TextRules,
    read: impl FnOnce(&mut Map<'_, '_>) -> T,
) -> Option<T> {
    let Value::Map(entries) = &node.value else {
        let (subject, expected) = (name.to_owned(), "a mapping of `key: value` pairs");
        r.error(node.line, ReadDiagnostic::MustBe { subject, expected });
        return None;
    };
    let mut map = Map {
        line: node.line,
        reader: r,
        name,
        rules,
        entries,
        known: Vec::new(),
        deferred: Vec::new(),
        is_usable: true,
    };
    let value = read(&mut map);
    map.finish().then_some(value)
}

/// Reads a file whose only key contains a list of entries.
pub(crate) fn read_list<T>(
    r: &mut Reader<'_>,
    node: &Node,
    key: &'static str,
    name: &'static str,
    rules: TextRules,
    read: fn(&mut Map<'_, '_>) -> T,
) -> Vec<T> {
    let entries = |map: &mut Map<'_, '_>| map.entries(key, name, rules, read);
    read_entry(r, node, "this file", &[], entries).unwrap_or_default()
}

/// Mapping whose known keys are those that were read.
#[derive(Debug)]
pub(crate) struct Map<'m, 'r> {
    pub(crate) line: usize,
    reader: &'m mut Reader<'r>,
    name: &'static str,
    rules: TextRules,
    entries: &'m [(Key, Node)],
    known: Vec<&'static str>,
    /// Diagnostics that are not recorded if one of the keys is misspelled, since they would be consequences of it.
    deferred: Vec<(Vec<&'static str>, ReadDiagnostic)>,
    is_usable: bool,
}

impl<'m> Map<'m, '_> {
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
        self.is_usable
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

    /// Returns whether a key of the mapping is probably a misspelling of this key.
    pub(crate) fn has_similar(&self, key: &str) -> bool {
        let is_similar = |found: &str| found != key && nearest(found, [key]).is_some();
        self.entries
            .iter()
            .any(|(found, _)| is_similar(&found.text))
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
        let rule = self.rules.iter().find(|(found, _)| *found == key);
        let rule = rule.map_or(Rule::Any, |(_, rule)| *rule);
        T::from_yaml(self.reader, node, KeyRule { key, rule })
    }

    /// Reads an optional sequence.
    pub(crate) fn list<T: FromYaml>(&mut self, key: &'static str) -> Vec<T> {
        self.optional(key).unwrap_or_default()
    }

    /// Reads an optional value that can be a single text instead of a sequence.
    pub(crate) fn one_or_more<T: FromYaml>(&mut self, key: &'static str) -> Vec<T> {
        match self.node(key).map(|node| &node.value) {
            Some(Value::List(_)) => self.list(key),
            _ => self.optional(key).into_iter().collect(),
        }
    }

    /// Reads an optional entry.
    pub(crate) fn entry<T>(
        &mut self,
        key: &'static str,
        name: &'static str,
        rules: TextRules,
        read: fn(&mut Map<'_, '_>) -> T,
    ) -> Option<T> {
        let node = self.node(key)?;
        read_entry(self.reader, node, name, rules, read)
    }

    /// Reads an optional sequence of entries.
    pub(crate) fn entries<T>(
        &mut self,
        key: &'static str,
        name: &'static str,
        rules: TextRules,
        read: fn(&mut Map<'_, '_>) -> T,
    ) -> Vec<T> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let items = self.reader.items(node, key).unwrap_or_default().iter();
        let entries = items.filter_map(|item| read_entry(self.reader, item, name, rules, read));
        entries.collect()
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
        self.is_usable &= value.is_some();
        value.unwrap_or_default()
    }

    /// Records a diagnostic.
    pub(crate) fn error(&mut self, line: usize, diagnostic: ReadDiagnostic) {
        self.reader.error(line, diagnostic);
    }

    /// Records that the value of a key must be something else.
    pub(crate) fn must_be(&mut self, line: usize, key: &str, expected: &'static str) {
        self.reader.must_be(line, key, expected);
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
}

/// Returns the keys that an entry can have.
#[cfg(test)]
pub(crate) fn known_keys<T>(read: fn(&mut Map<'_, '_>) -> T) -> Vec<&'static str> {
    let (mut reader, node) = Reader::open("", "{}");
    let keys = |map: &mut Map<'_, '_>| {
        read(map);
        map.is_usable = true;
        map.known.clone()
    };
    let keys = node.and_then(|node| read_entry(&mut reader, &node, "", &[], keys));
    keys.unwrap_or_default()
}
