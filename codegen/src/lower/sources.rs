//! Reads the operations that accompany a write: the one whose response is merged with the body, and the one whose response is returned instead of that of the write.

use crate::catalog::Place;
use crate::diagnostic::{Error, LowerDiagnostic, SelectDiagnostic, nearest};
use crate::facts::Facts;
use crate::input::Parsed;
use crate::reader::Located;

use super::answer::other_than_json;
use super::operation::{Scope, read};

/// Checks that an operation with `merge_from` has a body, and that an operation with `read_back` is a write.
pub(super) fn check(scope: Scope<'_>, facts: &Facts, errors: &mut Vec<Error>) {
    let binding = scope.operation.binding;
    let merge = binding.merge_from.as_ref().filter(|_| facts.body.is_none());
    let read_back = binding
        .read_back
        .as_ref()
        .map(|read_back| &read_back.operation);
    let read_back = read_back.filter(|_| facts.http == "get");
    let found = [
        ("merge_from", "send a body", merge),
        ("read_back", "write something that can be read", read_back),
    ];
    for (key, does, id) in found {
        let Some(id) = id else {
            continue;
        };
        let diagnostic = LowerDiagnostic::NothingToRead {
            key,
            does,
            operation: scope.operation_id().to_owned(),
            document: scope.document().to_owned(),
            http: facts.http.to_uppercase(),
        };
        scope.error(errors, id.line, diagnostic);
    }
}

/// Returns the operation whose response is merged with the body, if there is one.
pub(super) fn merge(
    parsed: &Parsed,
    scope: Scope<'_>,
    facts: &Facts,
    errors: &mut Vec<Error>,
) -> Option<Facts> {
    let id = scope.operation.binding.merge_from.as_ref()?;
    let source = source(parsed, scope, "merge_from", id, errors)?;
    filled(scope, "merge_from", id, &source.path, facts, false, errors).then_some(source)
}

/// Returns the path that is read back, if there is one, and what the document says about its operation.
pub(super) fn read_back(
    parsed: &Parsed,
    scope: Scope<'_>,
    facts: &Facts,
    errors: &mut Vec<Error>,
) -> Option<(String, Facts)> {
    let wanted = scope.operation.binding.read_back.as_ref()?;
    for name in &wanted.ignore {
        let mut members = facts.parameters.iter();
        if !members.any(|it| it.place == Place::Body && it.wire == name.value) {
            let diagnostic = LowerDiagnostic::NoEffect {
                what: format!("`{}` in `ignore` of `read_back`", name.value),
                document: scope.document().to_owned(),
            };
            scope.error(errors, name.line, diagnostic);
        }
    }
    let source = source(parsed, scope, "read_back", &wanted.operation, errors)?;
    let mut path = source.path.clone();
    if let Some(member) = &wanted.member {
        match placeholders(&path).as_slice() {
            [only] if *only != member.value => {
                path = path.replace(&format!("{{{only}}}"), &format!("{{{}}}", member.value));
            }
            [_] => {
                let diagnostic = LowerDiagnostic::NoEffect {
                    what: "`member` of `read_back`".to_owned(),
                    document: scope.document().to_owned(),
                };
                scope.error(errors, member.line, diagnostic);
            }
            _ => {
                let reason =
                    "`member` requires an operation with exactly one path parameter".to_owned();
                let diagnostic = unsuitable(scope, "read_back", &wanted.operation, reason);
                scope.error(errors, member.line, diagnostic);
                return None;
            }
        }
    }
    filled(
        scope,
        "read_back",
        &wanted.operation,
        &path,
        facts,
        true,
        errors,
    )
    .then_some((path, source))
}

/// Reads the operation whose response another operation uses.
fn source(
    parsed: &Parsed,
    scope: Scope<'_>,
    key: &'static str,
    id: &Located<String>,
    errors: &mut Vec<Error>,
) -> Option<Facts> {
    let spec = scope.operation.spec;
    let operations = spec.operations();
    let Some(operation) = operations.iter().find(|operation| operation.id == id.value) else {
        let diagnostic = SelectDiagnostic::UnknownOperation {
            operation: id.value.clone(),
            document: spec.name.clone(),
            nearest: nearest(&id.value, operations.iter().map(|other| other.id.as_str())),
        };
        scope.error(errors, id.line, diagnostic);
        return None;
    };
    if operation.http != "get" {
        let reason = format!("it is a {}, not a GET", operation.http.to_uppercase());
        scope.error(errors, id.line, unsuitable(scope, key, id, reason));
        return None;
    }
    let source = read(parsed, scope, &id.value, errors)?;
    if !matches!(other_than_json(&spec.source, &source), Ok(None)) {
        let reason = format!(
            "it returns `{}`, not JSON",
            source.response_media.join("`, `")
        );
        scope.error(errors, id.line, unsuitable(scope, key, id, reason));
        return None;
    }
    Some(source)
}

fn unsuitable(
    scope: Scope<'_>,
    key: &'static str,
    id: &Located<String>,
    reason: String,
) -> LowerDiagnostic {
    LowerDiagnostic::UnsuitableOperation {
        key,
        operation: id.value.clone(),
        document: scope.document().to_owned(),
        reason,
    }
}

/// Returns whether each placeholder in the path of a source has a value.
fn filled(
    scope: Scope<'_>,
    key: &'static str,
    id: &Located<String>,
    path: &str,
    facts: &Facts,
    body: bool,
    errors: &mut Vec<Error>,
) -> bool {
    for placeholder in placeholders(path) {
        let known = facts.parameters.iter().any(|parameter| {
            let place = match parameter.place {
                Place::Path { .. } => true,
                Place::Body => body,
                _ => false,
            };
            place && parameter.wire == placeholder
        });
        if !known {
            let from = if body {
                " or body member; name the body member in `member`"
            } else {
                ""
            };
            let reason = format!(
                "its path needs `{placeholder}`, but operation `{}` has no such path parameter{from}",
                scope.operation_id()
            );
            scope.error(errors, id.line, unsuitable(scope, key, id, reason));
            return false;
        }
    }
    true
}

/// Returns the names in braces in a path.
pub(super) fn placeholders(path: &str) -> Vec<&str> {
    let parts = path.split('{').skip(1);
    parts
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}
