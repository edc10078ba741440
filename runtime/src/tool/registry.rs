//! Finds the tools of an API by name.

use crate::tool::Tool;
use crate::tool::api::Api;
use mcp_schema::suggestion::nearest;

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::{find, nearest_tool, tools};
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
}
