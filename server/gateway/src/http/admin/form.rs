//! Submitted form with its invalid fields.

use secrecy::SecretString;

use crate::error::ServiceError;
use crate::model::PageQuery;

/// Fields of a form in order. A name can occur several times.
#[derive(Clone, Default)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl Fields {
    /// Returns the trimmed text of a field; empty if the field is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// Returns the trimmed text of a field unless it is empty.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// Returns the page of a list that a link selects.
    pub(super) fn page(&self) -> PageQuery {
        PageQuery {
            limit: None,
            cursor: self.given("cursor"),
            created_by: self.given("created_by"),
        }
    }

    /// Returns all values with a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// Returns the names in a text field, which are separated by spaces, commas or line breaks.
    pub(super) fn names(&self, name: &str) -> Vec<String> {
        let names = self.text(name).split([' ', ',', '\r', '\n']);
        let names = names.filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }

    /// Returns whether a box is ticked or a button was pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Returns a secret exactly as it was entered.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        SecretString::from(self.raw(name).to_owned())
    }

    fn raw(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }
}

/// Errors of a form, shown above the form and at each field.
#[derive(Debug, Clone, Default)]
pub(super) struct FormErrors(Vec<FormError>);

/// Error of a form.
#[derive(Debug, Clone)]
pub(super) struct FormError {
    /// Name of the field; empty if the error belongs to no field of the form.
    pub(super) field: String,
    /// Error and correct value.
    pub(super) text: String,
}

impl FormError {
    /// Returns the label of the field: `base_url` becomes `Base url`.
    pub(super) fn label(&self) -> String {
        let words = self.field.replace('_', " ");
        let mut letters = words.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_uppercase().chain(letters).collect()
        })
    }
}

impl FormErrors {
    /// Converts a service error that the input caused to errors of the form. Other errors are returned unchanged.
    pub(super) fn from_error(error: ServiceError) -> Result<Self, ServiceError> {
        match error {
            ServiceError::Invalid(errors) => Ok(Self(
                errors
                    .into_iter()
                    .map(|it| FormError {
                        field: field(&it.field),
                        text: it.message,
                    })
                    .collect(),
            )),
            conflict @ ServiceError::Conflict { .. } => Ok(Self(vec![FormError {
                field: "name".to_owned(),
                text: conflict.to_string(),
            }])),
            other => Err(other),
        }
    }

    pub(super) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.0.push(FormError {
            field: field.to_owned(),
            text: text.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> &[FormError] {
        &self.0
    }

    /// Returns the errors of one field as one text; empty if the field is valid.
    pub(super) fn for_field(&self, field: &str) -> String {
        let texts: Vec<_> = self
            .0
            .iter()
            .filter(|error| error.field == field)
            .map(|error| error.text.as_str())
            .collect();
        texts.join("; ")
    }
}

/// Returns the form field for a field of the management API: `config.tools` becomes `tools`.
fn field(path: &str) -> String {
    let path = path.split(['[', '/']).next().unwrap_or_default();
    match path.split_once('.') {
        Some(("headers", _)) => "headers",
        Some((_, last)) => last,
        None => path,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_service_are_found_in_the_form() {
        let rows = [
            ("name", "name"),
            ("config.tools", "tools"),
            ("config.tools[2]", "tools"),
            ("auth.password", "password"),
            ("auth", "auth"),
            ("headers.X-Key", "headers"),
        ];
        for (path, expected) in rows {
            assert_eq!(field(path), expected, "{path}");
        }
    }
}
