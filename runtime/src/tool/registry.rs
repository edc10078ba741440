//! Finds the tools of an API by name and selects the tools that a client may use.

use std::collections::BTreeSet;

use crate::tool::Tool;
use crate::tool::api::Api;
use mcp_schema::suggestion::{did_you_mean, listed, nearest};

/// Value of [`Selection::methods`] that selects all read-only tools.
pub const READ: &str = "read";

/// Value of [`Selection::methods`] that selects all tools that can change something.
pub const WRITE: &str = "write";

/// Criteria that restrict the tools that are listed and can be called. A tool must match all criteria; an empty criterion matches every tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Allowed methods: `read`, `write` or names of methods (`list`, `get`, `delete`, …).
    pub methods: Vec<String>,
    /// Tags of which a tool must have at least one.
    pub tags: Vec<String>,
    /// Allowed tool names.
    pub tools: Vec<String>,
}

/// Reason why a selection is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// A name that no tool of any API has.
    #[error("unknown {what} {name:?}{}", did_you_mean(name, known.iter().copied()))]
    Unknown {
        /// Type of the name: `method`, `tag` or `tool`.
        what: &'static str,
        /// Unknown name.
        name: String,
        /// All existing names.
        known: Vec<&'static str>,
    },
    /// A selection whose criteria each match some tool, while no tool matches all of them.
    #[error("no tool matches all criteria; change one of them: {}", .alternatives.join("; "))]
    Empty {
        /// For each criterion, a text with the values that would match together with the other criteria.
        alternatives: Vec<String>,
    },
}

/// Returns all tools of an API, in the order of the allowlist.
pub fn tools(api: &'static Api) -> impl Iterator<Item = &'static Tool> {
    api.toolsets.iter().copied().flatten()
}

/// Returns the tool with this name or former name: a renamed tool can be called by its former name for one release. If several tools match, returns the first, whose document a server is assumed to have until it is detected.
///
/// An index is unnecessary, because a few hundred comparisons of short texts take one or two microseconds.
#[must_use]
pub fn find(api: &'static Api, name: &str) -> Option<&'static Tool> {
    tools(api).find(|tool| tool.is_called(name))
}

/// Returns the name that is most similar to `name`, or `None` if none is similar.
#[must_use]
pub fn nearest_tool(
    name: &str,
    tools: impl IntoIterator<Item = &'static Tool>,
) -> Option<&'static str> {
    let names: Vec<_> = tools.into_iter().map(|tool| tool.name).collect();
    nearest(name, names.into_iter())
}

impl Selection {
    /// Returns whether a tool matches all criteria.
    #[must_use]
    pub fn matches(&self, tool: &Tool) -> bool {
        self.allows_method(tool) && self.allows_tag(tool) && self.allows_name(tool)
    }

    /// Checks the selection against all APIs, because the API of a server may not be detected yet.
    ///
    /// # Errors
    /// Returns all unknown names. If all names are known, returns an error if no tool is selected.
    pub fn check(&self, apis: &[&'static Api]) -> Result<(), Vec<SelectionError>> {
        let all: Vec<_> = apis.iter().copied().flat_map(tools).collect();
        let methods: BTreeSet<_> = all
            .iter()
            .map(|tool| tool.method)
            .chain([READ, WRITE])
            .collect();
        let tags: BTreeSet<_> = all.iter().flat_map(|tool| tool.tags).copied().collect();
        let names: BTreeSet<_> = all.iter().map(|tool| tool.name).collect();
        // A former name of a tool is valid but is not suggested.
        let is_new = |name: &&String| !all.iter().any(|tool| tool.is_called(name));
        let mut errors = unknown("method", &self.methods, &methods);
        errors.extend(unknown("tag", &self.tags, &tags));
        errors.extend(unknown("tool", self.tools.iter().filter(is_new), &names));
        if errors.is_empty() && !all.iter().any(|tool| self.matches(tool)) {
            let alternatives = self.alternatives(&all);
            errors.push(SelectionError::Empty { alternatives });
        }
        match errors.is_empty() {
            true => Ok(()),
            false => Err(errors),
        }
    }

    fn allows_method(&self, tool: &Tool) -> bool {
        let allows = |method: &String| match method.as_str() {
            READ => tool.effect.read_only,
            WRITE => !tool.effect.read_only,
            method => method == tool.method,
        };
        self.methods.is_empty() || self.methods.iter().any(allows)
    }

    fn allows_tag(&self, tool: &Tool) -> bool {
        let has = |tag: &String| tool.tags.contains(&tag.as_str());
        self.tags.is_empty() || self.tags.iter().any(has)
    }

    fn allows_name(&self, tool: &Tool) -> bool {
        self.tools.is_empty() || self.tools.iter().any(|name| tool.is_called(name))
    }

    /// Describes, for each criterion that is set, the values that would match together with the other criteria.
    fn alternatives(&self, all: &[&'static Tool]) -> Vec<String> {
        let (mut methods, mut tags, mut names) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for tool in all {
            match (
                self.allows_method(tool),
                self.allows_tag(tool),
                self.allows_name(tool),
            ) {
                (false, true, true) => drop(methods.insert(tool.method)),
                (true, false, true) => tags.extend(tool.tags.iter().copied()),
                (true, true, false) => drop(names.insert(tool.name)),
                _ => {}
            }
        }
        let criteria = [
            ("methods", &self.methods, methods),
            ("tags", &self.tags, tags),
            ("tools", &self.tools, names),
        ];
        let given = criteria
            .into_iter()
            .filter(|(_, given, _)| !given.is_empty());
        given
            .map(|(what, given, found)| {
                let (given, found) = (given.join(", "), listed(found.iter().copied()));
                format!("with the other criteria, {what} can be {found}, not {given}")
            })
            .collect()
    }
}

fn unknown<'s>(
    what: &'static str,
    given: impl IntoIterator<Item = &'s String>,
    known: &BTreeSet<&'static str>,
) -> Vec<SelectionError> {
    let unknown = given
        .into_iter()
        .filter(|name| !known.contains(name.as_str()));
    unknown
        .map(|name| SelectionError::Unknown {
            what,
            name: name.clone(),
            known: known.iter().copied().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::{Selection, find, nearest_tool, tools};
    use crate::tests::tools::TOOL;
    use crate::tool::api::{Api, ErrorShapes, SignIn, VersionProbe};
    use crate::tool::{Effect, Tool};

    const WRITES: Effect = Effect {
        read_only: false,
        destructive: false,
        idempotent: false,
    };

    const fn api(name: &'static str, toolsets: &'static [&'static [Tool]]) -> Api {
        Api {
            name,
            title: name,
            version: VersionProbe {
                path: "/version",
                version: "/version",
                product: "Things",
            },
            documents: &[],
            sign_in: SignIn::Basic { session: None },
            errors: ErrorShapes {
                detail: &[],
                title: &[],
                hints: &[],
            },
            toolsets,
        }
    }

    static OLD: Api = api(
        "old",
        &[
            &[
                Tool {
                    name: "list_all_x_users",
                    method: "list",
                    tags: &["rbac"],
                    ..TOOL
                },
                Tool {
                    name: "delete_a_x_user_by_id",
                    method: "delete",
                    tags: &["rbac"],
                    effect: WRITES,
                    ..TOOL
                },
            ],
            &[Tool {
                name: "get_x_log",
                renamed_from: "read_x_log",
                method: "get",
                tags: &["logs", "runs"],
                ..TOOL
            }],
        ],
    );
    static NEW: Api = api(
        "new",
        &[&[Tool {
            name: "trigger_x_run",
            method: "trigger",
            tags: &["runs"],
            effect: WRITES,
            ..TOOL
        }]],
    );

    fn selection(methods: &[&str], tags: &[&str], names: &[&str]) -> Selection {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Selection {
            methods: owned(methods),
            tags: owned(tags),
            tools: owned(names),
        }
    }

    #[test]
    fn tools_keep_their_order_and_are_found() {
        let names: Vec<_> = tools(&OLD).map(|tool| tool.name).collect();
        assert_eq!(
            names,
            ["list_all_x_users", "delete_a_x_user_by_id", "get_x_log"]
        );
        let found = names.iter().map(|name| find(&OLD, name).unwrap().name);
        assert_eq!(found.collect::<Vec<_>>(), names);
        let rows = [
            ("list_users", Some("list_all_x_users")),
            ("get_x_logs", Some("get_x_log")),
            ("deleteAXUserById", Some("delete_a_x_user_by_id")),
            ("trigger_x_run", None),
        ];
        let nearest = rows.map(|(name, _)| (name, nearest_tool(name, tools(&OLD))));
        assert_eq!(nearest, rows);
        assert_eq!(find(&OLD, "list_users"), None);
        let renamed = find(&OLD, "read_x_log").map(|tool| tool.name);
        assert_eq!(renamed, Some("get_x_log"));
        assert_eq!(find(&OLD, ""), None, "most tools never had another name");
    }

    #[test]
    fn a_selection_matches_tools_that_meet_all_criteria() {
        let none: &[&str] = &[];
        let rows: [(Selection, &[&str]); 9] = [
            (
                selection(none, none, none),
                &["list_all_x_users", "delete_a_x_user_by_id", "get_x_log"],
            ),
            (
                selection(&["read"], none, none),
                &["list_all_x_users", "get_x_log"],
            ),
            (
                selection(&["write"], none, none),
                &["delete_a_x_user_by_id"],
            ),
            (
                selection(&["list", "delete"], none, none),
                &["list_all_x_users", "delete_a_x_user_by_id"],
            ),
            (selection(none, &["runs"], none), &["get_x_log"]),
            (selection(&["read"], &["rbac"], none), &["list_all_x_users"]),
            (
                selection(&["read"], none, &["get_x_log", "delete_a_x_user_by_id"]),
                &["get_x_log"],
            ),
            (selection(&["trigger"], none, none), &[]),
            (selection(none, none, &["read_x_log"]), &["get_x_log"]),
        ];
        for (selection, expected) in rows {
            let found: Vec<_> = tools(&OLD)
                .filter(|tool| selection.matches(tool))
                .map(|tool| tool.name)
                .collect();
            assert_eq!(found, expected, "{selection:?}");
        }
    }

    #[test]
    fn invalid_selections_are_rejected() {
        let none: &[&str] = &[];
        let rows: [(Selection, &[&str]); 9] = [
            (selection(none, none, none), &[]),
            (selection(none, none, &["read_x_log"]), &[]),
            (selection(&["read"], &["logs"], &["get_x_log"]), &[]),
            // The method exists in an API other than that of the server.
            (selection(&["trigger"], none, none), &[]),
            (
                selection(&["lst", "Read", "zork"], &["rabc"], &["list_users"]),
                &[
                    r#"unknown method "lst" (did you mean "list"?)"#,
                    r#"unknown method "Read" (did you mean "read"?)"#,
                    r#"unknown method "zork" (known: delete, get, list, read, trigger, write)"#,
                    r#"unknown tag "rabc" (did you mean "rbac"?)"#,
                    r#"unknown tool "list_users" (did you mean "list_all_x_users"?)"#,
                ],
            ),
            (
                selection(&[""], none, none),
                &[r#"unknown method "" (known: delete, get, list, read, trigger, write)"#],
            ),
            (
                selection(&["delete"], &["logs"], none),
                &[
                    "no tool matches all criteria; change one of them: with the other criteria, methods can be get, not delete; with the other criteria, tags can be rbac, not logs",
                ],
            ),
            (
                selection(&["write"], none, &["get_x_log"]),
                &[
                    "no tool matches all criteria; change one of them: with the other criteria, methods can be get, not write; with the other criteria, tools can be delete_a_x_user_by_id, trigger_x_run, not get_x_log",
                ],
            ),
            (
                selection(&["write"], &["logs"], &["list_all_x_users"]),
                &[
                    "no tool matches all criteria; change one of them: with the other criteria, methods can be none, not write; with the other criteria, tags can be none, not logs; with the other criteria, tools can be none, not list_all_x_users",
                ],
            ),
        ];
        for (selection, expected) in rows {
            let errors = selection.check(&[&NEW, &OLD]).err().unwrap_or_default();
            let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
            assert_eq!(messages, expected, "{selection:?}");
        }
    }
}
