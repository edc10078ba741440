//! Presets in the catalogue.

use serde::Serialize;

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
