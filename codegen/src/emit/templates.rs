//! Templates and their filters.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, UndefinedBehavior, Value};

use super::output::EmitError;
use super::text::{code_list, doc_comment, json_literal, string_literal, word};

/// Makes an object for a template from values that can be serialized, and optionally from the members of another object.
macro_rules! object {
    ($($key:ident: $value:expr),* $(, ..$rest:expr)? $(,)?) => {
        minijinja::context! {
            $($key => minijinja::Value::from(minijinja::value::Serde(&$value)),)*
            $(..$rest)?
        }
    };
}

pub(super) use object;

/// Lists templates with their texts.
macro_rules! templates {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../templates/", $name, ".jinja")))),*]
    };
}

/// Name and text of each template.
const TEMPLATES: &[(&str, &str)] = templates! {
    "alternative.rs"
    "api.rs"
    "catalogue.md"
    "lib.rs"
    "readme_tools.md"
    "shared.rs"
    "tool"
    "toolset.rs"
    "types"
};

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
        environment.add_filter("word", |name: &str| word(name));
        environment.add_filter("json", |value: Serde<serde_json::Value>| {
            json_literal(&value)
        });
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
        values: Value,
    ) -> Result<String, EmitError> {
        self.0
            .get_template(template)
            .and_then(|found| found.render(values))
            .map_err(failed_in(template))
    }
}

fn failed_in(template: &'static str) -> impl Fn(Error) -> EmitError {
    move |source| EmitError::Template { template, source }
}
