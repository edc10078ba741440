//! Table tests of the criteria, each alone and together with others.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Preset, Selection};
use crate::tests::tools::TOOL;
use crate::tool::api::{Api, ErrorShapes, SignIn, VersionProbe};
use crate::tool::registry::tools;
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
        &[
            Tool {
                name: "get_x_log",
                renamed_from: "read_x_log",
                method: "get",
                tags: &["logs", "runs"],
                ..TOOL
            },
            Tool {
                name: "get_x_secret",
                method: "get",
                tags: &["vault", "secrets"],
                ..TOOL
            },
            Tool {
                name: "set_x_secret",
                method: "set",
                tags: &["vault", "secrets"],
                effect: WRITES,
                ..TOOL
            },
        ],
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

const PRESET: Preset = Preset {
    name: "",
    title: "",
    methods: &[],
    tags: &[],
    tools: &[],
    exclude_tags: &[],
    exclude_tools: &[],
    include_secrets: false,
};

static PRESETS: [Preset; 4] = [
    Preset {
        name: "rbac",
        tags: &["rbac"],
        ..PRESET
    },
    Preset {
        name: "read",
        methods: &["read"],
        ..PRESET
    },
    Preset {
        name: "named",
        tools: &["read_x_log", "get_x_secret"],
        exclude_tools: &["get_x_log"],
        ..PRESET
    },
    Preset {
        name: "all",
        include_secrets: true,
        ..PRESET
    },
];

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn any() -> Selection {
    Selection {
        presets: &PRESETS,
        ..Selection::default()
    }
}

fn preset(name: &str) -> Selection {
    Selection {
        preset: Some(name.to_owned()),
        ..any()
    }
}

fn selection(methods: &[&str], tags: &[&str], tools: &[&str]) -> Selection {
    Selection {
        methods: names(methods),
        tags: names(tags),
        tools: names(tools),
        ..any()
    }
}

#[test]
fn a_selection_matches_tools_that_meet_all_criteria() {
    const LIST: &str = "list_all_x_users";
    const DELETE: &str = "delete_a_x_user_by_id";
    const LOG: &str = "get_x_log";
    const GET: &str = "get_x_secret";
    const SET: &str = "set_x_secret";
    let none: &[&str] = &[];
    let secrets = |selection| Selection {
        include_secrets: true,
        ..selection
    };
    let without = |tags: &[&str], tools: &[&str], selection| Selection {
        exclude_tags: names(tags),
        exclude_tools: names(tools),
        ..selection
    };
    let rows: Vec<(Selection, &[&str])> = vec![
        (any(), &[LIST, DELETE, LOG]),
        (selection(&["read"], none, none), &[LIST, LOG]),
        (selection(&["write"], none, none), &[DELETE]),
        (selection(&["list", "delete"], none, none), &[LIST, DELETE]),
        (selection(none, &["runs"], none), &[LOG]),
        (selection(&["read"], &["rbac"], none), &[LIST]),
        (selection(&["read"], none, &[LOG, DELETE]), &[LOG]),
        (selection(&["trigger"], none, none), &[]),
        (selection(none, none, &["read_x_log"]), &[LOG]),
        // Secrets are offered only if the selection says so.
        (secrets(any()), &[LIST, DELETE, LOG, GET, SET]),
        (secrets(selection(&["write"], none, none)), &[DELETE, SET]),
        (selection(none, &["vault"], none), &[]),
        (secrets(selection(none, &["vault"], none)), &[GET, SET]),
        (selection(none, &["secrets"], none), &[GET, SET]),
        (
            selection(&["read"], &["secrets", "rbac"], none),
            &[LIST, GET],
        ),
        (selection(none, none, &[GET, LOG]), &[LOG, GET]),
        (selection(none, &["vault"], &[GET, LOG]), &[GET]),
        // Exclusions.
        (without(&["rbac"], none, any()), &[LOG]),
        (without(&["runs", "zork"], none, any()), &[LIST, DELETE]),
        (without(none, &["read_x_log", DELETE], any()), &[LIST]),
        (without(&["rbac"], &[LOG], any()), &[]),
        (
            without(&["secrets"], none, secrets(any())),
            &[LIST, DELETE, LOG],
        ),
        (
            without(&["secrets"], none, selection(none, none, &[GET])),
            &[],
        ),
        (
            without(none, &[LIST], selection(none, &["rbac"], none)),
            &[DELETE],
        ),
        // Presets.
        (preset("rbac"), &[LIST, DELETE]),
        (preset("read"), &[LIST, LOG]),
        (preset("named"), &[GET]),
        (preset("all"), &[LIST, DELETE, LOG, GET, SET]),
        (preset("gone"), &[]),
        (secrets(preset("read")), &[LIST, LOG]),
        (without(&["rbac"], none, preset("read")), &[LOG]),
        (
            Selection {
                preset: Some("rbac".to_owned()),
                ..selection(&["read"], none, none)
            },
            &[LIST],
        ),
        (
            Selection {
                preset: Some("read".to_owned()),
                ..selection(none, none, &[DELETE, LOG, GET])
            },
            &[LOG],
        ),
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
    let rows: [(Selection, &[&str]); 13] = [
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
                r#"unknown method "zork" (known: delete, get, list, read, set, trigger, write)"#,
                r#"unknown tag "rabc" (did you mean "rbac"?)"#,
                r#"unknown tool "list_users" (did you mean "list_all_x_users"?)"#,
            ],
        ),
        (
            selection(&[""], none, none),
            &[r#"unknown method "" (known: delete, get, list, read, set, trigger, write)"#],
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
        (
            Selection {
                preset: Some("redd".to_owned()),
                exclude_tags: names(&["rbca"]),
                exclude_tools: names(&["get_x_lgo"]),
                ..any()
            },
            &[
                r#"unknown preset "redd" (did you mean "read"?)"#,
                r#"unknown tag "rbca" (did you mean "rbac"?)"#,
                r#"unknown tool "get_x_lgo" (did you mean "get_x_log"?)"#,
            ],
        ),
        (
            Selection {
                tags: names(&["rbac"]),
                exclude_tools: names(&["list_all_x_users", "delete_a_x_user_by_id"]),
                ..any()
            },
            &[
                "no tool matches all criteria; change one of them: with the other criteria, tags can be logs, runs, not rbac; without exclude_tools list_all_x_users, delete_a_x_user_by_id, the other criteria match delete_a_x_user_by_id, list_all_x_users",
            ],
        ),
        (
            Selection {
                tags: names(&["vault"]),
                ..any()
            },
            &[
                "no tool matches all criteria; change one of them: with the other criteria, tags can be logs, rbac, runs, not vault; all tools that match have the tag secrets, so set include_secrets",
            ],
        ),
        (
            Selection {
                preset: Some("rbac".to_owned()),
                tags: names(&["runs"]),
                ..any()
            },
            &[
                "no tool matches all criteria; change one of them: with the other criteria, preset can be all, read, not rbac; with the other criteria, tags can be rbac, not runs",
            ],
        ),
    ];
    for (selection, expected) in rows {
        let errors = selection.check(&[&NEW, &OLD]).err().unwrap_or_default();
        let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(messages, expected, "{selection:?}");
    }
}
