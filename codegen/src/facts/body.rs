//! The request body: its members become parameters.

use openapiv3::{MediaType, ReferenceOr, RequestBody};

use super::flat::{Additional, Basic, Flat, Part};
use super::parameters::{any, whole_body};
use super::types::{Direction, Hint, Types, is_hidden, plain};
use crate::catalog::{Body, Parameter, Place, TypeKind};
use crate::error::DocumentError;
use crate::ident::{Taken, snake};
use crate::openapi::{OperationAt, escape, unescape};

/// Whether a media type is JSON.
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

/// `application/json`, else what is JSON in another name, else the first.
pub(super) fn preferred<'a, T>(
    content: impl Iterator<Item = (&'a String, T)>,
) -> Option<(&'a str, T)> {
    let mut content: Vec<(&str, T)> = content
        .map(|(media_type, media)| (media_type.as_str(), media))
        .collect();
    let index = content
        .iter()
        .position(|(media_type, _)| *media_type == "application/json")
        .or_else(|| {
            content
                .iter()
                .position(|(media_type, _)| is_json(media_type))
        });
    if content.is_empty() {
        None
    } else {
        Some(content.swap_remove(index.unwrap_or(0)))
    }
}

/// Reads the body and adds its members to the parameters.
pub(super) fn read<'a>(
    types: &mut Types<'a>,
    at: &OperationAt<'a>,
    hint: &Hint,
    parameters: &mut Vec<Parameter>,
) -> Option<Body> {
    let (body, pointer) = resolve(
        types,
        at.operation.request_body.as_ref()?,
        format!("{}/requestBody", at.pointer()),
    )?;
    let (media_type, media) = preferred(body.content.iter())?;
    let pointer = format!("{pointer}/content/{}", escape(media_type));
    let mut read = Body {
        media_type: media_type.to_owned(),
        required: body.required,
        fixed: Vec::new(),
    };
    let description = body
        .description
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let Some(schema) = &media.schema else {
        let ty = if is_json(media_type) {
            any()
        } else {
            plain(TypeKind::String)
        };
        parameters.push(whole_body(description, body.required, ty));
        return Some(read);
    };
    let part = [Part::new(schema, format!("{pointer}/schema"), None)];
    let flat = types.flat(&part);
    if is_json(media_type) && has_members(&flat) {
        members(types, &flat, media, hint, parameters, &mut read);
        return Some(read);
    }
    let description = if description.is_empty() {
        flat.description.clone()
    } else {
        description
    };
    // A body that can be `null` can be left out, which says the same.
    let mut ty = types.type_of(&part, &flat, Direction::Input, &hint.of("body"));
    ty.nullable &= body.required;
    if !is_json(media_type) && ty.kind != TypeKind::String {
        types.unsupported(
            &pointer,
            format!("a body of `{media_type}` that is no text"),
        );
    }
    let mut whole = whole_body(description, body.required, ty);
    whole.example = media.example.clone().or(flat.example);
    parameters.push(whole);
    Some(read)
}

fn resolve<'a>(
    types: &mut Types<'a>,
    body: &'a ReferenceOr<RequestBody>,
    pointer: String,
) -> Option<(&'a RequestBody, String)> {
    let reference = match body {
        ReferenceOr::Item(body) => return Some((body, pointer)),
        ReferenceOr::Reference { reference } => reference,
    };
    let name = reference
        .strip_prefix("#/components/requestBodies/")
        .map(unescape);
    let components = types.spec.openapi.components.as_ref();
    let target = name.and_then(|name| components?.request_bodies.get(&name)?.as_item());
    if target.is_none() {
        types.errors.push(DocumentError::Reference {
            file: types.spec.source.clone(),
            pointer,
            reference: reference.clone(),
        });
    }
    target.map(|body| (body, reference.trim_start_matches('#').to_owned()))
}

/// Whether it is one object whose members all have names: only then they can be arguments.
fn has_members(flat: &Flat<'_>) -> bool {
    let object = flat.basic.is_none_or(|basic| basic == Basic::Object)
        && flat.union.is_empty()
        && flat.values.is_none();
    object
        && (matches!(flat.additional, Additional::Closed)
            || (matches!(flat.additional, Additional::Unsaid) && !flat.properties.is_empty()))
}

fn members<'a>(
    types: &mut Types<'a>,
    flat: &Flat<'a>,
    media: &MediaType,
    hint: &Hint,
    parameters: &mut Vec<Parameter>,
    body: &mut Body,
) {
    for (pointer, construct) in &flat.unsupported {
        types.unsupported(pointer, construct.clone());
    }
    let mut taken = Taken::default();
    for parameter in parameters.iter() {
        taken.take(&parameter.rust_name);
    }
    let examples = media.example.as_ref().or(flat.example.as_ref());
    for (name, parts) in &flat.properties {
        let inner = types.flat(parts);
        if is_hidden(&inner, Direction::Input) {
            continue;
        }
        let required = flat.required.contains(name);
        if let Some(constant) = inner.constant.clone().filter(|_| required) {
            body.fixed.push(((*name).to_owned(), constant));
            continue;
        }
        let ty = types.type_of(parts, &inner, Direction::Input, &hint.of(name));
        parameters.push(Parameter {
            name: (*name).to_owned(),
            rust_name: taken.take(&snake(name)),
            wire: (*name).to_owned(),
            place: Place::Body,
            description: inner.description,
            // A call without the body is a call without its members.
            required: required && body.required,
            secret: inner.write_only || ty.rules.format.as_deref() == Some("password"),
            default: inner.default,
            example: inner.example.or_else(|| {
                examples
                    .and_then(|examples| examples.get(*name))
                    .filter(|value| !value.is_null())
                    .cloned()
            }),
            or: None,
            when_omitted: None,
            hidden: false,
            since: None,
            ty,
        });
    }
}
