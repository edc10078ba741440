//! Reads the successful response of an operation.

use openapiv3::{ReferenceOr, Response, StatusCode};

use super::body::{can_be_json, preferred};
use super::flat::Part;
use super::parameters::any;
use super::types::{Direction, Hint, Types};
use crate::catalog::TypeRef;
use crate::error::DocumentError;
use crate::openapi::{OperationAt, escape, unescape};

/// Successful response; all fields are empty if it has no content.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Type of the content, if the content is JSON.
    pub(super) ty: Option<TypeRef>,
    pub(super) media_types: Vec<String>,
    /// JSON pointer to the media types.
    pub(super) pointer: String,
}

/// Reads the successful response. If there are several, the first one with content is used.
pub(super) fn read<'a>(types: &mut Types<'a>, at: &OperationAt<'a>, hint: &Hint) -> Answer {
    let responses = &at.operation.responses.responses;
    let successes = responses
        .iter()
        .filter(|(status, _)| matches!(status, StatusCode::Code(200..=299) | StatusCode::Range(2)));
    let mut read = Vec::new();
    for (status, response) in successes {
        read.extend(resolve(
            types,
            response,
            format!("{}/responses/{status}", at.pointer()),
        ));
    }
    for (response, pointer) in &read {
        types.refused(&response.extensions, pointer);
    }
    let Some((response, pointer)) = read
        .into_iter()
        .find(|(response, _)| !response.content.is_empty())
    else {
        return Answer::default();
    };
    let pointer = format!("{pointer}/content");
    let media_types: Vec<String> = response.content.keys().cloned().collect();
    let ty = shape(types, response, &pointer, hint);
    Answer {
        ty,
        media_types,
        pointer,
    }
}

fn shape<'a>(
    types: &mut Types<'a>,
    response: &'a Response,
    pointer: &str,
    hint: &Hint,
) -> Option<TypeRef> {
    let (media_type, media) =
        preferred(response.content.iter()).filter(|(media_type, _)| can_be_json(media_type))?;
    let Some(schema) = &media.schema else {
        return Some(any());
    };
    let part = [Part::new(
        schema,
        format!("{pointer}/{}/schema", escape(media_type)),
        None,
    )];
    let flat = types.flat(&part);
    Some(types.type_of(&part, &flat, Direction::Output, &hint.of("response")))
}

fn resolve<'a>(
    types: &mut Types<'a>,
    response: &'a ReferenceOr<Response>,
    pointer: String,
) -> Option<(&'a Response, String)> {
    let reference = match response {
        ReferenceOr::Item(response) => return Some((response, pointer)),
        ReferenceOr::Reference { reference } => reference,
    };
    let name = reference
        .strip_prefix("#/components/responses/")
        .map(unescape);
    let components = types.spec.openapi.components.as_ref();
    let target = name.and_then(|name| components?.responses.get(&name)?.as_item());
    if target.is_none() {
        types.errors.push(DocumentError::Reference {
            file: types.spec.source.clone(),
            pointer,
            reference: reference.clone(),
        });
    }
    target.map(|response| (response, reference.trim_start_matches('#').to_owned()))
}
