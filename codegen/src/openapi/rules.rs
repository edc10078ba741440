//! Selects the rules that a type can have, and describes all other constraints in words.

use super::flat::Flat;
use super::names::Direction;
use crate::catalog::{Rules, TypeKind, TypeRef};

/// Returns the description of a schema. If the value is sent, constraints that no rule can express are appended.
pub(super) fn described(flat: &Flat<'_>, direction: Direction) -> String {
    let mut description = flat.description.clone();
    if direction == Direction::Input {
        let numbers = flat.values.iter().flatten().filter(|it| !it.is_null());
        let numbers: Vec<String> = match flat.values.iter().flatten().all(|it| !it.is_string()) {
            true => numbers.map(ToString::to_string).collect(),
            false => Vec::new(),
        };
        let one_of =
            (!numbers.is_empty()).then(|| format!("Must be one of {}.", numbers.join(", ")));
        for note in flat.notes.iter().chain(&one_of) {
            if !description.is_empty() {
                description.push(' ');
            }
            description.push_str(note);
        }
    }
    description
}

/// Returns whether a value does not occur in a direction: read-only values are never sent, write-only values are never received.
pub(super) fn is_hidden(flat: &Flat<'_>, direction: Direction) -> bool {
    match direction {
        Direction::Input => flat.read_only,
        Direction::Output => flat.write_only,
    }
}

/// Removes all rules. Members that are not listed in `properties` cannot have rules; servers check them.
pub(super) fn without_rules(ty: TypeRef) -> TypeRef {
    let kind = match ty.kind {
        TypeKind::Array(items) => TypeKind::Array(Box::new(without_rules(*items))),
        kind => kind,
    };
    TypeRef {
        kind,
        nullable: ty.nullable,
        rules: Rules::default(),
    }
}

/// Keeps the rules of strings, except those that no string can satisfy: these are mistakes in the document.
pub(super) fn only_strings(rules: Rules) -> Rules {
    let is_stated = |text: &String| !text.is_empty();
    let possible = rules
        .max_length
        .is_none_or(|max| rules.min_length.is_none_or(|min| min <= max));
    Rules {
        format: rules.format.filter(is_stated),
        pattern: rules.pattern.filter(is_stated),
        min_length: rules.min_length.filter(|_| possible),
        max_length: rules.max_length.filter(|_| possible),
        ..Rules::default()
    }
}

/// Keeps the rules of numbers, unless no number can satisfy them.
pub(super) fn only_numbers(rules: Rules) -> Rules {
    let low = rules.minimum.as_ref().or(rules.exclusive_minimum.as_ref());
    let low = low.and_then(serde_json::Number::as_f64);
    let high = rules.maximum.as_ref().and_then(serde_json::Number::as_f64);
    if low.zip(high).is_some_and(|(low, high)| low > high) {
        return Rules::default();
    }
    Rules {
        minimum: rules.minimum,
        maximum: rules.maximum,
        exclusive_minimum: rules.exclusive_minimum,
        ..Rules::default()
    }
}

/// Keeps the rules of integers, except limits that no 64-bit integer reaches.
pub(super) fn only_integers(rules: Rules) -> Rules {
    let rules = only_numbers(rules);
    let reached = |limit: &serde_json::Number| limit.is_i64();
    Rules {
        minimum: rules.minimum.filter(reached),
        maximum: rules.maximum.filter(reached),
        ..Rules::default()
    }
}
