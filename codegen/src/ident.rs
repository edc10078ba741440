//! Makes Rust identifiers from the names in a document. No other module of this crate does this.
//!
//! Every result is ASCII, compiles without `r#` and follows Rust's naming lints. Different names can give the same identifier; [`Taken`] numbers such identifiers in the order in which they are taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use mcp_schema::names::{GENERATED_TYPES, KEYWORDS};

/// Makes the name of a field, argument or module: `dag_run_id`, `type_`, `_2xx`.
#[must_use]
pub fn snake(name: &str) -> String {
    let mut ident = words(name).join("_").to_lowercase();
    if ident.starts_with(|c: char| c.is_ascii_digit()) {
        ident.insert(0, '_');
    }
    if KEYWORDS.contains(&ident.as_str()) {
        ident.push('_');
    }
    ident
}

/// Makes the name of a struct or enum: `DagRunResponse`. A name that generated code already uses gets the suffix `Type`.
#[must_use]
pub fn type_name(name: &str) -> String {
    let mut ident = pascal(name);
    if GENERATED_TYPES.contains(&ident.as_str()) {
        ident.push_str("Type");
    }
    ident
}

/// Makes the name of an enum variant: `UpForRetry`, `N1`, `MinusId` for `-id`.
#[must_use]
pub fn variant(name: &str) -> String {
    let ident = pascal(name);
    if ident == "Self" {
        "SelfValue".to_owned()
    } else {
        ident
    }
}

/// Identifiers that are in use in one scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    own: BTreeSet<String>,
    /// Identifiers of the enclosing scope.
    outer: Option<Arc<Taken>>,
}

impl Taken {
    /// Makes an empty scope inside another scope.
    #[must_use]
    pub fn over(outer: &Arc<Self>) -> Self {
        Self {
            own: BTreeSet::new(),
            outer: Some(Arc::clone(outer)),
        }
    }

    /// Takes `ident`, or the first of `ident2`, `ident3`, … that is free (`ident_2` if it ends in a digit).
    pub fn take(&mut self, ident: &str) -> String {
        let separator = if ident.ends_with(|c: char| c.is_ascii_digit()) {
            "_"
        } else {
            ""
        };
        let mut free = ident.to_owned();
        let mut number = 2;
        while self.has(&free) {
            free = format!("{ident}{separator}{number}");
            number += 1;
        }
        self.own.insert(free.clone());
        free
    }

    /// Returns whether `ident` is in use.
    #[must_use]
    pub fn has(&self, ident: &str) -> bool {
        self.own.contains(ident) || self.outer.as_ref().is_some_and(|outer| outer.has(ident))
    }
}

fn pascal(name: &str) -> String {
    let mut ident = String::with_capacity(name.len());
    for word in words(name) {
        // A digit on both sides needs a separator, so that `ident_2` does not become `ident2`.
        if word.starts_with(|c: char| c.is_ascii_digit())
            && ident.ends_with(|c: char| c.is_ascii_digit())
        {
            ident.push('N');
        }
        let lower = if word.chars().any(|c| c.is_ascii_lowercase()) {
            word
        } else {
            word.to_lowercase()
        };
        let mut chars = lower.chars();
        ident.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        ident.push_str(chars.as_str());
    }
    if ident.starts_with(|c: char| c.is_ascii_digit()) {
        ident.insert(0, 'N');
    }
    ident
}

/// Splits a name into words; the result is never empty.
///
/// A word ends at punctuation, and where an upper-case letter follows a lower-case one. A leading sign is a word, because `id` and `-id` are two ways to sort. A name of only punctuation is spelled out.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    match name.chars().next() {
        Some('-') if name.len() > 1 => words.push("minus".to_owned()),
        Some('+') if name.len() > 1 => words.push("plus".to_owned()),
        _ => {}
    }
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let before = i
            .checked_sub(1)
            .and_then(|i| chars.get(i))
            .copied()
            .unwrap_or(' ');
        let after = chars.get(i + 1).copied().unwrap_or(' ');
        let humps = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        let separator = c.is_ascii() && !c.is_ascii_alphanumeric();
        if humps || separator {
            words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else if !c.is_ascii() {
            // Which characters an identifier can have depends on Unicode tables. Code point numbers are always valid.
            word.push_str(&format!("u{:x}", u32::from(c)));
        }
    }
    words.extend(Some(word).filter(|w| !w.is_empty()));
    let spelled = words.iter().all(|w| w == "minus" || w == "plus");
    if spelled {
        words = name.chars().map(symbol).collect();
    }
    if words.is_empty() {
        words.push("empty".to_owned());
    }
    words
}

fn symbol(c: char) -> String {
    let word = match c {
        '-' => "minus",
        '+' => "plus",
        '*' => "star",
        '~' => "tilde",
        '<' => "less",
        '>' => "greater",
        '=' => "equal",
        '!' => "not",
        '/' => "slash",
        '.' => "dot",
        '%' => "percent",
        '$' => "dollar",
        '@' => "at",
        '_' => "underscore",
        ' ' => "space",
        _ => return format!("u{:x}", u32::from(c)),
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        // name, field, type, variant
        let rows = [
            ("dag_run_id", "dag_run_id", "DagRunId", "DagRunId"),
            ("dagRunId", "dag_run_id", "DagRunId", "DagRunId"),
            (
                "DAGRunResponse",
                "dag_run_response",
                "DagRunResponse",
                "DagRunResponse",
            ),
            (
                "HTTPValidationError",
                "http_validation_error",
                "HttpValidationError",
                "HttpValidationError",
            ),
            (
                "BulkBody_BulkDAGRunBody_",
                "bulk_body_bulk_dag_run_body",
                "BulkBodyBulkDagRunBody",
                "BulkBodyBulkDagRunBody",
            ),
            (
                "Connection-Test-Token",
                "connection_test_token",
                "ConnectionTestToken",
                "ConnectionTestToken",
            ),
            ("type", "type_", "Type", "Type"),
            ("gen", "gen_", "Gen", "Gen"),
            ("Type", "type_", "Type", "Type"),
            ("self", "self_", "SelfType", "SelfValue"),
            ("option", "option", "OptionType", "Option"),
            ("none", "none", "NoneType", "None"),
            ("__type", "type_", "Type", "Type"),
            ("2xx", "_2xx", "N2xx", "N2xx"),
            ("3", "_3", "N3", "N3"),
            ("1.10", "_1_10", "N1N10", "N1N10"),
            ("v1.2", "v1_2", "V1N2", "V1N2"),
            ("sha256_1", "sha256_1", "Sha256N1", "Sha256N1"),
            ("UPPER_CASE", "upper_case", "UpperCase", "UpperCase"),
            (
                "-start_date",
                "minus_start_date",
                "MinusStartDate",
                "MinusStartDate",
            ),
            ("+1", "plus_1", "Plus1", "Plus1"),
            ("roles.name", "roles_name", "RolesName", "RolesName"),
            ("a b\tc", "a_b_c", "ABC", "ABC"),
            ("", "empty", "Empty", "Empty"),
            ("~", "tilde", "Tilde", "Tilde"),
            ("*", "star", "Star", "Star"),
            (">=", "greater_equal", "GreaterEqual", "GreaterEqual"),
            ("-", "minus", "Minus", "Minus"),
            ("--", "minus_minus", "MinusMinus", "MinusMinus"),
            ("é", "ue9", "Ue9", "Ue9"),
            ("中文", "u4e2du6587", "U4e2du6587", "U4e2du6587"),
            ("naïve", "nauefve", "Nauefve", "Nauefve"),
            ("😀", "u1f600", "U1f600", "U1f600"),
        ];
        let made: Vec<_> = rows
            .iter()
            .map(|(name, ..)| (*name, snake(name), type_name(name), variant(name)))
            .collect();
        let expected: Vec<_> = rows
            .map(|(name, field, ty, variant)| {
                (name, field.to_owned(), ty.to_owned(), variant.to_owned())
            })
            .to_vec();
        assert_eq!(made, expected);
    }

    #[test]
    fn collisions_are_numbered_in_order() {
        let mut taken = Taken::default();
        let made: Vec<String> = ["a", "a", "b1", "b1", "a2", "a"]
            .iter()
            .map(|ident| taken.take(ident))
            .collect();
        assert_eq!(made, ["a", "a2", "b1", "b1_2", "a2_2", "a3"]);
    }
}
