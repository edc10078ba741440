//! Reads the parameters in path, query, header and cookie.

use indexmap::IndexMap;
use serde_json::Value;

use super::flat::{Flat, Part};
use super::media::{is_json, preferred};
use super::model::{
    DeclaredLocation, Operation, Parameter as Declared, PathItem, Referable, Schema,
};
use super::names::Direction;
use super::rules::described;
use super::types::{TypeReader, TypeUse};
use crate::catalog::{Field, Parameter, ParameterLocation, ParameterStyle, TypeKind, TypeRef};
use crate::ident::{Taken, snake};
use crate::path::placeholders;
use crate::pointer::{escape, unescape};

/// Operation and its location in the document.
pub(super) struct OperationSource<'a> {
    pub(super) path: &'a str,
    pub(super) item: &'a PathItem,
    pub(super) http: &'a str,
    pub(super) operation: &'a Operation,
    /// JSON pointer to the operation.
    pub(super) pointer: String,
}

/// Headers that the HTTP client sets. OpenAPI says to ignore parameters with these names.
const PROTOCOL: [&str; 3] = ["accept", "content-type", "authorization"];

/// Reads all parameters in the order of the document, those of the path item first; an operation can override these. Path parameters with only one value are written into the path.
pub(super) fn read<'a>(
    types: &mut TypeReader<'a>,
    source: &OperationSource<'a>,
    usage: &TypeUse,
    path: &mut String,
) -> Vec<Parameter> {
    let mut declared: IndexMap<(DeclaredLocation, &str), (&Declared, String)> = IndexMap::new();
    let lists = [
        (
            format!("/paths/{}", escape(source.path)),
            &source.item.parameters,
        ),
        (source.pointer.clone(), &source.operation.parameters),
    ];
    for (pointer, list) in lists {
        for (index, parameter) in list.iter().enumerate() {
            let pointer = format!("{pointer}/parameters/{index}");
            let components = &types.model.components.parameters;
            let found = types.resolve(parameter, &pointer, "parameters", components);
            if let Some((parameter, pointer)) = found {
                let key = (parameter.location, parameter.name.as_str());
                declared.insert(key, (parameter, pointer));
            }
        }
    }
    // The part after `#` distinguishes operations of one path and is never sent.
    if let Some((sent, _)) = path.split_once('#') {
        *path = sent.to_owned();
    }
    let mut taken = Taken::default();
    let mut parameters = Vec::new();
    for ((location, name), (parameter, pointer)) in declared {
        let is_protocol = PROTOCOL
            .iter()
            .any(|header| name.eq_ignore_ascii_case(header));
        if location == DeclaredLocation::Header && is_protocol {
            continue;
        }
        let Some((schema, step)) = schema(parameter) else {
            match parameter.content.is_empty() {
                true => types.invalid(&pointer, "neither `schema` nor `content`"),
                false => types.unsupported(&pointer, "a parameter with `content`"),
            }
            continue;
        };
        let part = Part::new(schema, format!("{pointer}/{step}"));
        let flat = types.flat(std::slice::from_ref(&part));
        let mut values = flat.values.iter().flatten().chain(&flat.constant);
        if values.any(|value| value.is_array() || value.is_object()) {
            let location = location.name();
            let construct = format!("an array or object as a constant in the {location}");
            types.unsupported(&pointer, construct);
            continue;
        }
        let is_simple = location == DeclaredLocation::Path && is_style(parameter, "simple");
        match &flat.constant {
            Some(constant) if is_simple && !constant.is_null() => {
                *path = path.replace(&format!("{{{name}}}"), &segment(constant));
            }
            _ => parameters.extend(one(
                types, parameter, part, flat, &pointer, usage, &mut taken,
            )),
        }
    }
    check_path(types, source, path, &parameters);
    parameters
}

/// Returns the schema of a parameter, with the path to it. A schema in `content` can only be that of JSON in the query.
fn schema(parameter: &Declared) -> Option<(&Referable<Schema>, String)> {
    if let Some(schema) = &parameter.schema {
        return Some((schema, "schema".to_owned()));
    }
    let (name, media) = preferred(&parameter.content).filter(|(name, _)| is_json(name))?;
    match media {
        Referable::Item(media) if parameter.location == DeclaredLocation::Query => {
            let step = format!("content/{}/schema", escape(name));
            Some((media.schema.as_ref()?, step))
        }
        _ => None,
    }
}

fn is_style(parameter: &Declared, style: &str) -> bool {
    let own = parameter.style.as_deref();
    own.is_none_or(|own| own == style)
}

fn one<'a>(
    types: &mut TypeReader<'a>,
    declared: &'a Declared,
    part: Part<'a>,
    mut flat: Flat<'a>,
    pointer: &str,
    usage: &TypeUse,
    taken: &mut Taken,
) -> Option<Parameter> {
    let mut ty = types.type_of(&[part], &flat, &usage.inner(&declared.name));
    ty.nullable = false;
    if ty.kind == TypeKind::Any {
        // A value of unknown type is sent as text.
        ty.kind = TypeKind::String;
    }
    let location = match location(types, declared, &ty) {
        Ok(location) => location,
        Err(construct) => {
            types.unsupported(pointer, construct);
            return None;
        }
    };
    let description = declared.description.as_deref().unwrap_or_default().trim();
    if !description.is_empty() {
        description.clone_into(&mut flat.description);
    }
    flat.example = example(types, declared).or(flat.example);
    let mut parameter = parameter(&declared.name, location, ty, flat);
    parameter.field.rust_name = taken.take(&snake(&declared.name));
    parameter.field.required =
        declared.required || matches!(location, ParameterLocation::Path { .. });
    parameter.deprecated |= declared.deprecated == Some(true);
    Some(parameter)
}

/// Makes an optional parameter with what its schema says.
pub(super) fn parameter(
    wire: &str,
    location: ParameterLocation,
    ty: TypeRef,
    flat: Flat<'_>,
) -> Parameter {
    let secret = flat.write_only || ty.rules.format.as_deref() == Some("password");
    let field = Field {
        description: described(&flat, Direction::Input),
        default: flat.default.filter(|_| !secret),
        example: flat.example.filter(|_| !secret),
        ..Field::new(&argument(wire), ty)
    };
    Parameter {
        deprecated: flat.deprecated,
        secret,
        ..Parameter::new(wire, location, field)
    }
}

/// Returns a name that clients accept for an argument: letters, digits, `_`, `.` and `-`, at most 64 characters.
fn argument(wire: &str) -> String {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !wire.is_empty() && wire.len() <= 64 && wire.chars().all(known) {
        return wire.to_owned();
    }
    snake(wire).chars().take(64).collect()
}

/// Returns the example of a parameter, or the first of several.
fn example(types: &TypeReader<'_>, declared: &Declared) -> Option<Value> {
    let first = declared.examples.values().next().and_then(|example| {
        let reference = example.get("$ref").and_then(Value::as_str);
        let example = match reference {
            Some(reference) => {
                let name = unescape(reference.strip_prefix("#/components/examples/")?);
                types.model.components.examples.get(&name)?
            }
            None => example,
        };
        example.get("value").filter(|value| !value.is_null())
    });
    declared.example.as_ref().or(first).cloned()
}

/// Returns the location of a parameter, or the construct that no tool can send.
fn location(
    types: &TypeReader<'_>,
    declared: &Declared,
    ty: &TypeRef,
) -> Result<ParameterLocation, String> {
    let is_object = types.is_object(ty);
    let is_nested = matches!(&ty.kind, TypeKind::Array(item) if types.is_several(item));
    let refuse = |construct: &str| Err(construct.to_owned());
    let style = declared.style.as_deref().unwrap_or("form");
    match declared.location {
        DeclaredLocation::Path | DeclaredLocation::Header if !is_style(declared, "simple") => {
            Err(format!("`style: {style}`"))
        }
        DeclaredLocation::Cookie if style != "form" => Err(format!("`style: {style}`")),
        DeclaredLocation::Path if is_object => refuse("an object in the path"),
        DeclaredLocation::Path if is_nested => refuse("an array of arrays or objects in the path"),
        // The format `path` marks a value that can contain slashes.
        DeclaredLocation::Path => Ok(ParameterLocation::Path {
            slash: ty.rules.format.as_deref() == Some("path"),
        }),
        DeclaredLocation::Header if is_object => refuse("an object in a header"),
        DeclaredLocation::Header if is_nested => {
            refuse("an array of arrays or objects in a header")
        }
        DeclaredLocation::Header => Ok(ParameterLocation::Header),
        DeclaredLocation::Cookie if is_object || matches!(ty.kind, TypeKind::Array(_)) => {
            refuse("an array or object in a cookie")
        }
        DeclaredLocation::Cookie => Ok(ParameterLocation::Cookie),
        DeclaredLocation::Query if declared.schema.is_none() => Ok(ParameterLocation::Query {
            style: ParameterStyle::Json,
        }),
        DeclaredLocation::Query => {
            let style = self::style(style, declared.explode)?;
            if is_object && matches!(style, ParameterStyle::Space | ParameterStyle::Pipe) {
                return refuse("an object in the query between delimiters");
            }
            let is_several = is_object
                || matches!(ty.kind, TypeKind::Array(_))
                || matches!(
                    types.shape(ty),
                    Some(crate::catalog::TypeShape::Union { .. })
                );
            Ok(ParameterLocation::Query {
                style: match style {
                    ParameterStyle::Repeat if is_object => ParameterStyle::Members,
                    style if is_several => style,
                    _ => ParameterStyle::Repeat,
                },
            })
        }
    }
}

/// Returns how several values are written in a query or a form.
pub(super) fn style(style: &str, explode: Option<bool>) -> Result<ParameterStyle, String> {
    match (style, explode) {
        ("deepObject", _) => Ok(ParameterStyle::Deep),
        ("form", None | Some(true)) => Ok(ParameterStyle::Repeat),
        ("form", Some(false)) => Ok(ParameterStyle::Comma),
        ("spaceDelimited" | "pipeDelimited", Some(true)) => Ok(ParameterStyle::Repeat),
        ("spaceDelimited", _) => Ok(ParameterStyle::Space),
        ("pipeDelimited", _) => Ok(ParameterStyle::Pipe),
        _ => Err(format!("`style: {style}`")),
    }
}

/// Encodes a value as one segment of a path.
fn segment(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

/// Checks that each placeholder has a parameter, and each path parameter a placeholder.
fn check_path(
    types: &mut TypeReader<'_>,
    source: &OperationSource<'_>,
    path: &str,
    parameters: &[Parameter],
) {
    // If a parameter could not be read, an error has already been recorded.
    if !types.contents.errors.is_empty() || !types.contents.unsendable.is_empty() {
        return;
    }
    let placeholders = placeholders(path);
    let is_path =
        |parameter: &&Parameter| matches!(parameter.location, ParameterLocation::Path { .. });
    let declared: Vec<&str> = parameters
        .iter()
        .filter(is_path)
        .map(|parameter| parameter.wire.as_str())
        .collect();
    for name in placeholders.iter().filter(|name| !declared.contains(name)) {
        let message = format!("path parameter `{name}` is not declared");
        types.invalid(&source.pointer, message);
    }
    for name in declared.iter().filter(|name| !placeholders.contains(name)) {
        let message = format!("parameter `{name}` is not in the path");
        types.invalid(&source.pointer, message);
    }
}
