//! TOML document as a JSON value, with the position of each key.

use std::collections::HashMap;
use std::sync::LazyLock;

use runtime::Schema;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::content::FileContent;
use crate::error::FieldError;
use crate::schema::writer::SchemaWriter;
use crate::schema::{self, join};

/// Schema of the configuration file.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let writer = SchemaWriter { components: &[] };
    writer.definition(&FileContent::SHAPE)
});

/// Error in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocatedError {
    /// Line number, starting at 1.
    pub(crate) line: usize,
    /// Error and correct value.
    pub(crate) message: String,
}

impl std::fmt::Display for LocatedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, message } = self;
        write!(f, "line {line}: {message}")
    }
}

/// Document with its errors.
#[derive(Debug)]
pub(super) struct Document<'t> {
    text: &'t str,
    /// Offsets of the keys and array items, by path: `account[0].server[1].name`.
    offsets: HashMap<String, usize>,
    /// Paths of values that the schema check rejects.
    wrong: Vec<String>,
    pub(super) errors: Vec<LocatedError>,
}

impl<'t> Document<'t> {
    /// Parses a document and checks it against the schema. The content has only valid values.
    pub(super) fn parse(text: &'t str) -> (Self, FileContent) {
        let mut document = Self {
            text,
            offsets: HashMap::new(),
            wrong: Vec::new(),
            errors: Vec::new(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let line = document.line_at(error.span().map_or(0, |span| span.start));
            let message = error.message().to_owned();
            document.errors.push(LocatedError { line, message });
        }
        let value = document.object("", table.into_inner());
        for FieldError { field, message } in schema::check(&SCHEMA, &SCHEMA, &value, "") {
            document.error(&field, &format!("`{}`: {message}", plain(&field)));
            document.wrong.push(field);
        }
        let valid = document.valid_part(value, "").unwrap_or_default();
        // A value that conforms to the schema fits the Rust types.
        let content = serde_json::from_value(valid).unwrap_or_default();
        (document, content)
    }

    /// Returns a value without the members that the schema check rejects. An array with a rejected item is rejected as a whole, so that the others keep their index.
    fn valid_part(&self, value: Value, path: &str) -> Option<Value> {
        if self.wrong.iter().any(|wrong| wrong == path) {
            return None;
        }
        Some(match value {
            Value::Object(members) => {
                let members = members.into_iter().filter_map(|(name, member)| {
                    let member = self.valid_part(member, &join(path, &name))?;
                    Some((name, member))
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                let items =
                    items.map(|(index, it)| self.valid_part(it, &format!("{path}[{index}]")));
                Value::Array(items.collect::<Option<_>>()?)
            }
            other => other,
        })
    }

    /// Records an error at the key with this path or, if the key is missing, at the table around it.
    pub(super) fn error(&mut self, path: &str, message: &str) {
        let (line, message) = (self.line(path), message.to_owned());
        self.errors.push(LocatedError { line, message });
    }

    /// Returns whether the schema check rejects a value at or below this path.
    pub(super) fn has_error(&self, path: &str) -> bool {
        self.wrong.iter().any(|wrong| wrong.starts_with(path))
    }

    /// Returns the line of the key with this path or, if the key is missing, of the table around it.
    pub(super) fn line(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(offset) = self.offsets.get(path) {
                return self.line_at(*offset);
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = path.get(..end).unwrap_or_default(),
                None => return 1,
            }
        }
    }

    fn line_at(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    fn object(&mut self, path: &str, table: DeTable<'_>) -> Value {
        let mut object = Map::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let path = join(path, &name);
            self.offsets.insert(path.clone(), key.span().start);
            let value = self.value(&path, value);
            object.insert(name, value);
        }
        Value::Object(object)
    }

    fn value(&mut self, path: &str, value: Spanned<DeValue<'_>>) -> Value {
        match value.into_inner() {
            // TOML has no null.
            DeValue::String(text) if text == "never" && path.ends_with(".expires_at") => {
                Value::Null
            }
            DeValue::String(text) => Value::from(text.into_owned()),
            // The value of a number does not matter, because no key has a number.
            DeValue::Integer(_) | DeValue::Float(_) => Value::from(0),
            DeValue::Boolean(value) => Value::from(value),
            DeValue::Datetime(time) if path.ends_with(".expires_at") => {
                Value::from(time.to_string())
            }
            DeValue::Datetime(_) => Value::Null,
            DeValue::Array(items) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    let path = format!("{path}[{index}]");
                    self.offsets.insert(path.clone(), item.span().start);
                    self.value(&path, item)
                });
                Value::Array(items.collect())
            }
            DeValue::Table(table) => self.object(path, table),
        }
    }
}

/// Returns a path without the indexes of tables: `account.server.name`.
pub(super) fn plain(path: &str) -> String {
    let parts = path.split('[');
    let parts = parts.map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    parts.collect()
}
