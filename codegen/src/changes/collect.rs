//! The changes of one tool in all its APIs, each told once.

use super::{Change, ToolChange};
use crate::catalog::Api;

/// The changes of a tool, and the APIs that have each.
#[derive(Default)]
pub(super) struct Collected {
    /// APIs in which the tool was before.
    before: Vec<String>,
    changes: Vec<(Change, Vec<String>)>,
}

impl Collected {
    pub(super) fn add(&mut self, api: &str, was_there: bool, changes: Vec<Change>) {
        if was_there {
            self.before.push(api.to_owned());
        }
        for change in changes {
            match self.changes.iter_mut().find(|(other, _)| *other == change) {
                // The same can be said of several parts of one type, once is enough.
                Some((_, apis)) if apis.iter().any(|other| other == api) => {}
                Some((_, apis)) => apis.push(api.to_owned()),
                None => self.changes.push((change, vec![api.to_owned()])),
            }
        }
    }

    /// In the order found; a change in all APIs that have the tool names none.
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

/// Names of the APIs that are compared.
pub(super) fn labels<'c>(apis: &[(&'c Api, &'c Api)]) -> Vec<&'c str> {
    apis.iter().map(|(_, api)| api.name.as_str()).collect()
}
