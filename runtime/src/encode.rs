//! Encodes values as text that cannot affect other parts of a request: one path segment, one query value, one header.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::tool::Separator;

/// All characters except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

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
        return Err("is empty, and the path would address something else".to_owned());
    }
    if !slash && text.contains('/') {
        return Err("contains \"/\", which the server cannot route as part of a name".to_owned());
    }
    // URL parsers interpret these as relative path segments, encoded or not; some proxies do so after decoding `%2F`.
    if text.split('/').any(|part| matches!(part, "." | "..")) {
        return Err("cannot be sent: in a path it is a step, not a name".to_owned());
    }
    no_control(&text)?;
    Ok(percent(&text))
}

/// Encodes a value as name and value pairs of a query; the result is empty if the parameter is omitted.
pub(crate) fn query_pairs(
    name: &str,
    separator: Separator,
    value: &Value,
) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    match (value, separator) {
        (Value::Null, _) => {}
        (value, Separator::Json) => pairs.push((percent(name), percent(&value.to_string()))),
        (Value::Object(_) | Value::Array(_), Separator::Deep) => {
            deep_pairs(&percent(name), value, &mut pairs)?;
        }
        (Value::Object(members), Separator::Members) => {
            for (name, value) in members {
                match value {
                    Value::Array(items) => {
                        for item in items {
                            pairs.extend(pair(percent(name), item)?);
                        }
                    }
                    value => pairs.extend(pair(percent(name), value)?),
                }
            }
        }
        (Value::Object(members), Separator::Comma) => {
            let flat = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .flat_map(|(name, value)| [Value::from(name.as_str()), value.clone()]);
            return query_pairs(name, separator, &Value::Array(flat.collect()));
        }
        (Value::Object(_), _) => return Err("cannot be part of a query".to_owned()),
        (Value::Array(items), Separator::Repeat | Separator::Members) => {
            for item in items {
                pairs.extend(pair(percent(name), item)?);
            }
        }
        (Value::Array(items), separator) => {
            let (character, written) = match separator {
                Separator::Space => (' ', "%20"),
                Separator::Pipe => ('|', "%7C"),
                _ => (',', ","),
            };
            let mut texts = Vec::new();
            for item in items.iter().filter(|item| !item.is_null()) {
                let text = scalar(item).ok_or("has an item that cannot be part of a query")?;
                if text.contains(character) {
                    let item = Value::from(text);
                    return Err(format!(
                        "has the item {item}, but \"{character}\" separates the items here and cannot be sent inside one"
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
    separator: Option<Separator>,
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
            "has the item {item}, but \",\" separates the items here and cannot be sent inside one, nor can spaces around it"
        ));
    }
    Ok(text)
}

/// Joins pairs into one text.
pub(crate) fn joined(pairs: &[(String, String)]) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
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
