//! Reads and writes `specs/sources.lock`, which states from which release each document was taken. Writing keeps the author's comments and order.

use anyhow::{Context, Result};
use pep440_rs::Version;
use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::release::Range;

/// File, relative to the workspace.
pub(crate) const LOCK: &str = "specs/sources.lock";

#[derive(Deserialize)]
struct Lock {
    document: Vec<Source>,
}

/// Document, and the package in which it was published.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Source {
    /// Name in `apis.yaml`.
    pub(crate) name: String,
    /// Python package that contains the document.
    pub(crate) package: String,
    /// Releases of the package to which the document applies.
    #[serde(flatten)]
    pub(crate) range: Range,
    /// Release from which the document was taken.
    pub(crate) version: Version,
    /// File name of the release's wheel.
    pub(crate) wheel: String,
    /// SHA-256 checksum of the wheel.
    pub(crate) wheel_sha256: String,
    /// Path of the document in the package.
    pub(crate) path: String,
    /// SHA-256 checksum of the document.
    pub(crate) sha256: String,
    /// Older releases with which the document is compared, oldest first; `None` if it has no history.
    pub(crate) older: Option<Vec<Version>>,
}

impl Source {
    /// Returns the path of the document in this repository, relative to the workspace.
    pub(crate) fn file(&self) -> String {
        format!("specs/openapi/{}.yaml", self.name)
    }

    /// Returns the older releases with which the document is compared.
    pub(crate) fn older(&self) -> &[Version] {
        self.older.as_deref().unwrap_or_default()
    }
}

/// Reads the text of the file.
pub(crate) fn read(text: &str) -> Result<Vec<Source>> {
    let lock: Lock = toml::from_str(text).with_context(|| format!("cannot read {LOCK}"))?;
    Ok(lock.document)
}

/// Returns the name and release of each document, also from a file that an older or newer version of this program wrote.
pub(crate) fn versions(text: &str) -> Vec<(String, String)> {
    let file: toml::Table = toml::from_str(text).unwrap_or_default();
    let documents = file.get("document").and_then(toml::Value::as_array);
    let text = |document: &toml::Value, key| {
        let value = document.get(key).and_then(toml::Value::as_str);
        value.map(str::to_owned)
    };
    let versions = documents.into_iter().flatten();
    let versions = versions.filter_map(|it| Some((text(it, "name")?, text(it, "version")?)));
    versions.collect()
}

/// Returns the text with other releases; everything else is unchanged.
pub(crate) fn write(text: &str, sources: &[Source]) -> Result<String> {
    let mut file: DocumentMut = text
        .parse()
        .with_context(|| format!("cannot read {LOCK}"))?;
    let documents = file
        .get_mut("document")
        .and_then(Item::as_array_of_tables_mut)
        .with_context(|| format!("{LOCK} has no [[document]]"))?;
    for source in sources {
        let is_it = |table: &&mut Table| {
            table.get("name").and_then(Item::as_str) == Some(source.name.as_str())
        };
        let table = documents
            .iter_mut()
            .find(is_it)
            .with_context(|| format!("{LOCK} has no document `{}`", source.name))?;
        let version = source.version.to_string();
        for (key, value) in [
            ("version", &version),
            ("wheel", &source.wheel),
            ("wheel_sha256", &source.wheel_sha256),
            ("path", &source.path),
            ("sha256", &source.sha256),
        ] {
            set(table, key, Value::from(value.as_str()));
        }
        if let Some(older) = &source.older {
            let older: Array = older.iter().map(Version::to_string).collect();
            set(table, "older", Value::Array(older));
        }
    }
    Ok(file.to_string())
}

/// Sets a value and keeps the formatting around it, such as a comment.
fn set(table: &mut Table, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(known) => {
            *value.decor_mut() = known.decor().clone();
            *known = value;
        }
        None => drop(table.insert(key, Item::Value(value))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const TEXT: &str = r#"# Where they come from.

# First.
[[document]]
name = "shop"
package = "p"
from = "1"
before = "2"
version = "1.2.3" # the newest
wheel = "w"
wheel_sha256 = "1"
path = "shop.yaml"
sha256 = "2"
older = ["1.0.1", "1.1.0"]

[[document]]
name = "other"
package = "q"
from = "1"
before = "2"
version = "1.0"
wheel = "w"
wheel_sha256 = "1"
path = "other.yaml"
sha256 = "2"
"#;

    #[test]
    fn only_the_release_changes() {
        let old = read(TEXT).unwrap();
        assert_eq!(write(TEXT, &old).unwrap(), TEXT);
        let mut new = old.clone();
        new[0].version = "1.1.1".parse().unwrap();
        new[0].path = "moved/shop.yaml".to_owned();
        new[0].older = Some(vec!["1.0.1".parse().unwrap()]);
        let text = write(TEXT, &new).unwrap();
        let expected = TEXT
            .replace("1.2.3", "1.1.1")
            .replace("\"shop.yaml", "\"moved/shop.yaml")
            .replace("\"1.0.1\", \"1.1.0\"", "\"1.0.1\"");
        assert_eq!(text, expected);
        assert_eq!(read(&text).unwrap(), new);
        assert_eq!(write(&text, &old).unwrap(), TEXT, "there and back");
    }

    #[test]
    fn an_empty_list_of_releases_differs_from_no_history() {
        let mut sources = read(TEXT).unwrap();
        sources[0].older = Some(Vec::new());
        let text = write(TEXT, &sources).unwrap();
        assert!(text.contains("older = []\n"), "{text}");
        assert_eq!(read(&text).unwrap(), sources);
    }
}
