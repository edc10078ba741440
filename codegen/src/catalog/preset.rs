//! Presets in the catalogue.

use serde::Serialize;

use super::Operation;

/// Tag of tools whose results contain secrets.
const SECRETS: &str = "secrets";

/// Named selection of tools. An empty list is met by every tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preset {
    /// Name, as selections refer to it.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Methods; `read` and `write` stand for all methods with this effect.
    pub methods: Vec<String>,
    /// Tags of which a tool must have one.
    pub tags: Vec<String>,
    /// Names of tools.
    pub tools: Vec<String>,
    /// Tags of which a tool must have none.
    pub exclude_tags: Vec<String>,
    /// Names of tools that are left out.
    pub exclude_tools: Vec<String>,
    /// Whether tools with the tag `secrets` are included that are not named otherwise.
    pub include_secrets: bool,
}

impl Preset {
    /// Returns whether the preset contains a tool, by the rule of `Preset::matches` in the runtime.
    #[must_use]
    pub fn contains(&self, tool: &Operation) -> bool {
        let has_tag = |tags: &[String]| tags.iter().any(|tag| tool.tags.contains(tag));
        let is_named = |names: &[String]| {
            let former = tool.renamed_from.as_ref();
            names.contains(&tool.tool_name) || former.is_some_and(|name| names.contains(name))
        };
        let allows = |method: &String| match method.as_str() {
            "read" => tool.effect.read_only,
            "write" => !tool.effect.read_only,
            method => method == tool.method,
        };
        let is_open = self.include_secrets
            || !tool.tags.iter().any(|tag| tag == SECRETS)
            || self.tags.iter().any(|tag| tag == SECRETS)
            || is_named(&self.tools);
        (self.methods.is_empty() || self.methods.iter().any(allows))
            && (self.tags.is_empty() || has_tag(&self.tags))
            && (self.tools.is_empty() || is_named(&self.tools))
            && !has_tag(&self.exclude_tags)
            && !is_named(&self.exclude_tools)
            && is_open
    }
}
