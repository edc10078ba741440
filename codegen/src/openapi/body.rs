//! Reads the request body; its members become parameters.

use serde_json::Value;

use super::flat::{Additional, Flat, Part};
use super::media::{MediaKind, is_json, preferred};
use super::model::MediaType;
use super::names::Direction;
use super::parameters::{OperationSource, parameter, style};
use super::rules::{described, is_hidden};
use super::types::{TypeReader, TypeUse};
use crate::catalog::{
    Body, Field, Parameter, ParameterLocation, ParameterStyle, TypeKind, TypeRef,
};
use crate::ident::{Taken, snake};
use crate::pointer::escape;

/// Reads the body and adds its members to the parameters.
pub(super) fn read<'a>(
    types: &mut TypeReader<'a>,
    source: &OperationSource<'a>,
    usage: &TypeUse,
    parameters: &mut Vec<Parameter>,
) -> Option<Body> {
    let body = source.operation.request_body.as_ref()?;
    let pointer = format!("{}/requestBody", source.pointer);
    let components = &types.model.components.request_bodies;
    let (body, pointer) = types.resolve(body, &pointer, "requestBodies", components)?;
    if source.http == "get" {
        // OpenAPI says that servers ignore the body of a GET request.
        if body.required {
            types.unsupported(&pointer, "a GET request with a body");
        }
        return None;
    }
    let (media_type, media) = preferred(&body.content)?;
    let media = types.item(media, &pointer)?;
    let pointer = format!("{pointer}/content/{}", escape(media_type));
    let kind = MediaKind::new(media_type);
    let media_type = match kind {
        MediaKind::Wildcard => "application/json",
        _ => media_type,
    };
    let mut read = Body {
        media_type: media_type.to_owned(),
        required: body.required,
        fixed: Vec::new(),
        encoding: Vec::new(),
    };
    let description = body.description.as_deref().unwrap_or_default().trim();
    let mut whole = Flat {
        description: description.to_owned(),
        ..Flat::default()
    };
    let is_json = is_json(media_type);
    let ty = match &media.schema {
        None if is_json => TypeKind::Any.into(),
        None => TypeKind::String.into(),
        Some(schema) => {
            let part = [Part::new(schema, format!("{pointer}/schema"))];
            let mut flat = types.flat(&part);
            if flat.has_more_than_alternatives() && !flat.mixed {
                flat = types.absorb(flat, 0);
            }
            if (is_json || kind.is_form()) && has_members(&flat) {
                members(types, flat, media, usage, parameters, &mut read);
                if kind.is_form() {
                    read.encoding = encoding(types, media, &pointer);
                    describe_files(parameters);
                }
                let is_in_body = parameters
                    .iter()
                    .any(|it| it.location == ParameterLocation::Body);
                let says_something = is_in_body || !read.fixed.is_empty() || read.required;
                return says_something.then_some(read);
            }
            let mut ty = types.type_of(&part, &flat, &usage.inner("body"));
            // An optional body that can be `null` can be omitted instead, with the same meaning.
            ty.nullable &= body.required;
            if whole.description.is_empty() {
                whole.description = described(&flat, Direction::Input);
            }
            whole.example = media.example.clone().or(flat.example);
            sendable(types, ty, media_type, &pointer)
        }
    };
    let field = Field {
        description: whole.description,
        required: body.required,
        example: whole.example,
        ..Field::new("body", ty)
    };
    parameters.push(Parameter::new("body", ParameterLocation::WholeBody, field));
    if !is_json && media.schema.is_some() {
        describe_files(parameters);
    }
    Some(read)
}

/// Returns the type of a body as it is sent. A body that is neither JSON nor a form must be text or bytes.
fn sendable(types: &mut TypeReader<'_>, ty: TypeRef, media_type: &str, pointer: &str) -> TypeRef {
    let kind = MediaKind::new(media_type);
    let fits = is_json(media_type) || ty.kind == TypeKind::String;
    if fits || (kind.is_form() && types.is_object(&ty)) {
        return ty;
    }
    if ty.kind == TypeKind::Any && kind == MediaKind::Other {
        let mut bytes = TypeRef::from(TypeKind::String);
        bytes.rules.format = Some("binary".to_owned());
        return bytes;
    }
    let construct = format!("a body of `{media_type}` that is not text");
    types.unsupported(pointer, construct);
    ty
}

/// Reads how the members of a form are written. A member without a declared style is repeated for each value, or written as JSON if it is an object.
fn encoding(
    types: &mut TypeReader<'_>,
    media: &MediaType,
    pointer: &str,
) -> Vec<(String, ParameterStyle)> {
    let mut all = Vec::new();
    for (name, encoding) in media.encoding.as_object().into_iter().flatten() {
        let explode = encoding.get("explode").and_then(Value::as_bool);
        let declared = encoding.get("style").and_then(Value::as_str);
        match style(declared.unwrap_or("form"), explode) {
            Ok(ParameterStyle::Repeat) => {}
            Ok(style) => all.push((name.clone(), style)),
            Err(style) => types.unsupported(pointer, format!("{style} of `{name}`")),
        }
    }
    all
}

/// Adds to the descriptions of files that their bytes are sent as Base64, because JSON cannot contain bytes.
fn describe_files(parameters: &mut [Parameter]) {
    let is_in_body = |location| {
        matches!(
            location,
            ParameterLocation::Body | ParameterLocation::WholeBody
        )
    };
    for parameter in parameters.iter_mut().filter(|it| is_in_body(it.location)) {
        if is_file(&parameter.field.ty) {
            if !parameter.field.description.is_empty() {
                parameter.field.description.push(' ');
            }
            parameter.field.description.push_str("Base64 of the bytes.");
        }
    }
}

/// Returns whether a value of the type is a file or an array of files.
fn is_file(ty: &TypeRef) -> bool {
    match &ty.kind {
        TypeKind::Array(items) => is_file(items),
        TypeKind::String => ty.rules.format.as_deref() == Some("binary"),
        _ => false,
    }
}

/// Returns whether the body is one object whose members all have names. Only then can the members be arguments.
fn has_members(flat: &Flat<'_>) -> bool {
    let has_names = match flat.additional {
        Additional::Closed => true,
        Additional::Unsaid => !flat.properties.is_empty(),
        Additional::Open | Additional::These(_) => false,
    };
    flat.can_be_object() && flat.union.is_empty() && flat.values.is_none() && has_names
}

fn members<'a>(
    types: &mut TypeReader<'a>,
    flat: Flat<'a>,
    media: &MediaType,
    usage: &TypeUse,
    parameters: &mut Vec<Parameter>,
    body: &mut Body,
) {
    for (pointer, construct) in flat.unsupported {
        types.unsupported(&pointer, construct);
    }
    let mut taken = Taken::default();
    for parameter in parameters.iter() {
        taken.take(&parameter.field.rust_name);
    }
    let examples = media.example.as_ref().or(flat.example.as_ref());
    for (name, parts) in flat.properties {
        let mut inner = types.flat(&parts);
        if is_hidden(&inner, Direction::Input) {
            continue;
        }
        let required = flat.required.contains(name);
        if let Some(constant) = inner.constant.clone().filter(|_| required) {
            body.fixed.push((name.to_owned(), constant));
            continue;
        }
        let ty = types.type_of(&parts, &inner, &usage.inner(name));
        let example = examples.and_then(|examples| examples.get(name));
        let example = example.filter(|value| !value.is_null());
        inner.example = inner.example.or_else(|| example.cloned());
        let mut parameter = parameter(name, ParameterLocation::Body, ty, inner);
        parameter.field.rust_name = taken.take(&snake(name));
        // A call that omits an optional body omits its required members too.
        parameter.field.required = required && body.required;
        parameters.push(parameter);
    }
}
