//! Decides the format of a response: the format of the allowlist, in a media type that the document has. A response that no tool can read is rejected.

use crate::allowlist::tools::DeclaredFormat;
use crate::catalog::{Content, Parts, TypeKind};
use crate::diagnostic::{Error, LowerDiagnostic};
use crate::error::DocumentError;
use crate::facts::Facts;
use crate::input::Parsed;

use super::operation::Scope;

/// Returns the response format of a tool.
pub(super) fn content(
    parsed: &Parsed,
    scope: Scope<'_>,
    facts: &Facts,
    parts: Option<Parts>,
    errors: &mut Vec<Error>,
) -> Content {
    let Some(answer) = &scope.entry.response_format else {
        check(parsed, scope, facts, errors);
        return Content::Json;
    };
    let found = match answer.value {
        // The text form of a log is already clean, so it is preferred.
        DeclaredFormat::Log => {
            find(facts, DeclaredFormat::Text).or_else(|| find(facts, DeclaredFormat::Log))
        }
        answer => find(facts, answer),
    };
    let Some(accept) = found.map(str::to_owned) else {
        let diagnostic = LowerDiagnostic::FormatMismatch {
            operation: scope.operation_id().to_owned(),
            document: scope.document().to_owned(),
            format: match answer.value {
                DeclaredFormat::Text => "text",
                DeclaredFormat::Lines => "lines of JSON",
                DeclaredFormat::Log => "text or JSON",
            },
        };
        scope.error(errors, answer.line, diagnostic);
        return Content::Json;
    };
    match answer.value {
        DeclaredFormat::Text => Content::Text { accept },
        DeclaredFormat::Lines => Content::Lines { accept },
        DeclaredFormat::Log => {
            if scope.entry.method.value != "list" {
                let key = "response_format: log";
                scope.error(errors, answer.line, LowerDiagnostic::ListOnly { key });
            }
            Content::Log { accept, parts }
        }
    }
}

/// Checks a response without a declared format: it must be JSON, unless the response is never read.
fn check(parsed: &Parsed, scope: Scope<'_>, facts: &Facts, errors: &mut Vec<Error>) {
    let binding = scope.operation.binding;
    if binding.read_back.is_some() && facts.http != "delete" {
        return;
    }
    let spec = scope.operation.spec;
    match other_than_json(&spec.source, facts) {
        Ok(None) => {}
        Ok(Some(answer)) => {
            let diagnostic = LowerDiagnostic::MissingFormat {
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                media: facts.response_media.join("`, `"),
                format: answer.word(),
            };
            scope.error(errors, binding.operation.line, diagnostic);
        }
        Err(error) => {
            let line = parsed.operation_line(spec, &facts.operation_id);
            let error = Error::new(&spec.source, line, error);
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
    }
}

/// Returns the format of the response of an operation, if it is not JSON.
pub(crate) fn other_than_json(
    source: &str,
    facts: &Facts,
) -> Result<Option<DeclaredFormat>, DocumentError> {
    let media = &facts.response_media;
    let refused = |construct: String| DocumentError::Unsupported {
        file: source.to_owned(),
        pointer: facts.response_pointer.clone(),
        construct,
    };
    if let Some(ty) = &facts.response {
        let bytes = ty.kind == TypeKind::String && ty.rules.format.as_deref() == Some("binary");
        return match bytes {
            true => Err(refused("a response of `format: binary`".to_owned())),
            false => Ok(None),
        };
    }
    if media.is_empty() {
        return Ok(None);
    }
    let mut others = [DeclaredFormat::Lines, DeclaredFormat::Text].into_iter();
    match others.find(|answer| find(facts, *answer).is_some()) {
        Some(answer) => Ok(Some(answer)),
        None => Err(refused(format!("a response of `{}`", media.join("`, `")))),
    }
}

/// Returns the media type in which an operation offers a response format.
fn find(facts: &Facts, answer: DeclaredFormat) -> Option<&str> {
    let mut media = facts.response_media.iter().map(String::as_str);
    media.find(|media| match answer {
        DeclaredFormat::Text => is_text(media),
        DeclaredFormat::Lines => is_lines(media),
        DeclaredFormat::Log => media.contains("json"),
    })
}

/// Returns whether a media type is text for people. Types outside `text/` are listed by name.
fn is_text(media: &str) -> bool {
    const OTHERS: [&str; 4] = [
        "application/toml",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
    ];
    let essence = media.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/") || OTHERS.contains(&essence)
}

/// Returns whether a media type has one JSON value on each line.
fn is_lines(media: &str) -> bool {
    media.contains("ndjson") || media.contains("jsonl")
}
