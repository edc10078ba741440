//! Decides the format of a response: the format of the allowlist, in a media type that the document has. A response that no tool can read is rejected.

use super::scope::Scope;
use crate::allowlist::tools::DeclaredFormat;
use crate::catalog::{Parts, ResponseFormat, TypeKind};
use crate::diagnostic::LowerDiagnostic;
use crate::error::DocumentError;
use crate::openapi::OperationFacts;

/// Returns the response format of a tool.
pub(super) fn lower(
    scope: Scope<'_>,
    facts: &OperationFacts,
    parts: Option<Parts>,
) -> ResponseFormat {
    let Some(declared) = &scope.entry.response_format else {
        check(scope, facts);
        return ResponseFormat::Json;
    };
    let found = match declared.value {
        // The text form of a log is already clean, so it is preferred.
        DeclaredFormat::Log => {
            find(facts, DeclaredFormat::Text).or_else(|| find(facts, DeclaredFormat::Log))
        }
        format => find(facts, format),
    };
    let Some(accept) = found.map(str::to_owned) else {
        let diagnostic = LowerDiagnostic::FormatMismatch {
            operation: scope.operation_id().to_owned(),
            document: scope.document().to_owned(),
            format: match declared.value {
                DeclaredFormat::Text => "text",
                DeclaredFormat::Lines => "lines of JSON",
                DeclaredFormat::Log => "text or JSON",
            },
        };
        scope.report(declared.line, diagnostic);
        return ResponseFormat::Json;
    };
    match declared.value {
        DeclaredFormat::Text => ResponseFormat::Text { accept },
        DeclaredFormat::Lines => ResponseFormat::Lines { accept },
        DeclaredFormat::Log => {
            if scope.entry.method.value != "list" {
                let key = "response_format: log";
                scope.report(declared.line, LowerDiagnostic::ListOnly { key });
            }
            ResponseFormat::Log { accept, parts }
        }
    }
}

/// Checks a response without a declared format: it must be JSON, unless the response is never read.
fn check(scope: Scope<'_>, facts: &OperationFacts) {
    if scope.operation.binding.read_back.is_some() && facts.http != "delete" {
        return;
    }
    match other_than_json(&scope.operation.document.source, facts) {
        Ok(None) => {}
        Ok(Some(format)) => {
            let diagnostic = LowerDiagnostic::MissingFormat {
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                media: facts.response_media.join("`, `"),
                format: format.word(),
            };
            scope.report(scope.operation_line(), diagnostic);
        }
        Err(error) => scope.report_in_document(&facts.operation_id, error),
    }
}

/// Returns the format of the response of an operation, if it is not JSON.
pub(crate) fn other_than_json(
    source: &str,
    facts: &OperationFacts,
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
    match others.find(|format| find(facts, *format).is_some()) {
        Some(format) => Ok(Some(format)),
        None => Err(refused(format!("a response of `{}`", media.join("`, `")))),
    }
}

/// Returns the media type in which an operation offers a response format.
fn find(facts: &OperationFacts, format: DeclaredFormat) -> Option<&str> {
    let mut media = facts.response_media.iter().map(String::as_str);
    media.find(|media| match format {
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
