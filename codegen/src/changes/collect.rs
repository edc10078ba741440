//! Combines the changes of a tool in all APIs, so that each change is reported once.

use super::change::{ApiChange, ToolChange};

/// Changes of a tool, each with the APIs in which it occurs.
#[derive(Default)]
pub(super) struct Collected {
    /// APIs that had the tool before.
    before: Vec<String>,
    changes: Vec<(ApiChange, Vec<String>)>,
}

impl Collected {
    pub(super) fn add(&mut self, api: &str, was_there: bool, changes: Vec<ApiChange>) {
        if was_there {
            self.before.push(api.to_owned());
        }
        for change in changes {
            match self.changes.iter_mut().find(|(other, _)| *other == change) {
                // Several parts of the same type can have the same change; it is reported once.
                Some((_, apis)) if apis.iter().any(|other| other == api) => {}
                Some((_, apis)) => apis.push(api.to_owned()),
                None => self.changes.push((change, vec![api.to_owned()])),
            }
        }
    }

    /// Returns the changes in the order of detection. A change in all APIs that have the tool names no API.
    pub(super) fn changes(self, toolset: &str, tool: &str, all: &[&str]) -> Vec<ToolChange> {
        let Self { before, changes } = self;
        let everywhere = |apis: &[String]| match before.as_slice() {
            [] => all.iter().all(|api| apis.iter().any(|it| it == api)),
            before => before == apis,
        };
        changes
            .into_iter()
            .map(|(change, apis)| ToolChange {
                toolset: toolset.to_owned(),
                tool: tool.to_owned(),
                apis: if everywhere(&apis) { Vec::new() } else { apis },
                change,
            })
            .collect()
    }
}
