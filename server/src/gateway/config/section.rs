//! Reads a TOML document step by step and collects all errors with their lines. Serde would stop at the first error.

use jiff::Timestamp;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Error in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// Line number, starting at 1.
    pub(crate) line: usize,
    /// Error and correct value.
    pub(crate) message: String,
}

/// Document with its errors.
#[derive(Debug)]
pub(super) struct Document<'t> {
    text: &'t str,
    pub(super) problems: Vec<Problem>,
}

/// Table of the document. Each read removes a key; keys that are left at the end are unknown.
#[derive(Debug)]
pub(super) struct Section<'t> {
    /// Name in messages, for example `account.server`.
    pub(super) name: String,
    pub(super) at: usize,
    entries: Vec<Entry<'t>>,
    asked: Vec<&'static str>,
}

#[derive(Debug)]
struct Entry<'t> {
    key: String,
    at: usize,
    value: DeValue<'t>,
}

/// Value with its offset in the text.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, message } = self;
        write!(f, "line {line}: {message}")
    }
}

impl<'t> Document<'t> {
    /// Parses a document and returns it with its root table.
    pub(super) fn parse(text: &'t str) -> (Self, Section<'t>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut document = Self {
            text,
            problems: Vec::new(),
        };
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            document.problem(at, error.message().to_owned());
        }
        let section = Section::new(String::new(), 0, table.into_inner());
        (document, section)
    }

    /// Records an error at an offset in the text.
    pub(super) fn problem(&mut self, at: usize, message: String) {
        let line = self.line(at);
        self.problems.push(Problem { line, message });
    }

    /// Returns the line of an offset.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}

impl<'t> Section<'t> {
    fn new(name: String, at: usize, table: DeTable<'t>) -> Self {
        let entries = table.into_iter().map(|(key, value)| Entry {
            at: key.span().start,
            key: key.into_inner().into_owned(),
            value: value.into_inner(),
        });
        Self {
            name,
            at,
            entries: entries.collect(),
            asked: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.asked.push(key);
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    fn path(&self, key: &str) -> String {
        match self.name.as_str() {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }

    fn wrong(&self, document: &mut Document<'_>, entry: &Entry<'_>, expected: &str) {
        let path = self.path(&entry.key);
        let got = type_name(&entry.value);
        document.problem(
            entry.at,
            format!("`{path}`: expected {expected}, got {got}"),
        );
    }

    /// Reads a string.
    pub(super) fn string(
        &mut self,
        document: &mut Document<'_>,
        key: &'static str,
    ) -> Option<At<String>> {
        let entry = self.take(key)?;
        let Some(text) = entry.value.as_str() else {
            self.wrong(document, &entry, "a string");
            return None;
        };
        Some(At {
            value: text.to_owned(),
            at: entry.at,
        })
    }

    /// Reads a required string. If the key is missing, reports an error and returns an empty string.
    pub(super) fn required(
        &mut self,
        document: &mut Document<'_>,
        key: &'static str,
    ) -> At<String> {
        let known = document.problems.len();
        let found = self.string(document, key);
        if found.is_none() && document.problems.len() == known {
            let path = self.path(key);
            document.problem(self.at, format!("`{path}` is missing"));
        }
        found.unwrap_or(At {
            value: String::new(),
            at: self.at,
        })
    }

    /// Reads an array of strings; empty if the key is missing.
    pub(super) fn strings(
        &mut self,
        document: &mut Document<'_>,
        key: &'static str,
    ) -> Vec<String> {
        let Some(entry) = self.take(key) else {
            return Vec::new();
        };
        let items: Option<Vec<_>> = entry.value.as_array().and_then(|items| {
            let texts = items.iter().map(|item| item.get_ref().as_str());
            texts.map(|text| text.map(str::to_owned)).collect()
        });
        items.unwrap_or_else(|| {
            self.wrong(document, &entry, "an array of strings");
            Vec::new()
        })
    }

    /// Reads a boolean; `false` if the key is missing.
    pub(super) fn boolean(&mut self, document: &mut Document<'_>, key: &'static str) -> bool {
        let Some(entry) = self.take(key) else {
            return false;
        };
        entry.value.as_bool().unwrap_or_else(|| {
            self.wrong(document, &entry, "true or false");
            false
        })
    }

    /// Reads a time with offset, as a TOML datetime or as a string.
    pub(super) fn time(
        &mut self,
        document: &mut Document<'_>,
        key: &'static str,
    ) -> Option<At<Timestamp>> {
        let entry = self.take(key)?;
        let text = match &entry.value {
            DeValue::Datetime(time) => Some(time.to_string()),
            value => value.as_str().map(str::to_owned),
        };
        let time = text.and_then(|text| text.parse().ok());
        if time.is_none() {
            let expected = "a time with its offset, like 2026-12-31T23:59:59Z";
            self.wrong(document, &entry, expected);
        }
        Some(At {
            value: time?,
            at: entry.at,
        })
    }

    /// Reads a table.
    pub(super) fn table(
        &mut self,
        document: &mut Document<'_>,
        key: &'static str,
    ) -> Option<Section<'t>> {
        let entry = self.take(key)?;
        let path = self.path(key);
        if let DeValue::Table(table) = entry.value {
            return Some(Section::new(path, entry.at, table));
        }
        self.wrong(document, &entry, "a table");
        None
    }

    /// Reads all tables of an array, `[[key]]`.
    pub(super) fn tables(
        &mut self,
        document: &mut Document<'_>,
        key: &'static str,
    ) -> Vec<Section<'t>> {
        let Some(entry) = self.take(key) else {
            return Vec::new();
        };
        let path = self.path(key);
        let expected = format!("tables, `[[{path}]]`");
        let DeValue::Array(items) = entry.value else {
            self.wrong(document, &entry, &expected);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            let at = item.span().start;
            match Spanned::into_inner(item) {
                DeValue::Table(table) => sections.push(Section::new(path.clone(), at, table)),
                other => {
                    let got = type_name(&other);
                    document.problem(at, format!("`{path}`: expected {expected}, got {got}"));
                }
            }
        }
        sections
    }

    /// Reads a table with arbitrary keys, whose values are strings or tables.
    pub(super) fn free(self, document: &mut Document<'_>) -> Vec<(At<String>, Free<'t>)> {
        let mut found = Vec::new();
        for entry in self.entries {
            let path = match self.name.as_str() {
                "" => entry.key.clone(),
                name => format!("{name}.{}", entry.key),
            };
            let key = At {
                value: entry.key,
                at: entry.at,
            };
            match entry.value {
                DeValue::String(text) => found.push((key, Free::Text(text.into_owned()))),
                DeValue::Table(table) => {
                    found.push((key, Free::Table(Section::new(path, entry.at, table))));
                }
                other => {
                    let got = type_name(&other);
                    let expected = "a string, or a table with `file` or `env`";
                    document.problem(
                        entry.at,
                        format!("`{path}`: expected {expected}, got {got}"),
                    );
                }
            }
        }
        found
    }

    /// Reports all unknown keys.
    pub(super) fn finish(self, document: &mut Document<'_>) {
        for entry in &self.entries {
            let nearest = self
                .asked
                .iter()
                .map(|known| (strsim::jaro_winkler(&entry.key, known), known))
                .filter(|(likeness, _)| *likeness > 0.8)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let instead = match nearest {
                Some((_, nearest)) => format!("did you mean `{nearest}`?"),
                None => format!("there are {}", self.asked.join(", ")),
            };
            let path = self.path(&entry.key);
            document.problem(entry.at, format!("`{path}` is not known; {instead}"));
        }
    }
}

/// Value of an arbitrary key.
#[derive(Debug)]
pub(super) enum Free<'t> {
    Text(String),
    Table(Section<'t>),
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a time without offset",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
