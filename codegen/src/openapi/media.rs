//! Media types of requests and responses.

use super::model::{MediaType, Referable, Section};

/// Media types of forms, in which each member is written as text or as a file.
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/// Kind of a media type, in the order in which they suit a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MediaKind {
    Json,
    /// JSON types with another name, such as `application/merge-patch+json`.
    OtherJson,
    /// A wildcard such as `*/*` accepts and can be JSON, because the request asks for JSON.
    Wildcard,
    UrlEncodedForm,
    MultipartForm,
    Text,
    Other,
}

impl MediaKind {
    pub(super) fn new(media_type: &str) -> Self {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        match essence {
            "application/json" => Self::Json,
            _ if essence.ends_with("+json") => Self::OtherJson,
            "*/*" | "application/*" => Self::Wildcard,
            _ if essence == FORMS[0] => Self::UrlEncodedForm,
            _ if essence == FORMS[1] => Self::MultipartForm,
            _ if essence.starts_with("text/") => Self::Text,
            _ => Self::Other,
        }
    }

    pub(super) fn is_form(self) -> bool {
        matches!(self, Self::UrlEncodedForm | Self::MultipartForm)
    }
}

/// Returns whether a media type is JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    MediaKind::new(media_type) <= MediaKind::OtherJson
}

/// Returns the media type that suits a tool best, or the first of several that suit equally well.
pub(super) fn preferred(content: &Section<MediaType>) -> Option<(&str, &Referable<MediaType>)> {
    let media = content.iter().map(|(name, media)| (name.as_str(), media));
    media.min_by_key(|(name, _)| MediaKind::new(name))
}
