//! Encodes values as text that cannot affect other parts of a request: one path segment, one query value, one header. A value that cannot be encoded is an error.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::error::{ArgumentError, ValuePath, echo};
use super::media::{decode, is_file, is_json};
use crate::tool::{Parameter, ParameterLocation, ParameterStyle, Tool};

/// All characters except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A value as it is sent outside of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EncodedValue {
    /// No value, or a value in the path or the body.
    None,
    /// Name and value pairs of the query, percent-encoded.
    Query(Vec<(String, String)>),
    /// Value of a header, or a cookie with its name.
    Header(String),
}

/// Encodes a value at the location of its parameter, or returns why this is impossible.
pub(crate) fn encode(
    tool: &Tool,
    parameter: &Parameter,
    value: &Value,
) -> Result<EncodedValue, ArgumentError> {
    let encoded = match parameter.location {
        ParameterLocation::Path { slash } => path_segment(value, slash).map(|_| EncodedValue::None),
        ParameterLocation::Each => return check_ids(parameter, value),
        ParameterLocation::Query(style) => {
            query_pairs(parameter.wire, style, value).map(EncodedValue::Query)
        }
        ParameterLocation::Header | ParameterLocation::Cookie if value.is_null() => {
            Ok(EncodedValue::None)
        }
        ParameterLocation::Header => header_value(value).map(EncodedValue::Header),
        ParameterLocation::Cookie => cookie(parameter.wire, value).map(EncodedValue::Header),
        ParameterLocation::Body | ParameterLocation::WholeBody => {
            let is_file = !is_json(tool.body.media_type) && is_file(&parameter.field.shape);
            match is_file && !is_base64(value) {
                true => Err("is not base64".to_owned()),
                false => Ok(EncodedValue::None),
            }
        }
    };
    encoded.map_err(|reason| ArgumentError::unsendable(parameter, value, reason))
}

/// Checks that each id can be a segment of a path.
fn check_ids(parameter: &Parameter, ids: &Value) -> Result<EncodedValue, ArgumentError> {
    for (index, id) in ids.as_array().into_iter().flatten().enumerate() {
        path_segment(id, false).map_err(|reason| ArgumentError::Unsendable {
            at: ValuePath::Item(
                &ValuePath::Member(&ValuePath::Top, parameter.field.name),
                index,
            )
            .to_string(),
            got: echo(id, parameter.secret),
            reason,
        })?;
    }
    Ok(EncodedValue::None)
}

/// Returns whether all texts in a value are base64.
fn is_base64(value: &Value) -> bool {
    let texts = match value {
        Value::Array(items) => items.as_slice(),
        value => core::slice::from_ref(value),
    };
    let mut texts = texts.iter().filter_map(Value::as_str);
    texts.all(|text| decode(text).is_some())
}

/// Encodes a text; only `A-Za-z0-9-._~` remain unchanged.
pub(crate) fn percent(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Encodes a value as one path segment, or returns why this is impossible. `slash` allows slashes in the value.
pub(crate) fn path_segment(value: &Value, slash: bool) -> Result<String, String> {
    if let Value::Array(items) = value {
        // `style: simple`: the items are separated by commas.
        let parts: Result<Vec<_>, _> = items.iter().map(|item| path_segment(item, false)).collect();
        return match parts? {
            parts if parts.is_empty() => path_segment(&Value::from(""), slash),
            parts => Ok(parts.join(",")),
        };
    }
    let text = scalar(value).ok_or("cannot be part of a path")?;
    if text.is_empty() {
        return Err("is empty, but a path needs a value here".to_owned());
    }
    if !slash && text.contains('/') {
        return Err("contains \"/\", which the server cannot route as part of a name".to_owned());
    }
    // URL parsers interpret these as relative path segments, encoded or not; some proxies do so after decoding `%2F`.
    if text.split('/').any(|part| matches!(part, "." | "..")) {
        return Err("is a relative path segment, which cannot be sent as a name".to_owned());
    }
    no_control(&text)?;
    Ok(percent(&text))
}

/// Encodes a value as name and value pairs of a query; the result is empty if the parameter is omitted.
pub(crate) fn query_pairs(
    name: &str,
    separator: ParameterStyle,
    value: &Value,
) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    match (value, separator) {
        (Value::Null, _) => {}
        (value, ParameterStyle::Json) => pairs.push((percent(name), percent(&value.to_string()))),
        (Value::Object(_) | Value::Array(_), ParameterStyle::Deep) => {
            deep_pairs(&percent(name), value, &mut pairs)?;
        }
        (Value::Object(members), ParameterStyle::Members) => {
            for (name, value) in members {
                pairs.extend(query_pairs(name, ParameterStyle::Repeat, value)?);
            }
        }
        (Value::Object(members), ParameterStyle::Comma) => {
            let flat = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .flat_map(|(name, value)| [Value::from(name.as_str()), value.clone()]);
            return query_pairs(name, separator, &Value::Array(flat.collect()));
        }
        (Value::Object(_), _) => return Err("cannot be part of a query".to_owned()),
        (Value::Array(items), ParameterStyle::Repeat | ParameterStyle::Members) => {
            for item in items {
                pairs.extend(pair(percent(name), item)?);
            }
        }
        (Value::Array(items), separator) => {
            let (character, written) = match separator {
                ParameterStyle::Space => (' ', "%20"),
                ParameterStyle::Pipe => ('|', "%7C"),
                _ => (',', ","),
            };
            let mut texts = Vec::new();
            for item in items.iter().filter(|item| !item.is_null()) {
                let text = scalar(item).ok_or("has an item that cannot be part of a query")?;
                if text.contains(character) {
                    let item = Value::from(text);
                    return Err(format!(
                        "has the item {item}, which contains the separator \"{character}\" of the items and cannot be sent"
                    ));
                }
                texts.push(percent(&text));
            }
            if !texts.is_empty() {
                pairs.push((percent(name), texts.join(written)));
            }
        }
        (value, _) => pairs.extend(pair(percent(name), value)?),
    }
    Ok(pairs)
}

/// Encodes a member of an object as form fields. Values inside it that are not scalar are written as JSON, unless the document defines their serialization.
pub(crate) fn form_pairs(
    name: &str,
    separator: Option<ParameterStyle>,
    value: &Value,
) -> Vec<(String, String)> {
    if let Some(Ok(pairs)) = separator.map(|separator| query_pairs(name, separator, value)) {
        return pairs;
    }
    let items = match value {
        Value::Array(items) => items.as_slice(),
        other => core::slice::from_ref(other),
    };
    items
        .iter()
        .filter(|item| !item.is_null())
        .map(|item| {
            let text = scalar(item).unwrap_or_else(|| item.to_string());
            (percent(name), percent(&text))
        })
        .collect()
}

/// Encodes a value as a cookie.
pub(crate) fn cookie(name: &str, value: &Value) -> Result<String, String> {
    let text = scalar(value).ok_or("cannot be part of a cookie")?;
    Ok(format!("{}={}", percent(name), percent(&text)))
}

/// Encodes a value as the value of a header.
pub(crate) fn header_value(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::Array(items) => items
            .iter()
            .map(header_item)
            .collect::<Result<Vec<_>, _>>()?
            .join(","),
        other => scalar(other).ok_or("cannot be part of a header")?,
    };
    let fits = |c: char| c.is_ascii_graphic() || c == ' ';
    if text.chars().all(fits) && text.trim() == text {
        Ok(text)
    } else {
        Err("has characters that cannot be part of a header".to_owned())
    }
}

/// Encodes one of several values of a header, so that the upstream can separate the values again.
fn header_item(value: &Value) -> Result<String, String> {
    let text = scalar(value).ok_or("has an item that cannot be part of a header")?;
    if text.contains(',') || text.trim() != text {
        let item = Value::from(text);
        return Err(format!(
            "has the item {item}, which contains the separator \",\" of the items, or begins or ends with a space, and cannot be sent"
        ));
    }
    Ok(text)
}

/// Joins encoded pairs into one text.
pub(crate) fn joined<'p>(pairs: impl IntoIterator<Item = &'p (String, String)>) -> String {
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

/// Returns a scalar value as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.as_str().to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns an encoded name and the encoded value; `None` for `null`, which a query cannot express.
fn pair(name: String, value: &Value) -> Result<Option<(String, String)>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let text = scalar(value).ok_or("has an item that cannot be part of a query")?;
    Ok(Some((name, percent(&text))))
}

fn deep_pairs(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) -> Result<(), String> {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                deep_pairs(&format!("{name}%5B{}%5D", percent(key)), value, pairs)?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                deep_pairs(&format!("{name}%5B{index}%5D"), item, pairs)?;
            }
        }
        value => pairs.extend(pair(name.to_owned(), value)?),
    }
    Ok(())
}

fn no_control(text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_control()) {
        Some(control) => Err(format!(
            "contains the control character U+{:04X}",
            u32::from(control)
        )),
        None => Ok(()),
    }
}
