//! Criteria that select the tools that a client may use.

use std::collections::BTreeSet;

use crate::tool::Tool;
use crate::tool::api::Api;
use crate::tool::registry::tools;
use mcp_schema::suggestion::{did_you_mean, listed};

/// Value of [`Selection::methods`] that selects all read-only tools.
pub const READ: &str = "read";

/// Value of [`Selection::methods`] that selects all tools that can change something.
pub const WRITE: &str = "write";

/// Tag of the tools whose arguments or results can contain secrets of the upstream. A selection offers them only if it says so.
pub const SECRETS: &str = "secrets";

/// Criteria that restrict the tools that are listed and can be called. A tool must meet all criteria; an empty criterion is met by every tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Presets of the product, among them the one that `preset` names.
    pub presets: &'static [Preset],
    /// Name of a preset that must contain the tool. An unknown name is met by no tool.
    pub preset: Option<String>,
    /// Allowed methods: `read`, `write` or names of methods (`list`, `get`, `delete`, …).
    pub methods: Vec<String>,
    /// Tags of which a tool must have at least one.
    pub tags: Vec<String>,
    /// Allowed tool names.
    pub tools: Vec<String>,
    /// Tags of which a tool must have none.
    pub exclude_tags: Vec<String>,
    /// Names of tools that are left out.
    pub exclude_tools: Vec<String>,
    /// Whether to include tools with the tag `secrets` that neither `tags`, `tools` nor the preset names.
    pub include_secrets: bool,
}

/// Named selection.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// Name, as selections refer to it.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// See [`Selection::methods`].
    pub methods: &'static [&'static str],
    /// See [`Selection::tags`].
    pub tags: &'static [&'static str],
    /// See [`Selection::tools`].
    pub tools: &'static [&'static str],
    /// See [`Selection::exclude_tags`].
    pub exclude_tags: &'static [&'static str],
    /// See [`Selection::exclude_tools`].
    pub exclude_tools: &'static [&'static str],
    /// See [`Selection::include_secrets`].
    pub include_secrets: bool,
}

/// Criterion of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// The preset contains the tool.
    Preset,
    /// The method is allowed.
    Methods,
    /// A tag is allowed.
    Tags,
    /// The name is allowed.
    Tools,
    /// No tag is excluded.
    ExcludeTags,
    /// The name is not excluded.
    ExcludeTools,
    /// The tool has no secrets, or the selection names it.
    IncludeSecrets,
}

impl Criterion {
    const ALL: [Self; 7] = [
        Self::Preset,
        Self::Methods,
        Self::Tags,
        Self::Tools,
        Self::ExcludeTags,
        Self::ExcludeTools,
        Self::IncludeSecrets,
    ];

    /// Returns the name of the criterion in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Preset => "preset",
            Self::Methods => "methods",
            Self::Tags => "tags",
            Self::Tools => "tools",
            Self::ExcludeTags => "exclude_tags",
            Self::ExcludeTools => "exclude_tools",
            Self::IncludeSecrets => "include_secrets",
        }
    }

    /// Returns the type of the names that the criterion consists of.
    const fn noun(self) -> &'static str {
        match self {
            Self::Preset => "preset",
            Self::Methods => "method",
            Self::Tags | Self::ExcludeTags => "tag",
            Self::Tools | Self::ExcludeTools | Self::IncludeSecrets => "tool",
        }
    }
}

/// Reason why a selection is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// A name that no tool of any API has.
    #[error("unknown {} {name:?}{}", criterion.noun(), did_you_mean(name, known.iter().copied()))]
    Unknown {
        /// Criterion with the name.
        criterion: Criterion,
        /// Unknown name.
        name: String,
        /// All existing names.
        known: Vec<&'static str>,
    },
    /// A selection whose criteria are each met by some tool, while no tool meets all of them.
    #[error("no tool matches all criteria; change one of them: {}", .alternatives.join("; "))]
    Empty {
        /// For each criterion, a text with the values that would match together with the other criteria.
        alternatives: Vec<String>,
    },
}

/// Lists of a selection or a preset.
struct Lists<'l, S> {
    methods: &'l [S],
    tags: &'l [S],
    tools: &'l [S],
    exclude_tags: &'l [S],
    exclude_tools: &'l [S],
    include_secrets: bool,
}

impl<S: AsRef<str>> Lists<'_, S> {
    /// Returns whether a tool meets a criterion. The criterion `preset` is met by every tool.
    fn meets(&self, criterion: Criterion, tool: &Tool) -> bool {
        let has_tag = |tags: &[S]| tags.iter().any(|tag| tool.tags.contains(&tag.as_ref()));
        let is_named = |names: &[S]| names.iter().any(|name| tool.is_called(name.as_ref()));
        match criterion {
            Criterion::Preset => true,
            Criterion::Methods => {
                let allows = |method: &S| match method.as_ref() {
                    READ => tool.effect.read_only,
                    WRITE => !tool.effect.read_only,
                    method => method == tool.method,
                };
                self.methods.is_empty() || self.methods.iter().any(allows)
            }
            Criterion::Tags => self.tags.is_empty() || has_tag(self.tags),
            Criterion::Tools => self.tools.is_empty() || is_named(self.tools),
            Criterion::ExcludeTags => !has_tag(self.exclude_tags),
            Criterion::ExcludeTools => !is_named(self.exclude_tools),
            Criterion::IncludeSecrets => {
                self.include_secrets
                    || !tool.tags.contains(&SECRETS)
                    || self.tags.iter().any(|tag| tag.as_ref() == SECRETS)
                    || is_named(self.tools)
            }
        }
    }
}

impl Preset {
    /// Returns whether the preset contains a tool.
    #[must_use]
    pub fn matches(&self, tool: &Tool) -> bool {
        let lists = Lists {
            methods: self.methods,
            tags: self.tags,
            tools: self.tools,
            exclude_tags: self.exclude_tags,
            exclude_tools: self.exclude_tools,
            include_secrets: self.include_secrets,
        };
        let mut criteria = Criterion::ALL.into_iter();
        criteria.all(|criterion| lists.meets(criterion, tool))
    }
}

impl Selection {
    /// Returns whether a tool meets all criteria.
    #[must_use]
    pub fn matches(&self, tool: &Tool) -> bool {
        let mut criteria = Criterion::ALL.into_iter();
        criteria.all(|criterion| self.meets(criterion, tool))
    }

    /// Returns whether no criterion is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let presets = self.presets;
        *self
            == Self {
                presets,
                ..Self::default()
            }
    }

    /// Checks the selection against all APIs, because the API of a server may not be detected yet.
    ///
    /// # Errors
    /// Returns all unknown names. If all names are known, returns an error if no tool is selected.
    pub fn check(&self, apis: &[&'static Api]) -> Result<(), Vec<SelectionError>> {
        let all: Vec<_> = apis.iter().copied().flat_map(tools).collect();
        let methods = all.iter().map(|tool| tool.method).chain([READ, WRITE]);
        let tags: BTreeSet<_> = all.iter().flat_map(|tool| tool.tags).copied().collect();
        let names: BTreeSet<_> = all.iter().map(|tool| tool.name).collect();
        let presets = self.presets.iter().map(|preset| preset.name).collect();
        // A former name of a tool is valid but is not suggested.
        let is_new = |name: &&String| !all.iter().any(|tool| tool.is_called(name));
        let (tools, exclude_tools) = (self.tools.iter(), self.exclude_tools.iter());
        let mut errors = unknown(Criterion::Preset, &self.preset, &presets);
        errors.extend(unknown(
            Criterion::Methods,
            &self.methods,
            &methods.collect(),
        ));
        errors.extend(unknown(Criterion::Tags, &self.tags, &tags));
        errors.extend(unknown(Criterion::Tools, tools.filter(is_new), &names));
        errors.extend(unknown(Criterion::ExcludeTags, &self.exclude_tags, &tags));
        errors.extend(unknown(
            Criterion::ExcludeTools,
            exclude_tools.filter(is_new),
            &names,
        ));
        if errors.is_empty() && !all.iter().any(|tool| self.matches(tool)) {
            let alternatives = self.alternatives(&all);
            errors.push(SelectionError::Empty { alternatives });
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(errors),
        }
    }

    fn meets(&self, criterion: Criterion, tool: &Tool) -> bool {
        let lists = Lists {
            methods: &self.methods,
            tags: &self.tags,
            tools: &self.tools,
            exclude_tags: &self.exclude_tags,
            exclude_tools: &self.exclude_tools,
            // A preset has its own criterion for secrets.
            include_secrets: self.include_secrets || self.preset.is_some(),
        };
        match (criterion, &self.preset) {
            (Criterion::Preset, Some(name)) => {
                let mut presets = self.presets.iter();
                let preset = presets.find(|preset| preset.name == name);
                preset.is_some_and(|preset| preset.matches(tool))
            }
            _ => lists.meets(criterion, tool),
        }
    }

    /// Describes, for each criterion that is set, the values that would match together with the other criteria.
    fn alternatives(&self, all: &[&'static Tool]) -> Vec<String> {
        let preset: Vec<_> = self.preset.iter().cloned().collect();
        let lists: [(Criterion, &[String]); 6] = [
            (Criterion::Preset, &preset),
            (Criterion::Methods, &self.methods),
            (Criterion::Tags, &self.tags),
            (Criterion::Tools, &self.tools),
            (Criterion::ExcludeTags, &self.exclude_tags),
            (Criterion::ExcludeTools, &self.exclude_tools),
        ];
        // Returns the tools that meet all criteria except this one.
        let excluded_by = |criterion: Criterion| {
            let others = Criterion::ALL
                .into_iter()
                .filter(move |it| *it != criterion);
            all.iter().filter(move |tool| {
                let mut others = others.clone();
                others.all(|it| self.meets(it, tool)) && !self.meets(criterion, tool)
            })
        };
        let given = lists.into_iter().filter(|(_, given)| !given.is_empty());
        let mut texts: Vec<String> = given
            .map(|(criterion, given)| {
                let mut found = BTreeSet::new();
                for tool in excluded_by(criterion) {
                    match criterion {
                        Criterion::Methods => drop(found.insert(tool.method)),
                        Criterion::Tags => found.extend(tool.tags),
                        Criterion::Preset => {
                            let presets = self.presets.iter().filter(|it| it.matches(tool));
                            found.extend(presets.map(|preset| preset.name));
                        }
                        _ => drop(found.insert(tool.name)),
                    }
                }
                let (what, given) = (criterion.name(), given.join(", "));
                let found = listed(found.iter().copied());
                match criterion {
                    Criterion::ExcludeTags | Criterion::ExcludeTools => {
                        format!("without {what} {given}, the other criteria match {found}")
                    }
                    _ => format!("with the other criteria, {what} can be {found}, not {given}"),
                }
            })
            .collect();
        if excluded_by(Criterion::IncludeSecrets).next().is_some() {
            texts.push(format!(
                "all tools that match have the tag {SECRETS}, so set include_secrets"
            ));
        }
        texts
    }
}

fn unknown<'s>(
    criterion: Criterion,
    given: impl IntoIterator<Item = &'s String>,
    known: &BTreeSet<&'static str>,
) -> Vec<SelectionError> {
    let unknown = given
        .into_iter()
        .filter(|name| !known.contains(name.as_str()));
    unknown
        .map(|name| SelectionError::Unknown {
            criterion,
            name: name.clone(),
            known: known.iter().copied().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
