//! Conditions that texts of the allowlist must meet.

use crate::reader::Rule;

/// Text that can become part of the name of a module, a tool or a type.
pub(super) const NAME: Rule = Rule::Is(
    "a name of a-z, 0-9 and _ that begins with a letter",
    |text| is_name(text, '_'),
);

/// Name that can be converted to the name of a module. Different names give different modules.
pub(super) const MODULE_NAME: Rule = Rule::Is(
    "a name of a-z, 0-9 and - that begins with a letter",
    |text| is_name(text, '-'),
);

/// Text without line breaks.
pub(super) const LINE: Rule = Rule::Is("a text of one line", |text| !text.contains('\n'));

/// Path of a request.
pub(super) const PATH: Rule = Rule::Is("a path that begins with `/`", |text| text.starts_with('/'));

/// Base path of a document. The paths after it begin with `/`.
pub(super) const BASE_PATH: Rule = Rule::Is(
    "a path that begins with `/` and does not end with it",
    |text| text.starts_with('/') && !text.ends_with('/'),
);

/// JSON pointer into a response.
pub(super) const POINTER: Rule = Rule::Is("a JSON pointer, which begins with `/`", |text| {
    text.starts_with('/')
});

/// Version of an upstream or a component.
pub(super) const VERSION: Rule =
    Rule::Is("a version of numbers and dots, such as \"3.2\"", |text| {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        text.split('.').all(is_number)
    });

/// Name of an HTTP header.
pub(super) const HEADER: Rule = Rule::Is("a name of a header", is_token);

/// Text before a key in a header, separated by a space.
pub(super) const SCHEME: Rule = Rule::Is("a scheme without spaces, such as `Bearer`", is_token);

/// Regular expression that the generated code can compile.
pub(super) const REGEX: Rule = Rule::Is("a regular expression", |text| {
    regex_lite::Regex::new(text).is_ok()
});

/// Pattern of tool names for a method.
pub(super) const TOOL_PATTERN: Rule =
    Rule::Is("a pattern with `{resource}` and no other braces", |text| {
        has_placeholders(text, &["{resource}"])
    });

/// Pattern of tool names for other verbs.
pub(super) const VERB_PATTERN: Rule = Rule::Is(
    "a pattern with `{verb}`, `{resource}` and no other braces",
    |text| has_placeholders(text, &["{verb}", "{resource}"]),
);

/// Location of a parameter in a request.
pub(super) const LOCATION: Rule =
    Rule::OneOf("location", &["path", "query", "header", "cookie", "body"]);

/// Location of a parameter whose history is recorded.
pub(super) const DATED_LOCATION: Rule = Rule::OneOf("location", &["query", "header", "body"]);

/// Location of the parameters of a pagination style.
pub(super) const PAGE_LOCATION: Rule = Rule::OneOf("location", &["query", "body"]);

/// Serialization of several names in a string.
pub(super) const STYLE: Rule = Rule::OneOf("style", &["comma", "space", "pipe"]);

/// Change of the effect that follows from the HTTP method.
pub(super) const EFFECT: Rule = Rule::OneOf(
    "effect",
    &[
        "destructive",
        "not_idempotent",
        "not_read_only",
        "read_only",
    ],
);

/// Format of a response that is not JSON.
pub(super) const RESPONSE_FORMAT: Rule = Rule::OneOf("response format", &["text", "ndjson", "log"]);

/// Error code that a hint can set.
pub(super) const ERROR_CODE: Rule = Rule::OneOf(
    "error code",
    &[
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
    ],
);

fn is_name(text: &str, separator: char) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == separator;
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_part)
}

/// Returns whether a text is a token as defined by HTTP (RFC 9110).
fn is_token(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_part)
}

fn has_placeholders(text: &str, placeholders: &[&str]) -> bool {
    let without = |rest: String, placeholder: &&str| rest.replacen(placeholder, "", 1);
    let rest = placeholders.iter().fold(text.to_owned(), without);
    placeholders.iter().all(|it| text.contains(it)) && !rest.contains(['{', '}'])
}
