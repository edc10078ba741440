//! Templates and their filters.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, UndefinedBehavior, Value};
use serde::Serialize;

use super::EmitError;
use super::text::{code_list, doc_comment, string_literal};

/// Name and text of each template.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "alternative.rs",
        include_str!("../../templates/alternative.rs.jinja"),
    ),
    ("api.rs", include_str!("../../templates/api.rs.jinja")),
    (
        "attribute.jinja",
        include_str!("../../templates/attribute.jinja"),
    ),
    (
        "catalogue.md",
        include_str!("../../templates/catalogue.md.jinja"),
    ),
    (
        "expression.jinja",
        include_str!("../../templates/expression.jinja"),
    ),
    ("fields.jinja", include_str!("../../templates/fields.jinja")),
    ("lib.rs", include_str!("../../templates/lib.rs.jinja")),
    (
        "readme_tools.md",
        include_str!("../../templates/readme_tools.md.jinja"),
    ),
    ("shared.rs", include_str!("../../templates/shared.rs.jinja")),
    ("tool.jinja", include_str!("../../templates/tool.jinja")),
    (
        "toolset.rs",
        include_str!("../../templates/toolset.rs.jinja"),
    ),
    ("type.jinja", include_str!("../../templates/type.jinja")),
];

/// Parsed templates.
pub(super) struct Templates(Environment<'static>);

impl Templates {
    /// Parses all templates.
    pub(super) fn new() -> Result<Self, EmitError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        // A line that contains only a template tag adds nothing to the output.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(failed_in("syntax"))?;
        environment.set_syntax(syntax);
        environment.add_filter("literal", |text: &str| string_literal(text));
        environment.add_filter("doc", |text: &str, indent: usize| doc_comment(text, indent));
        environment.add_filter("code_list", |items: Vec<String>| code_list(&items));
        environment.add_filter("cell", |text: &str| text.replace('|', "\\|"));
        for (name, text) in TEMPLATES {
            environment
                .add_template(name, text)
                .map_err(failed_in(name))?;
        }
        Ok(Self(environment))
    }

    /// Renders a template.
    pub(super) fn render(
        &self,
        template: &'static str,
        values: impl Serialize,
    ) -> Result<String, EmitError> {
        self.0
            .get_template(template)
            .and_then(|found| found.render(Value::from(Serde(values))))
            .map_err(failed_in(template))
    }
}

fn failed_in(template: &'static str) -> impl Fn(Error) -> EmitError {
    move |source| EmitError::Template { template, source }
}
