//! Tools of a server as checkboxes with the number of tools that each selects.

use std::collections::BTreeMap;

use mcp_server::product::product;
use runtime::registry::tools;
use runtime::selection::{READ, Selection, WRITE};
use runtime::{Api, Tool};

use crate::model::ServerConfig;
use crate::validate::selection;

/// Checkboxes with their state.
pub(super) struct Choices {
    pub(super) methods: Vec<Choice>,
    pub(super) tags: Vec<Choice>,
    /// Tags that can be excluded.
    pub(super) exclude_tags: Vec<Choice>,
    pub(super) presets: Vec<PresetChoice>,
    /// Whether the selection has criteria other than a preset.
    pub(super) custom: bool,
    pub(super) toolsets: Vec<Toolset>,
    /// Selected tools that no longer exist in any API. They are kept, because removing the last selected tool would select all tools.
    pub(super) unknown: Vec<String>,
    /// Number of all tools.
    pub(super) total: usize,
    pub(super) selected: usize,
}

/// Method or tag.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) count: usize,
    pub(super) ticked: bool,
}

/// Preset.
pub(super) struct PresetChoice {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) count: usize,
    pub(super) ticked: bool,
}

/// Tools of one toolset.
pub(super) struct Toolset {
    pub(super) name: &'static str,
    pub(super) tools: Vec<Entry>,
    /// Whether a tool of the toolset is ticked.
    pub(super) open: bool,
}

/// Checkbox of a tool.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) method: &'static str,
    pub(super) effect: &'static str,
    /// Tags, separated by spaces.
    pub(super) tags: String,
    /// Names of the presets that contain the tool, separated by spaces.
    pub(super) presets: String,
    pub(super) ticked: bool,
    pub(super) selected: bool,
}

/// Returns the number of tools that a configuration selects in all APIs. A tool that several APIs have counts once.
pub(super) fn count(apis: &[&'static Api], config: &ServerConfig) -> usize {
    let selection = selection(&config.clone().completed());
    all(apis).filter(|tool| selection.matches(tool)).count()
}

impl Choices {
    pub(super) fn new(apis: &[&'static Api], config: &ServerConfig) -> Self {
        let selection = selection(&config.clone().completed());
        let all: Vec<_> = all(apis).collect();
        let mut methods = vec![
            choice(READ, &config.methods, &all, |tool| tool.effect.read_only),
            choice(WRITE, &config.methods, &all, |tool| !tool.effect.read_only),
        ];
        for tool in &all {
            if !methods.iter().any(|it| it.value == tool.method) {
                let has = |other: &Tool| other.method == tool.method;
                methods.push(choice(tool.method, &config.methods, &all, has));
            }
        }
        unknown(&mut methods, &config.methods);
        let presets = product().presets.iter();
        let presets = presets.map(|preset| PresetChoice {
            name: preset.name.to_owned(),
            title: preset.title.to_owned(),
            count: all.iter().filter(|tool| preset.matches(tool)).count(),
            ticked: config.preset.as_deref() == Some(preset.name),
        });
        let mut presets: Vec<_> = presets.collect();
        if let Some(name) = &config.preset
            && !presets.iter().any(|preset| preset.ticked)
        {
            presets.push(PresetChoice {
                name: name.clone(),
                title: "no longer exists".to_owned(),
                count: 0,
                ticked: true,
            });
        }
        let gone = |name: &&String| !all.iter().any(|tool| tool.is_called(name));
        Self {
            methods,
            tags: tags(&all, &config.tags),
            exclude_tags: tags(&all, &config.exclude_tags),
            presets,
            custom: !self::selection(&ServerConfig {
                preset: None,
                ..config.clone()
            })
            .is_empty(),
            toolsets: toolsets(&all, &selection),
            unknown: config.tools.iter().filter(gone).cloned().collect(),
            total: all.len(),
            selected: all.iter().filter(|tool| selection.matches(tool)).count(),
        }
    }
}

/// Returns each tool once, from the newest API that has it.
fn all(apis: &[&'static Api]) -> impl Iterator<Item = &'static Tool> {
    let mut seen = std::collections::BTreeSet::new();
    apis.iter()
        .copied()
        .flat_map(tools)
        .filter(move |tool| seen.insert(tool.name))
}

fn choice(
    value: &str,
    ticked: &[String],
    all: &[&'static Tool],
    has: impl Fn(&Tool) -> bool,
) -> Choice {
    Choice {
        value: value.to_owned(),
        count: all.iter().filter(|tool| has(tool)).count(),
        ticked: ticked.iter().any(|it| it == value),
    }
}

/// Returns the tags with the number of tools that have them.
fn tags(all: &[&'static Tool], ticked: &[String]) -> Vec<Choice> {
    let mut tags = BTreeMap::new();
    for tag in all.iter().flat_map(|tool| tool.tags) {
        let has = |tool: &Tool| tool.tags.contains(tag);
        tags.entry(*tag)
            .or_insert_with(|| choice(tag, ticked, all, has));
    }
    let mut tags: Vec<_> = tags.into_values().collect();
    unknown(&mut tags, ticked);
    tags
}

/// Adds ticked values that match no tool, so that saving the form does not remove them silently.
fn unknown(choices: &mut Vec<Choice>, ticked: &[String]) {
    for value in ticked {
        if !choices.iter().any(|choice| choice.value == *value) {
            choices.push(choice(value, ticked, &[], |_| false));
        }
    }
}

fn presets_of(tool: &Tool) -> Vec<&'static str> {
    let presets = product().presets.iter();
    let presets = presets.filter(|preset| preset.matches(tool));
    presets.map(|preset| preset.name).collect()
}

fn toolsets(all: &[&'static Tool], selection: &Selection) -> Vec<Toolset> {
    let mut toolsets: Vec<Toolset> = Vec::new();
    for tool in all {
        let entry = Entry {
            name: tool.name,
            title: tool.title,
            method: tool.method,
            effect: if tool.effect.read_only { READ } else { WRITE },
            tags: tool.tags.join(" "),
            presets: presets_of(tool).join(" "),
            ticked: selection.tools.iter().any(|name| tool.is_called(name)),
            selected: selection.matches(tool),
        };
        match toolsets.iter_mut().find(|it| it.name == tool.toolset) {
            Some(toolset) => {
                toolset.open |= entry.ticked;
                toolset.tools.push(entry);
            }
            None => toolsets.push(Toolset {
                name: tool.toolset,
                open: entry.ticked,
                tools: vec![entry],
            }),
        }
    }
    toolsets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample::apis;

    fn config(methods: &[&str], tools: &[&str]) -> ServerConfig {
        let own = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect();
        ServerConfig {
            methods: own(methods),
            tools: own(tools),
            ..ServerConfig::default()
        }
    }

    #[test]
    fn each_tool_counts_once() {
        let rows: [(&[&str], &[&str], usize); 6] = [
            (&[], &[], 12),
            (&["read", "write"], &[], 24),
            (&["read"], &[], 12),
            (&["write"], &[], 12),
            (&["read"], &["delete_vessel"], 0),
            (&[], &["get_vessel", "gone"], 1),
        ];
        for (methods, tools, expected) in rows {
            let config = config(methods, tools);
            assert_eq!(count(apis(), &config), expected, "{config:?}");
        }
    }

    #[test]
    fn selected_tools_that_no_longer_exist_stay_selected() {
        let choices = Choices::new(apis(), &config(&["explode"], &["gone"]));
        let ticked: Vec<_> = choices
            .methods
            .iter()
            .filter(|it| it.ticked)
            .map(|it| (it.value.as_str(), it.count))
            .collect();
        assert_eq!(
            (ticked, choices.unknown),
            (vec![("explode", 0)], vec!["gone".to_owned()])
        );
    }
}
