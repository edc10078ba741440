//! Encodes bodies, in particular those other than JSON: forms with and without files, and bytes.

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::args::encode::{form_pairs, joined, scalar};
use crate::args::media::{decode, essence, is_file, is_json};
use crate::tool::{Body, Parameter};

/// Encodes a body and returns its media type and bytes. `whole` means that one argument is the whole body.
pub(crate) fn write_body(
    body: &Body,
    parameters: &[Parameter],
    value: &Value,
    whole: bool,
) -> (Cow<'static, str>, Vec<u8>) {
    let media_type = body.media_type;
    let bytes = match value {
        _ if is_json(media_type) => value.to_string().into_bytes(),
        Value::Object(members) if essence(media_type) == "multipart/form-data" => {
            let mut parts = Parts::default();
            for (name, value) in members {
                let mut parameters = parameters.iter();
                let file = parameters.any(|it| it.wire == name && is_file(&it.field.shape));
                parts.add(name, value, file && !whole);
            }
            return parts.end();
        }
        Value::Object(members) if essence(media_type) == "application/x-www-form-urlencoded" => {
            let pairs = members.iter().flat_map(|(name, value)| {
                let mut encoding = body.encoding.iter();
                let separator = encoding.find(|(wire, _)| wire == name);
                form_pairs(name, separator.map(|(_, separator)| *separator), value)
            });
            joined(&pairs.collect::<Vec<_>>()).into_bytes()
        }
        Value::String(text) => {
            let file = whole && parameters.iter().any(|it| is_file(&it.field.shape));
            let bytes = Some(text).filter(|_| file).and_then(|text| decode(text));
            bytes.unwrap_or_else(|| text.clone().into_bytes())
        }
        value => value.to_string().into_bytes(),
    };
    (Cow::Borrowed(media_type), bytes)
}

/// Parts of a form with files: header lines and content of each part.
#[derive(Default)]
struct Parts(Vec<(String, Vec<u8>)>);

impl Parts {
    fn add(&mut self, name: &str, value: &Value, file: bool) {
        let quoted = name
            .replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        let head = format!("Content-Disposition: form-data; name=\"{quoted}\"");
        match value {
            Value::Null => {}
            Value::Array(items) => items.iter().for_each(|item| self.add(name, item, file)),
            Value::String(text) if file => {
                let head = format!(
                    "{head}; filename=\"{quoted}\"\r\nContent-Type: application/octet-stream"
                );
                self.0.push((head, decode(text).unwrap_or_default()));
            }
            value => match scalar(value) {
                Some(text) => self.0.push((head, text.into_bytes())),
                None => {
                    let head = format!("{head}\r\nContent-Type: application/json");
                    self.0.push((head, value.to_string().into_bytes()));
                }
            },
        }
    }

    /// Joins the parts. The boundary depends on the content of all parts, so that it does not occur in any of them.
    fn end(self) -> (Cow<'static, str>, Vec<u8>) {
        let mut hash = Sha256::new();
        for (head, content) in &self.0 {
            hash.update(head.as_bytes());
            hash.update(content);
        }
        let digest = hash.finalize();
        let line: String = digest
            .iter()
            .take(16)
            .map(|it| format!("{it:02x}"))
            .collect();
        let mut bytes = Vec::new();
        for (head, content) in self.0 {
            bytes.extend_from_slice(format!("--{line}\r\n{head}\r\n\r\n").as_bytes());
            bytes.extend_from_slice(&content);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{line}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={line}");
        (Cow::Owned(media_type), bytes)
    }
}

#[cfg(test)]
mod tests;
