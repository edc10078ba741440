//! Overrides of parameters: corrections and additions to what a document says about them. An override that does more than document a parameter needs a reason.

use serde_json::{Number, Value as Json};

use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Map, TextRules};
use crate::reader::{FromYaml, Located, TODO};

use super::rules::{LOCATION, NAME, REGEX};

/// Entry of `parameters`: the overrides of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParameterEntry {
    /// Name of the parameter, or path of a field inside it: `roles.name`.
    pub(crate) name: Located<String>,
    /// Location, if the name alone is ambiguous.
    pub(crate) location: Option<String>,
    pub(crate) documents: Vec<Located<String>>,
    pub(crate) overrides: Vec<ParameterOverride>,
}

/// Override of one property of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ParameterOverride {
    pub(crate) line: usize,
    /// Key of the property in YAML.
    pub(crate) key: &'static str,
    pub(crate) value: OverrideValue,
}

/// Value of an override.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OverrideValue {
    Rename(String),
    Description(String),
    Default(Json),
    Example(Json),
    Required,
    NotNull,
    Fallback(String),
    WhenOmitted(Json),
    Slash,
    Open,
    Secret,
    Format(String),
    Pattern(String),
    MinLength(u32),
    MaxLength(u32),
    Minimum(Number),
    Maximum(Number),
    MinItems(u32),
    MaxItems(u32),
}

/// Conditions that the texts of an entry of `parameters` must meet.
pub(super) const RULES: TextRules = &[("in", LOCATION), ("rename", NAME), ("pattern", REGEX)];

/// Reads an entry of `parameters`.
pub(super) fn parameter(map: &mut Map<'_, '_>) -> ParameterEntry {
    let mut overrides = overrides(map);
    let is_documentation = |key: &str| ["description", "example"].contains(&key);
    if overrides.iter().any(|it| !is_documentation(it.key)) {
        map.expect("reason");
    }
    map.optional::<String>("reason");
    if map.has_only(&["name", "in", "documents", "reason"]) {
        let problem =
            "an entry of `parameters` must override something; add a key, or remove the entry";
        map.defer(&[], ReadDiagnostic::Invalid { problem });
    }
    if map.has("description") && !overrides.iter().any(|it| it.key == "description") {
        // The invalid description was reported. `TODO` prevents a second error about a missing description.
        overrides.push(ParameterOverride {
            line: map.line,
            key: "description",
            value: OverrideValue::Description(TODO.to_owned()),
        });
    }
    ParameterEntry {
        name: map.required("name"),
        location: map.optional("in"),
        documents: map.list("documents"),
        overrides,
    }
}

/// Reads the overrides of an entry, in the order written.
fn overrides(map: &mut Map<'_, '_>) -> Vec<ParameterOverride> {
    use OverrideValue as Value;
    let found = Vec::new();
    let mut read = Overrides { map, found };
    read.value("rename", Value::Rename);
    read.value("description", Value::Description);
    read.value("default", Value::Default);
    read.value("example", Value::Example);
    read.flag("required", true, Value::Required);
    read.flag("nullable", false, Value::NotNull);
    read.value("fallback", Value::Fallback);
    read.value("when_omitted", Value::WhenOmitted);
    read.flag("slash", true, Value::Slash);
    read.flag("open", true, Value::Open);
    read.flag("secret", true, Value::Secret);
    read.value("format", Value::Format);
    read.value("pattern", Value::Pattern);
    read.value("min_length", Value::MinLength);
    read.value("max_length", Value::MaxLength);
    read.value("minimum", Value::Minimum);
    read.value("maximum", Value::Maximum);
    read.value("min_items", Value::MinItems);
    read.value("max_items", Value::MaxItems);
    let Overrides { map, mut found } = read;
    found.sort_by_key(|it| map.position(it.key));
    found
}

/// Overrides of an entry that were read so far.
struct Overrides<'a, 'm, 'r> {
    map: &'a mut Map<'m, 'r>,
    found: Vec<ParameterOverride>,
}

impl Overrides<'_, '_, '_> {
    fn value<T: FromYaml>(&mut self, key: &'static str, value: fn(T) -> OverrideValue) {
        if let Some(read) = self.map.optional::<Located<T>>(key) {
            self.add(read.line, key, value(read.value));
        }
    }

    /// Reads a flag for which only one value is permitted: an override cannot relax what an upstream requires or rejects.
    fn flag(&mut self, key: &'static str, permitted: bool, value: OverrideValue) {
        match self.map.optional::<Located<bool>>(key) {
            Some(flag) if flag.value == permitted => self.add(flag.line, key, value),
            Some(flag) if permitted => self.map.must_be(flag.line, key, "`true` or omitted"),
            Some(flag) => self.map.must_be(flag.line, key, "`false` or omitted"),
            None => {}
        }
    }

    fn add(&mut self, line: usize, key: &'static str, value: OverrideValue) {
        self.found.push(ParameterOverride { line, key, value });
    }
}
