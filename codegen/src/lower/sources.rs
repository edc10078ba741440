//! Reads the operations that accompany a write: the one whose response is merged with the body, and the one whose response is returned instead of that of the write.

use super::response_format::other_than_json;
use super::scope::Scope;
use crate::catalog::ParameterLocation;
use crate::diagnostic::LowerDiagnostic;
use crate::openapi::OperationFacts;
use crate::path::placeholders;
use crate::reader::Located;

/// Checks that an operation with `merge_from` has a body, and that an operation with `read_back` is a write.
pub(super) fn check(scope: Scope<'_>, facts: &OperationFacts) {
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
        scope.report(id.line, diagnostic);
    }
}

/// Returns the operation whose response is merged with the body, if there is one.
pub(super) fn merge(scope: Scope<'_>, facts: &OperationFacts) -> Option<OperationFacts> {
    let id = scope.operation.binding.merge_from.as_ref()?;
    let source = source(scope, "merge_from", id)?;
    filled(scope, "merge_from", id, &source.path, facts, false).then_some(source)
}

/// Returns the path that is read back, if there is one, and what the document says about its operation.
pub(super) fn read_back(
    scope: Scope<'_>,
    facts: &OperationFacts,
) -> Option<(String, OperationFacts)> {
    let wanted = scope.operation.binding.read_back.as_ref()?;
    for name in &wanted.ignore {
        let mut members = facts.parameters.iter();
        if !members.any(|it| it.location == ParameterLocation::Body && it.wire == name.value) {
            let what = format!("`{}` in `ignore` of `read_back`", name.value);
            scope.report_no_effect(name.line, what);
        }
    }
    let source = source(scope, "read_back", &wanted.operation)?;
    let mut path = source.path.clone();
    if let Some(member) = &wanted.member {
        match placeholders(&path).as_slice() {
            [only] if *only != member.value => {
                path = path.replace(&format!("{{{only}}}"), &format!("{{{}}}", member.value));
            }
            [_] => {
                scope.report_no_effect(member.line, "`member` of `read_back`".to_owned());
            }
            _ => {
                let reason = "`member` requires an operation with exactly one path parameter";
                let (id, reason) = (&wanted.operation, reason.to_owned());
                scope.report_unsuitable(member.line, "read_back", id, reason);
                return None;
            }
        }
    }
    filled(scope, "read_back", &wanted.operation, &path, facts, true).then_some((path, source))
}

/// Reads the operation whose response another operation uses.
fn source(scope: Scope<'_>, key: &'static str, id: &Located<String>) -> Option<OperationFacts> {
    let operation = scope.find(id)?;
    let reason = if operation.http == "get" {
        let source = scope.read(&id.value)?;
        let file = &scope.operation.document.source;
        if other_than_json(file, &source) == Ok(None) {
            return Some(source);
        }
        let media = source.response_media.join("`, `");
        format!("it returns `{media}`, not JSON")
    } else {
        format!("it is a {}, not a GET", operation.http.to_uppercase())
    };
    scope.report_unsuitable(id.line, key, id, reason);
    None
}

/// Returns whether each placeholder in the path of a source has a value.
fn filled(
    scope: Scope<'_>,
    key: &'static str,
    id: &Located<String>,
    path: &str,
    facts: &OperationFacts,
    is_body_used: bool,
) -> bool {
    let is_known = |name: &&str| {
        facts.parameters.iter().any(|parameter| {
            let is_used = match parameter.location {
                ParameterLocation::Path { .. } => true,
                ParameterLocation::Body => is_body_used,
                _ => false,
            };
            is_used && parameter.wire == **name
        })
    };
    let Some(missing) = placeholders(path).into_iter().find(|name| !is_known(name)) else {
        return true;
    };
    let more = match is_body_used {
        true => " or body member; name the body member in `member`",
        false => "",
    };
    let operation = scope.operation_id();
    let reason = format!(
        "its path needs `{missing}`, but operation `{operation}` has no such path parameter{more}"
    );
    scope.report_unsuitable(id.line, key, id, reason);
    false
}
