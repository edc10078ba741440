//! Reads the parameters in path, query, header and cookie.

use indexmap::IndexMap;
use openapiv3::{
    Parameter as Declared, ParameterData, ParameterSchemaOrContent, PathStyle, QueryStyle,
    ReferenceOr,
};
use serde_json::Value;

use super::body::{is_json, preferred};
use super::flat::{Flat, Part};
use super::rules::described;
use super::types::{Direction, Hint, Types, plain};
use crate::catalog::{Parameter, Place, Separator, TypeKind, TypeRef};
use crate::error::DocumentError;
use crate::ident::{Taken, snake};
use crate::openapi::{OperationAt, escape, unescape};

/// Headers that the HTTP client sets. OpenAPI says to ignore parameters with these names.
const PROTOCOL: [&str; 3] = ["accept", "content-type", "authorization"];

/// Reads all parameters in the order of the document, those of the path item first; an operation can override these. Path parameters with only one value are written into the path.
pub(super) fn read<'a>(
    types: &mut Types<'a>,
    at: &OperationAt<'a>,
    hint: &Hint,
    path: &mut String,
) -> Vec<Parameter> {
    let mut declared: IndexMap<(&'static str, &'a str), (&'a Declared, String)> = IndexMap::new();
    let of_path = format!("/paths/{}/parameters", escape(at.path));
    let own = format!("{}/parameters", at.pointer());
    for (list, pointer) in [
        (&at.item.parameters, of_path),
        (&at.operation.parameters, own),
    ] {
        for (index, parameter) in list.iter().enumerate() {
            if let Some((parameter, pointer)) =
                resolve(types, parameter, format!("{pointer}/{index}"))
            {
                declared.insert(
                    (
                        place_name(parameter),
                        parameter.parameter_data_ref().name.as_str(),
                    ),
                    (parameter, pointer),
                );
            }
        }
    }
    // The part after `#` distinguishes operations of one path and is never sent.
    if let Some((sent, _)) = path.split_once('#') {
        *path = sent.to_owned();
    }
    let mut taken = Taken::default();
    let mut parameters = Vec::new();
    for ((place, name), (parameter, pointer)) in declared {
        if place == "header"
            && PROTOCOL
                .iter()
                .any(|header| name.eq_ignore_ascii_case(header))
        {
            continue;
        }
        types.refused(&parameter.parameter_data_ref().extensions, &pointer);
        let (schema, step) = match &parameter.parameter_data_ref().format {
            ParameterSchemaOrContent::Schema(schema) => (Some(schema), "schema".to_owned()),
            ParameterSchemaOrContent::Content(content) => {
                let json = preferred(content.iter()).filter(|(media_type, _)| is_json(media_type));
                let found = json.and_then(|(media_type, media)| {
                    let step = format!("content/{}/schema", escape(media_type));
                    Some((media.schema.as_ref()?, step))
                });
                match found.filter(|_| place == "query") {
                    Some((schema, step)) => (Some(schema), step),
                    None => (None, String::new()),
                }
            }
        };
        let Some(schema) = schema else {
            types.unsupported(&pointer, "a parameter with `content`");
            continue;
        };
        let part = [Part::new(schema, format!("{pointer}/{step}"), None)];
        let flat = types.flat(&part);
        let mut values = flat.values.iter().flatten().chain(&flat.constant);
        if values.any(|value| value.is_array() || value.is_object()) {
            types.unsupported(
                &pointer,
                format!("an array or object as a constant in the {place}"),
            );
            continue;
        }
        match &flat.constant {
            Some(constant) if is_plain(parameter, constant) => {
                *path = path.replace(&format!("{{{name}}}"), &segment(constant));
            }
            _ => parameters.extend(one(
                types,
                parameter,
                (&part, flat),
                &pointer,
                hint,
                &mut taken,
            )),
        }
    }
    check_path(types, at, path, &parameters);
    parameters
}

fn resolve<'a>(
    types: &mut Types<'a>,
    parameter: &'a ReferenceOr<Declared>,
    pointer: String,
) -> Option<(&'a Declared, String)> {
    let mut parameter = parameter;
    let mut pointer = pointer;
    // References to references are rare; a long chain of them is treated as a cycle.
    for _ in 0..8 {
        let reference = match parameter {
            ReferenceOr::Item(parameter) => return Some((parameter, pointer)),
            ReferenceOr::Reference { reference } => reference,
        };
        let name = reference
            .strip_prefix("#/components/parameters/")
            .map(unescape);
        let components = types.spec.openapi.components.as_ref();
        let Some(target) = name
            .as_ref()
            .and_then(|name| components?.parameters.get(name))
        else {
            break;
        };
        parameter = target;
        pointer = reference.trim_start_matches('#').to_owned();
    }
    if let ReferenceOr::Reference { reference } = parameter {
        types.errors.push(DocumentError::Reference {
            file: types.spec.source.clone(),
            pointer,
            reference: reference.clone(),
        });
    }
    None
}

/// Returns whether a constant can replace its placeholder in the path.
fn is_plain(parameter: &Declared, constant: &Value) -> bool {
    let simple = matches!(parameter, Declared::Path { style, .. } if *style == PathStyle::Simple);
    simple && !constant.is_null()
}

fn place_name(parameter: &Declared) -> &'static str {
    match parameter {
        Declared::Path { .. } => "path",
        Declared::Query { .. } => "query",
        Declared::Header { .. } => "header",
        Declared::Cookie { .. } => "cookie",
    }
}

fn one<'a>(
    types: &mut Types<'a>,
    declared: &'a Declared,
    (part, flat): (&[Part<'a>; 1], Flat<'a>),
    pointer: &str,
    hint: &Hint,
    taken: &mut Taken,
) -> Option<Parameter> {
    let data = declared.parameter_data_ref();
    let mut ty = types.type_of(part, &flat, Direction::Input, &hint.of(&data.name));
    ty.nullable = false;
    if ty.kind == TypeKind::Any {
        // A value of unknown type is sent as text.
        ty.kind = TypeKind::String;
    }
    let place = place(types, declared, &ty, pointer)?;
    let description = data.description.as_deref().unwrap_or_default().trim();
    let secret = flat.write_only || ty.rules.format.as_deref() == Some("password");
    Some(Parameter {
        name: argument(&data.name),
        rust_name: taken.take(&snake(&data.name)),
        wire: data.name.clone(),
        place,
        description: if description.is_empty() {
            described(&flat, Direction::Input)
        } else {
            let own = Flat {
                description: description.to_owned(),
                notes: flat.notes.clone(),
                values: flat.values.clone(),
                ..Flat::default()
            };
            described(&own, Direction::Input)
        },
        required: data.required || matches!(place, Place::Path { .. }),
        deprecated: data.deprecated == Some(true) || flat.deprecated,
        secret,
        default: flat.default.filter(|_| !secret),
        example: example(types, data).or(flat.example).filter(|_| !secret),
        fallback: None,
        when_omitted: None,
        hidden: false,
        clear: false,
        since: None,
        ty,
    })
}

/// Returns a name that clients accept for an argument: letters, digits, `_`, `.` and `-`, at most 64 characters.
pub(super) fn argument(wire: &str) -> String {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !wire.is_empty() && wire.len() <= 64 && wire.chars().all(known) {
        return wire.to_owned();
    }
    snake(wire).chars().take(64).collect()
}

fn example(types: &Types<'_>, data: &ParameterData) -> Option<Value> {
    let first = data
        .examples
        .first()
        .and_then(|(_, example)| match example {
            ReferenceOr::Item(example) => example.value.clone(),
            ReferenceOr::Reference { reference } => {
                let name = unescape(reference.strip_prefix("#/components/examples/")?);
                types
                    .spec
                    .openapi
                    .components
                    .as_ref()?
                    .examples
                    .get(&name)?
                    .as_item()?
                    .value
                    .clone()
            }
        });
    data.example.clone().or(first)
}

fn place(types: &mut Types<'_>, declared: &Declared, ty: &TypeRef, pointer: &str) -> Option<Place> {
    let refuse = |types: &mut Types<'_>, construct: &str| {
        types.unsupported(pointer, construct);
        None
    };
    let object = types.is_object(ty);
    let in_content = matches!(
        declared.parameter_data_ref().format,
        ParameterSchemaOrContent::Content(_)
    );
    let array = matches!(ty.kind, TypeKind::Array(_));
    let nested = matches!(&ty.kind, TypeKind::Array(item) if types.is_several(item));
    match declared {
        Declared::Path {
            style: PathStyle::Label,
            ..
        } => refuse(types, "`style: label`"),
        Declared::Path {
            style: PathStyle::Matrix,
            ..
        } => refuse(types, "`style: matrix`"),
        Declared::Path { .. } if object => refuse(types, "an object in the path"),
        Declared::Path { .. } if nested => {
            refuse(types, "an array of arrays or objects in the path")
        }
        // The format `path` marks a value that can contain slashes.
        Declared::Path { .. } => Some(Place::Path {
            slash: ty.rules.format.as_deref() == Some("path"),
        }),
        Declared::Header { .. } if object => refuse(types, "an object in a header"),
        Declared::Header { .. } if nested => {
            refuse(types, "an array of arrays or objects in a header")
        }
        Declared::Header { .. } => Some(Place::Header),
        Declared::Cookie { .. } if object || array => {
            refuse(types, "an array or object in a cookie")
        }
        Declared::Cookie { .. } => Some(Place::Cookie),
        Declared::Query { .. } if in_content => Some(Place::Query {
            separator: Separator::Json,
        }),
        Declared::Query {
            parameter_data,
            style,
            ..
        } => {
            let separator = match (style, parameter_data.explode) {
                (QueryStyle::DeepObject, _) => Separator::Deep,
                (QueryStyle::Form, None | Some(true)) | (_, Some(true)) => Separator::Repeat,
                (QueryStyle::Form, Some(false)) => Separator::Comma,
                (QueryStyle::SpaceDelimited, _) => Separator::Space,
                (QueryStyle::PipeDelimited, _) => Separator::Pipe,
            };
            if object && matches!(separator, Separator::Space | Separator::Pipe) {
                return refuse(types, "an object in the query between delimiters");
            }
            let several = array || object || types.is_union(ty);
            Some(Place::Query {
                separator: match separator {
                    Separator::Repeat if object => Separator::Members,
                    separator if several => separator,
                    _ => Separator::Repeat,
                },
            })
        }
    }
}

/// Encodes a value as one segment of a path.
fn segment(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// Checks that each placeholder has a parameter, and each path parameter a placeholder.
fn check_path(types: &mut Types<'_>, at: &OperationAt<'_>, path: &str, parameters: &[Parameter]) {
    let placeholders: Vec<&str> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect();
    let declared: Vec<&str> = parameters
        .iter()
        .filter(|p| matches!(p.place, Place::Path { .. }))
        .map(|p| p.wire.as_str())
        .collect();
    let without = placeholders
        .iter()
        .filter(|name| !declared.contains(name))
        .map(|name| format!("`{{{name}}}` in the path is no parameter"));
    let unused = declared
        .iter()
        .filter(|name| !placeholders.contains(name))
        .map(|name| format!("parameter `{name}` is not in the path"));
    // If a parameter could not be read, an error has already been recorded.
    if types.errors.is_empty() && types.unsendable.is_empty() {
        let file = types.spec.source.clone();
        types
            .errors
            .extend(without.chain(unused).map(|message| DocumentError::Invalid {
                file: file.clone(),
                pointer: at.pointer(),
                message,
            }));
    }
}

/// Makes one parameter of the whole body.
pub(super) fn whole_body(description: String, required: bool, ty: TypeRef) -> Parameter {
    Parameter {
        name: "body".to_owned(),
        rust_name: "body".to_owned(),
        wire: "body".to_owned(),
        place: Place::WholeBody,
        description,
        required,
        deprecated: false,
        ty,
        default: None,
        example: None,
        secret: false,
        fallback: None,
        when_omitted: None,
        hidden: false,
        clear: false,
        since: None,
    }
}

/// Returns the type of any value.
pub(super) fn any() -> TypeRef {
    plain(TypeKind::Any)
}
