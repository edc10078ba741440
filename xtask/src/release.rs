//! Versions of releases: which are stable, and to which a document applies.

use std::fmt;

use anyhow::{Context, Result, ensure};
use pep440_rs::Version;
use serde::Deserialize;

/// Parses the version of a stable release.
pub(crate) fn stable(text: &str) -> Result<Version> {
    let version = text.parse().ok();
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let is_stable = |it: &Version| is_number && *it == it.only_release();
    version.filter(is_stable).with_context(|| {
        format!(
            "`{text}` must be the version of a stable release: numbers with dots, such as 3.2.2"
        )
    })
}

/// Returns the minor series of a version: `3.1.8` belongs to `3.1`.
fn series(version: &Version) -> Version {
    Version::new(version.release().iter().take(2))
}

/// Releases to which a document applies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Range {
    /// First release in the range.
    pub(crate) from: Version,
    /// First release after the range.
    pub(crate) before: Version,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {}, before {}", self.from, self.before)
    }
}

impl Range {
    pub(crate) fn has(&self, version: &Version) -> bool {
        *version >= self.from && *version < self.before
    }

    /// Returns the newest of the given releases that is in the range.
    pub(crate) fn newest(&self, releases: &[Version]) -> Option<Version> {
        releases.iter().filter(|it| self.has(it)).max().cloned()
    }

    /// Returns the last release of each minor series that is older than the series of a version, oldest first.
    pub(crate) fn older(&self, releases: &[Version], version: &Version) -> Vec<Version> {
        let before = |it: &&Version| self.has(it) && series(it) < series(version);
        let mut all: Vec<&Version> = releases.iter().filter(before).collect();
        all.sort();
        let mut older: Vec<Version> = Vec::new();
        for release in all {
            match older.last_mut() {
                Some(last) if series(last) == series(release) => *last = release.clone(),
                _ => older.push(release.clone()),
            }
        }
        older
    }
}

/// Splits `NAME@VERSION`.
pub(crate) fn named(text: &str) -> Result<(&str, Version)> {
    let (name, version) = text.split_once('@').with_context(|| {
        format!("`{text}` must have the form DOCUMENT@VERSION, such as airflow-3@3.2.2")
    })?;
    ensure!(!name.is_empty(), "`{text}` has no document before the `@`");
    Ok((name, stable(version)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn versions(text: &str) -> Vec<Version> {
        text.split(' ').map(|it| it.parse().unwrap()).collect()
    }

    #[test]
    fn versions_are_read_and_compared_as_numbers() {
        let mut sorted = versions("3.10.2 2.11.0 3.9 3.9.1 3.1.8");
        sorted.sort();
        assert_eq!(sorted, versions("2.11.0 3.1.8 3.9 3.9.1 3.10.2"));
        for unstable in ["3.0.0rc1", "1.10.9-bin", "3.0.0.post1", "3..1", "", "v3"] {
            assert!(stable(unstable).is_err(), "{unstable}");
        }
    }

    #[test]
    fn a_document_is_for_some_of_the_releases() {
        let range = Range {
            from: "2.5".parse().unwrap(),
            before: "3".parse().unwrap(),
        };
        let all = versions("3.0.0 2.11.2 2.11.1 2.10.5 2.10.4 2.9.3 2.5.3 2.5.0 2.4.3");
        let rows = [
            ("2.11.2", "2.5.3 2.9.3 2.10.5"),
            ("2.11.0", "2.5.3 2.9.3 2.10.5"),
            ("2.10.5", "2.5.3 2.9.3"),
            ("2.6.0", "2.5.3"),
        ];
        for (version, older) in rows {
            let version = version.parse().unwrap();
            assert_eq!(range.older(&all, &version), versions(older), "{version}");
        }
        assert_eq!(range.older(&all, &"2.5.3".parse().unwrap()), []);
        assert_eq!(range.newest(&all), Some("2.11.2".parse().unwrap()));
        assert_eq!(range.newest(&versions("3.0.0 2.4.3")), None);
        assert!(!range.has(&"3.0.0".parse().unwrap()));
    }

    #[test]
    fn documents_are_named_with_their_version() {
        let rows = [
            ("airflow-3@3.2.2", "airflow-3 3.2.2"),
            (
                "airflow-3",
                "`airflow-3` must have the form DOCUMENT@VERSION, such as airflow-3@3.2.2",
            ),
            ("@3.2.2", "`@3.2.2` has no document before the `@`"),
            (
                "airflow-3@3.3.0rc1",
                "`3.3.0rc1` must be the version of a stable release: numbers with dots, such as 3.2.2",
            ),
        ];
        for (text, expected) in rows {
            let found = match named(text) {
                Ok((name, version)) => format!("{name} {version}"),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected);
        }
    }
}
