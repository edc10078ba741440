//! Compares the findings of the rules with the exceptions in `tests/tidy.toml`. An exception without a finding is an error, so that the list only contains what still applies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Violation of a rule.
pub(crate) struct Finding {
    /// Key of the exception in `tests/tidy.toml` that allows the violation. Several findings can have one key.
    pub key: String,
    /// File and line, and the violation.
    pub message: String,
}

/// Exceptions of one rule: keys with reasons.
type Exceptions = BTreeMap<String, String>;

/// Exceptions by rule.
pub(crate) type Allowed = BTreeMap<String, Exceptions>;

const HEADER: &str = "# Exceptions from the rules of tests/tests/tidy.rs, each with its reason. An exception that no longer applies is an error.\n# `UPDATE_EXPECT=1 cargo test --package airflow-mcp-tests --test tidy` removes such exceptions, and adds new ones with the reason `TODO`, which somebody must replace.\n";

/// Reads the exceptions.
pub(crate) fn read(path: &Path) -> Allowed {
    let text = std::fs::read_to_string(path).unwrap();
    let rules: toml::Table = toml::from_str(&text).unwrap();
    let reasons = |rule: toml::Value| -> Exceptions {
        let rule = rule.as_table().unwrap().clone();
        let reason = |value: &toml::Value| value.as_str().unwrap().to_owned();
        rule.iter()
            .map(|(key, value)| (key.clone(), reason(value)))
            .collect()
    };
    rules
        .into_iter()
        .map(|(rule, exceptions)| (rule, reasons(exceptions)))
        .collect()
}

/// Writes the exceptions that the findings need. Known reasons are kept.
pub(crate) fn write(path: &Path, allowed: &Allowed, findings: &BTreeMap<&str, Vec<Finding>>) {
    let mut text = HEADER.to_owned();
    for (rule, findings) in findings {
        let keys: BTreeSet<&str> = findings.iter().map(|it| it.key.as_str()).collect();
        if keys.is_empty() {
            continue;
        }
        let known = allowed.get(*rule);
        writeln!(text, "\n[{rule}]").unwrap();
        for key in keys {
            let reason = known.and_then(|known| reason(known, key));
            writeln!(text, "{}", entry(key, reason.unwrap_or("TODO"))).unwrap();
        }
    }
    std::fs::write(path, text).unwrap();
}

/// Returns the reason of a key. A cycle that lost files keeps the reason of the larger one.
fn reason<'k>(known: &'k Exceptions, key: &str) -> Option<&'k str> {
    let parts: Vec<&str> = key.split(", ").collect();
    let covers = |other: &&String| {
        let others: Vec<&str> = other.split(", ").collect();
        parts.iter().all(|part| others.contains(part))
    };
    let found = known.get(key);
    found
        .or_else(|| known.get(known.keys().find(covers)?))
        .map(String::as_str)
}

fn entry(key: &str, reason: &str) -> String {
    format!("{key:?} = {reason:?}")
}

/// Returns the necessary changes for one rule: findings that are not allowed, exceptions without a finding, and exceptions without a reason.
pub(crate) fn differences(allowed: Option<&Exceptions>, findings: &[Finding]) -> Vec<String> {
    let empty = Exceptions::new();
    let allowed = allowed.unwrap_or(&empty);
    let is_new = |finding: &&Finding| !allowed.contains_key(&finding.key);
    let mut differences: Vec<String> = Vec::new();
    for finding in findings.iter().filter(is_new) {
        let entry = entry(&finding.key, "the reason");
        differences.push(format!(
            "{}\n    to allow it, add: {entry}",
            finding.message
        ));
    }
    for (key, reason) in allowed {
        let entry = entry(key, reason);
        if !findings.iter().any(|finding| finding.key == *key) {
            differences.push(format!("remove, because it no longer applies: {entry}"));
        } else if reason.trim().is_empty() || reason.starts_with("TODO") {
            differences.push(format!("replace the reason of: {entry}"));
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_and_findings_must_agree() {
        let finding = |key: &str| Finding {
            key: key.to_owned(),
            message: format!("{key}:1: wrong"),
        };
        let exceptions = [("a", "It is."), ("b", "TODO"), ("c", "It was.")];
        let exceptions = exceptions.map(|(key, reason)| (key.to_owned(), reason.to_owned()));
        let allowed = Exceptions::from(exceptions);
        let found = differences(Some(&allowed), &[finding("a"), finding("b"), finding("d")]);
        assert_eq!(
            found,
            [
                "d:1: wrong\n    to allow it, add: \"d\" = \"the reason\"",
                "replace the reason of: \"b\" = \"TODO\"",
                "remove, because it no longer applies: \"c\" = \"It was.\"",
            ]
        );
        let known = Exceptions::from([("a, b, c".to_owned(), "It is.".to_owned())]);
        assert_eq!(reason(&known, "a, c"), Some("It is."));
        assert_eq!(reason(&known, "a, d"), None);
    }
}
