//! Reads the successful response of an operation.

use super::flat::Part;
use super::media::{MediaKind, preferred};
use super::parameters::OperationSource;
use super::types::{TypeReader, TypeUse};
use crate::catalog::{TypeKind, TypeRef};
use crate::pointer::escape;

/// Successful response; all fields are empty if it has no content.
#[derive(Debug, Default)]
pub(super) struct SuccessfulResponse {
    /// Type of the content, if the content is JSON.
    pub(super) ty: Option<TypeRef>,
    pub(super) media_types: Vec<String>,
    /// JSON pointer to the media types.
    pub(super) pointer: String,
}

/// Reads the successful response. If there are several, the first one with content is used.
pub(super) fn read<'a>(
    types: &mut TypeReader<'a>,
    source: &OperationSource<'a>,
    usage: &TypeUse,
) -> SuccessfulResponse {
    let mut responses = Vec::new();
    for (status, response) in &source.operation.responses {
        let pointer = format!("{}/responses/{status}", source.pointer);
        let components = &types.model.components.responses;
        match status.as_bytes() {
            [b'2', b'0'..=b'9', b'0'..=b'9'] | [b'2', b'X', b'X'] => {
                responses.extend(types.resolve(response, &pointer, "responses", components));
            }
            [b'1'..=b'5', _, _] | b"default" | [b'x', b'-', ..] => {}
            _ => types.invalid(&pointer, format!("`{status}` is not a status")),
        }
    }
    let with_content = responses
        .into_iter()
        .find(|(response, _)| !response.content.is_empty());
    let Some((response, pointer)) = with_content else {
        return SuccessfulResponse::default();
    };
    let pointer = format!("{pointer}/content");
    let media_types = response.content.keys().cloned().collect();
    let preferred = preferred(&response.content);
    let json = preferred.filter(|(name, _)| MediaKind::new(name) <= MediaKind::Wildcard);
    let ty = json.and_then(|(name, media)| {
        let pointer = format!("{pointer}/{}", escape(name));
        let Some(schema) = &types.item(media, &pointer)?.schema else {
            return Some(TypeKind::Any.into());
        };
        let part = [Part::new(schema, format!("{pointer}/schema"))];
        Some(types.inner(&part, &usage.inner("response")))
    });
    SuccessfulResponse {
        ty,
        media_types,
        pointer,
    }
}
