//! Reads the keywords of each kind of schema.

use openapiv3::{AnySchema, Type, VariantOrUnknownOrEmpty};
use serde_json::Value;

use super::flat::{Basic, Flattener};
use super::merge::{At, format_name};
use crate::error::DocumentError;

impl<'a> Flattener<'a> {
    /// Reads a schema of one type.
    pub(super) fn ty(&mut self, ty: &'a Type, at: At<'_>) {
        match ty {
            Type::String(string) => {
                self.basic(Basic::String, at);
                let format = match &string.format {
                    VariantOrUnknownOrEmpty::Item(format) => Some(format_name(format).to_owned()),
                    VariantOrUnknownOrEmpty::Unknown(format) => Some(format.clone()),
                    VariantOrUnknownOrEmpty::Empty => None,
                };
                self.string(
                    format,
                    string.pattern.clone(),
                    string.min_length,
                    string.max_length,
                    at,
                );
                self.values(
                    string
                        .enumeration
                        .iter()
                        .map(|value| value.clone().map_or(Value::Null, Value::String))
                        .collect(),
                );
            }
            Type::Number(number) => {
                self.basic(Basic::Number, at);
                self.range(
                    number.minimum,
                    number.maximum,
                    (number.exclusive_minimum, number.exclusive_maximum),
                    number.multiple_of,
                );
                self.values(
                    number
                        .enumeration
                        .iter()
                        .map(|value| value.map_or(Value::Null, Value::from))
                        .collect(),
                );
            }
            Type::Integer(integer) => {
                self.basic(Basic::Integer, at);
                self.integers(
                    integer.minimum,
                    integer.maximum,
                    (integer.exclusive_minimum, integer.exclusive_maximum),
                    #[allow(clippy::cast_precision_loss, reason = "for people")]
                    integer.multiple_of.map(|multiple| multiple as f64),
                );
                self.values(
                    integer
                        .enumeration
                        .iter()
                        .map(|value| value.map_or(Value::Null, Value::from))
                        .collect(),
                );
            }
            Type::Boolean(boolean) => {
                self.basic(Basic::Boolean, at);
                self.values(
                    boolean
                        .enumeration
                        .iter()
                        .map(|value| value.map_or(Value::Null, Value::from))
                        .collect(),
                );
            }
            Type::Object(object) => {
                self.basic(Basic::Object, at);
                self.object(
                    &object.properties,
                    &object.required,
                    object.additional_properties.as_ref(),
                    at,
                );
                self.counted(object.min_properties, object.max_properties);
            }
            Type::Array(array) => {
                self.basic(Basic::Array, at);
                self.array(
                    array.items.as_ref(),
                    array.min_items,
                    array.max_items,
                    array.unique_items,
                    at,
                );
            }
        }
    }

    /// Reads a schema with any combination of keywords and returns whether it allows `null`.
    pub(super) fn any(&mut self, any: &'a AnySchema, at: At<'_>) -> Result<bool, DocumentError> {
        let basic = match any.typ.as_deref() {
            Some("string") => Some(Basic::String),
            Some("number") => Some(Basic::Number),
            Some("integer") => Some(Basic::Integer),
            Some("boolean") => Some(Basic::Boolean),
            Some("object") => Some(Basic::Object),
            Some("array") => Some(Basic::Array),
            Some("null") | None => None,
            Some(other) => {
                let construct = format!("type `{other}`");
                return Err(DocumentError::Unsupported {
                    file: self.spec.source.clone(),
                    pointer: at.pointer.to_owned(),
                    construct,
                });
            }
        };
        if let Some(basic) = basic {
            self.basic(basic, at);
        }
        self.string(
            any.format.clone(),
            any.pattern.clone(),
            any.min_length,
            any.max_length,
            at,
        );
        let exclusive = (
            any.exclusive_minimum == Some(true),
            any.exclusive_maximum == Some(true),
        );
        self.range(any.minimum, any.maximum, exclusive, any.multiple_of);
        self.object(
            &any.properties,
            &any.required,
            any.additional_properties.as_ref(),
            at,
        );
        self.counted(any.min_properties, any.max_properties);
        self.array(
            any.items.as_ref(),
            any.min_items,
            any.max_items,
            any.unique_items == Some(true),
            at,
        );
        self.values(any.enumeration.clone());
        let nullable = self.all_of(&any.all_of, at)?;
        self.union(&any.any_of, "anyOf", at);
        self.union(&any.one_of, "oneOf", at);
        // Without a `type`, the `enum` decides whether `null` is allowed.
        Ok((nullable && any.all_of.len() == 1)
            || any.typ.as_deref() == Some("null")
            || (any.typ.is_none() && any.enumeration.contains(&Value::Null)))
    }
}
