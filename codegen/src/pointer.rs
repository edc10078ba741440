//! Encodes and decodes the steps of JSON pointers (RFC 6901).

/// Encodes a name as a step of a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Decodes a step of a JSON pointer or reference.
pub(crate) fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}
