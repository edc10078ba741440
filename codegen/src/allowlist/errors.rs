//! Errors of an API: where responses have their texts, and hints for known errors.

use crate::catalog::{ErrorShapes, Hint, ResponsePattern};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Entry, Map};
use crate::reader::{Located, Rule};

use super::rules::{ERROR_CODE, POINTER};

impl Entry for ErrorShapes {
    const NAME: &'static str = "`errors`";

    const RULES: &'static [(&'static str, Rule)] = &[("detail", POINTER), ("title", POINTER)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            detail: map.list("detail"),
            title: map.list("title"),
            hints: hints(map),
        }
    }
}

/// Reads hints, in the order in which they are tried.
pub(super) fn hints(map: &mut Map<'_, '_>) -> Vec<Hint> {
    let hints: Vec<Located<Hint>> = map.list("hints");
    check_shadowed_hints(map, &hints);
    hints.into_iter().map(|hint| hint.value).collect()
}

/// Reports general hints that shadow more specific ones: the first hint that matches a response is used.
fn check_shadowed_hints(map: &mut Map<'_, '_>, hints: &[Located<Hint>]) {
    for (index, general) in hints.iter().enumerate() {
        let pattern = &general.value.pattern;
        let special = hints[index + 1..].iter().find(|special| {
            let special = &special.value.pattern;
            special.status == pattern.status && special.contains.contains(&pattern.contains)
        });
        if let Some(special) = special {
            let special = special.line;
            map.error(general.line, ReadDiagnostic::ShadowedHint { special });
        }
    }
}

impl Entry for Hint {
    const NAME: &'static str = "a hint";

    const RULES: &'static [(&'static str, Rule)] = &[("code", ERROR_CODE)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            pattern: ResponsePattern::read(map),
            code: map.optional("code").unwrap_or_default(),
            hint: map.required("hint"),
        }
    }
}

impl Entry for ResponsePattern {
    const NAME: &'static str = "a response pattern";

    fn read(map: &mut Map<'_, '_>) -> Self {
        // Without the text, the pattern would match responses that it does not mean.
        map.discard_if_misspelled("contains");
        Self {
            status: map.required("status"),
            contains: map.optional("contains").unwrap_or_default(),
        }
    }
}
