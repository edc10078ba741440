//! Reads the request body; its members become parameters.

use openapiv3::{MediaType, ReferenceOr, RequestBody};
use serde_json::Value;

use super::flat::{Additional, Basic, Flat, Part};
use super::objects::is_hidden;
use super::parameters::{any, argument, whole_body};
use super::rules::described;
use super::types::{Direction, Hint, Types, plain};
use crate::catalog::{Body, Parameter, Place, Separator, TypeKind};
use crate::error::DocumentError;
use crate::ident::{Taken, snake};
use crate::openapi::{OperationAt, escape, unescape};

/// Returns whether a response of this media type can be JSON. A wildcard such as `*/*` can, because the request asks for JSON.
pub(super) fn can_be_json(media_type: &str) -> bool {
    rank(media_type) <= 2
}

/// Returns whether a media type is JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

/// Media types of forms, in which each member is written as text or as a file.
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/// Returns how well a media type suits a tool; lower is better. The order is: JSON, other JSON types, wildcards, forms, text, everything else.
fn rank(media_type: &str) -> usize {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "application/json" => 0,
        _ if is_json(essence) => 1,
        "*/*" | "application/*" => 2,
        _ if essence == FORMS[0] => 3,
        _ if essence == FORMS[1] => 4,
        _ if essence.starts_with("text/") => 5,
        _ => 6,
    }
}

/// Returns the media type that suits a tool best, or the first of several that suit equally well.
pub(super) fn preferred<'a, T>(
    content: impl Iterator<Item = (&'a String, T)>,
) -> Option<(&'a str, T)> {
    content
        .map(|(media_type, media)| (media_type.as_str(), media))
        .min_by_key(|(media_type, _)| rank(media_type))
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
    types.refused(&body.extensions, &pointer);
    if at.http == "get" {
        // OpenAPI says that servers ignore the body of a GET request.
        if body.required {
            types.unsupported(&pointer, "a GET request with a body");
        }
        return None;
    }
    let (media_type, media) = preferred(body.content.iter())?;
    types.refused(&media.extensions, &pointer);
    let pointer = format!("{pointer}/content/{}", escape(media_type));
    // A wildcard media type accepts JSON.
    let media_type = match rank(media_type) {
        2 => "application/json",
        _ => media_type,
    };
    let is_form = FORMS.iter().any(|form| media_type.starts_with(form));
    let mut read = Body {
        media_type: media_type.to_owned(),
        required: body.required,
        fixed: Vec::new(),
        encoding: Vec::new(),
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
    let mut flat = types.flat(&part);
    if flat.has_more_than_alternatives() && !flat.mixed {
        flat = types.absorb(flat, 0);
    }
    if (is_json(media_type) || is_form) && has_members(&flat) {
        members(types, &flat, media, hint, parameters, &mut read);
        if is_form {
            read.encoding = encoding(types, media, &pointer);
            files(types, parameters);
        }
        let in_body = parameters.iter().any(|it| it.place == Place::Body);
        let says_something = in_body || !read.fixed.is_empty() || read.required;
        return says_something.then_some(read);
    }
    let description = if description.is_empty() {
        described(&flat, Direction::Input)
    } else {
        description
    };
    // An optional body that can be `null` can be omitted instead, with the same meaning.
    let mut ty = types.type_of(&part, &flat, Direction::Input, &hint.of("body"));
    ty.nullable &= body.required;
    let fits = match &ty.kind {
        _ if is_json(media_type) => true,
        TypeKind::String => true,
        // A body of unknown type is sent as bytes.
        TypeKind::Any if !is_form && rank(media_type) == 6 => {
            ty = plain(TypeKind::String);
            ty.rules.format = Some("binary".to_owned());
            true
        }
        _ => is_form && types.is_object(&ty),
    };
    if !fits {
        types.unsupported(
            &pointer,
            format!("a body of `{media_type}` that is no text"),
        );
    }
    let mut whole = whole_body(description, body.required, ty);
    whole.example = media.example.clone().or(flat.example);
    parameters.push(whole);
    if !is_json(media_type) {
        files(types, parameters);
    }
    Some(read)
}

/// Reads how the members of a form are written. A member without a declared style is repeated for each value, or written as JSON if it is an object.
fn encoding(types: &mut Types<'_>, media: &MediaType, pointer: &str) -> Vec<(String, Separator)> {
    let declared = media
        .extensions
        .get("x-encoding")
        .and_then(Value::as_object);
    let mut all = Vec::new();
    for (name, encoding) in declared.into_iter().flatten() {
        let explode = encoding.get("explode").and_then(Value::as_bool);
        let style = encoding.get("style").and_then(Value::as_str);
        let separator = match (style, explode) {
            (None | Some("form"), None | Some(true)) => continue,
            (None | Some("form"), Some(false)) => Separator::Comma,
            (Some("spaceDelimited"), _) => Separator::Space,
            (Some("pipeDelimited"), _) => Separator::Pipe,
            (Some("deepObject"), _) => Separator::Deep,
            (Some(other), _) => {
                types.unsupported(pointer, format!("style `{other}` of `{name}`"));
                continue;
            }
        };
        all.push((name.clone(), separator));
    }
    all
}

/// Adds to the descriptions of files that their bytes are sent as Base64, because JSON cannot contain bytes.
fn files(types: &Types<'_>, parameters: &mut [Parameter]) {
    let of_body = |place| matches!(place, Place::Body | Place::WholeBody);
    for parameter in parameters.iter_mut().filter(|it| of_body(it.place)) {
        if types.is_file(&parameter.ty) {
            if !parameter.description.is_empty() {
                parameter.description.push(' ');
            }
            parameter.description.push_str("Base64 of the bytes.");
        }
    }
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

/// Returns whether the body is one object whose members all have names. Only then can the members be arguments.
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
        let secret = inner.write_only || ty.rules.format.as_deref() == Some("password");
        parameters.push(Parameter {
            name: argument(name),
            rust_name: taken.take(&snake(name)),
            wire: (*name).to_owned(),
            place: Place::Body,
            description: described(&inner, Direction::Input),
            // A call that omits an optional body omits its required members too.
            required: required && body.required,
            deprecated: inner.deprecated,
            secret,
            default: inner.default.filter(|_| !secret),
            example: inner
                .example
                .or_else(|| {
                    examples
                        .and_then(|examples| examples.get(*name))
                        .filter(|value| !value.is_null())
                        .cloned()
                })
                .filter(|_| !secret),
            fallback: None,
            when_omitted: None,
            hidden: false,
            clear: false,
            since: None,
            ty,
        });
    }
}
