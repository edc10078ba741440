//! Errors of an API: where responses have their texts, and hints for known errors.

use crate::catalog::{ErrorShapes, Hint, ResponsePattern};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::Map;
use crate::reader::Located;

use super::rules::ERROR_CODE;

/// Reads `errors`.
pub(super) fn errors(map: &mut Map<'_, '_>) -> ErrorShapes {
    ErrorShapes {
        detail: map.list("detail"),
        title: map.list("title"),
        hints: hints(map),
    }
}

/// Reads hints, in the order in which they are tried.
pub(super) fn hints(map: &mut Map<'_, '_>) -> Vec<Hint> {
    let hints = map.entries("hints", "a hint", &[("code", ERROR_CODE)], hint);
    check_shadowed_hints(map, &hints);
    hints.into_iter().map(|hint| hint.value).collect()
}

fn hint(map: &mut Map<'_, '_>) -> Located<Hint> {
    let hint = Hint {
        pattern: pattern(map),
        code: map.optional("code").unwrap_or_default(),
        hint: map.required("hint"),
    };
    Located::new(map.line, hint)
}

/// Reads the pattern of a response.
pub(super) fn pattern(map: &mut Map<'_, '_>) -> ResponsePattern {
    // Without the text, the pattern would match responses that it does not mean.
    if map.has_similar("contains") {
        map.discard();
    }
    ResponsePattern {
        status: map.required("status"),
        contains: map.optional("contains").unwrap_or_default(),
    }
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
