//! Compares versions of releases: which are stable, which is newer, and to which a document applies.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// Version of a stable release: numbers separated by dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Version(Vec<u32>);

impl FromStr for Version {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let number = |part: &str| digits(part).then(|| part.parse().ok())?;
        let numbers: Option<Vec<u32>> = text.split('.').map(number).collect();
        let numbers = numbers.with_context(|| {
            format!(
                "`{text}` is no version of a stable release; it is numbers with dots, such as 3.2.2"
            )
        })?;
        Ok(Self(numbers))
    }
}

impl TryFrom<String> for Version {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

impl Version {
    /// Returns the minor series of the version: `3.1.8` belongs to `3.1`.
    fn series(&self) -> Self {
        Self(self.0.iter().take(2).copied().collect())
    }
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
        let before = |it: &&Version| self.has(it) && it.series() < version.series();
        let mut all: Vec<&Version> = releases.iter().filter(before).collect();
        all.sort();
        let mut older: Vec<Version> = Vec::new();
        for release in all {
            match older.last_mut() {
                Some(last) if last.series() == release.series() => *last = release.clone(),
                _ => older.push(release.clone()),
            }
        }
        older
    }
}

/// Splits `NAME@VERSION`.
pub(crate) fn named(text: &str) -> Result<(&str, Version)> {
    let (name, version) = text
        .split_once('@')
        .with_context(|| format!("`{text}` is no DOCUMENT@VERSION, such as airflow-3@3.2.2"))?;
    ensure!(!name.is_empty(), "`{text}` names no document");
    Ok((name, version.parse()?))
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
            assert!(unstable.parse::<Version>().is_err(), "{unstable}");
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
                "`airflow-3` is no DOCUMENT@VERSION, such as airflow-3@3.2.2",
            ),
            ("@3.2.2", "`@3.2.2` names no document"),
            (
                "airflow-3@3.3.0rc1",
                "`3.3.0rc1` is no version of a stable release; it is numbers with dots, such as 3.2.2",
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
