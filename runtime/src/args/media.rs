//! Properties of bodies that follow from a media type or a shape.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::schema::{Kind, Shape};

/// Returns a media type without its parameters.
pub(crate) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Returns whether a media type is JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence.ends_with("/json") || essence.ends_with("+json")
}

/// Returns whether values of a shape are bytes, which JSON can only contain as base64.
pub(crate) fn is_file(shape: &Shape) -> bool {
    match shape.kind {
        Kind::String(rules) => rules.format == "binary",
        Kind::Array { items, .. } => is_file(items),
        _ => false,
    }
}

/// Decodes base64, which may contain white space.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).ok()
}
