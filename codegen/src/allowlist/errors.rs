//! Errors of an API: where responses have their texts, and hints for known errors.

use crate::catalog::{ErrorShapes, Hint, ResponsePattern};
use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Entry, Map};
use crate::reader::{FromYaml, Located, Reader};
use crate::yaml::Node;

use super::rules::POINTER;

/// Error codes that a hint can set.
const CODES: [&str; 14] = [
    "invalid_arguments",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "rejected",
    "not_applied",
    "rate_limited",
    "upstream_error",
    "unreachable",
    "timeout",
    "unexpected_response",
    "cancelled",
    "internal",
];

impl Entry for ErrorShapes {
    const NAME: &'static str = "`errors`";

    fn read(map: &mut Map<'_, '_>) -> Self {
        let mut pointers = |key| {
            let texts = map.texts(key, POINTER).into_iter();
            texts.map(|text| text.value).collect()
        };
        Self {
            detail: pointers("detail"),
            title: pointers("title"),
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

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            pattern: ResponsePattern::read(map),
            code: map
                .one_of("code", "error code", &CODES)
                .unwrap_or_default()
                .to_owned(),
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

/// Reads an HTTP status.
impl FromYaml for u16 {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Self> {
        let status = node.json().as_u64().and_then(|it| Self::try_from(it).ok());
        let status = status.filter(|status| (100..600).contains(status));
        if status.is_none() {
            let expected = "an HTTP status from 100 to 599";
            r.must_be(node.line, &format!("`{key}`"), expected);
        }
        status
    }
}
