//! A submitted form, and what is wrong with it, field by field.

use secrecy::SecretString;

use crate::gateway::error::ServiceError;

/// The fields of a form, in order; a name can stand several times.
#[derive(Clone, Default)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl Fields {
    /// The trimmed text of a field; empty if it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The trimmed text of a field, if there is any.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// Whether a box is ticked or a button was pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// A secret, exactly as it was typed.
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

/// What is wrong with a form. Shown above the form and at each field.
#[derive(Debug, Clone, Default)]
pub(super) struct Problems(Vec<Problem>);

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// Name of the field, empty if it is none of the form's.
    pub(super) field: String,
    /// What is wrong and what to write instead.
    pub(super) text: String,
}

impl Problem {
    /// The field's name for people: `base_url` is `Base url`.
    pub(super) fn label(&self) -> String {
        let words = self.field.replace('_', " ");
        let mut letters = words.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_uppercase().chain(letters).collect()
        })
    }
}

impl Problems {
    /// What the service refused because of what was typed; anything else stays an error.
    pub(super) fn of(error: ServiceError) -> Result<Self, ServiceError> {
        match error {
            ServiceError::Invalid(problems) => Ok(Self(
                problems
                    .into_iter()
                    .map(|it| Problem {
                        field: field(&it.field),
                        text: it.problem,
                    })
                    .collect(),
            )),
            conflict @ ServiceError::Conflict { .. } => Ok(Self(vec![Problem {
                field: "name".to_owned(),
                text: conflict.to_string(),
            }])),
            other => Err(other),
        }
    }

    pub(super) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.0.push(Problem {
            field: field.to_owned(),
            text: text.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> &[Problem] {
        &self.0
    }

    /// What is wrong with one field, as one text; empty if nothing is.
    pub(super) fn at(&self, field: &str) -> String {
        let texts: Vec<_> = self
            .0
            .iter()
            .filter(|problem| problem.field == field)
            .map(|problem| problem.text.as_str())
            .collect();
        texts.join("; ")
    }
}

/// The name of the form's field for a field of the management API: `config.tools` is `tools`.
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
