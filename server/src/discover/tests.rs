//! Search in the compiled-in catalogue, because the results depend on all tools.

use std::sync::Arc;

use airflow_tools::APIS;
use runtime::registry::Selection;

use super::*;
use crate::offer::Catalogue;
use crate::tools::size;

/// Queries of users, each with the tool that must be among the first three results.
const QUERIES: &[(&str, &str)] = &[
    ("who has admin", "list_all_apacheairflow_users"),
    ("who has role Viewer", "list_all_apacheairflow_users"),
    ("get_users", "list_all_apacheairflow_users"),
    (
        "list_all_apacheairflow_users",
        "list_all_apacheairflow_users",
    ),
    ("add a user", "create_a_apacheairflow_user"),
    ("craete usr", "create_a_apacheairflow_user"),
    ("new account", "create_a_apacheairflow_user"),
    ("remove user", "delete_a_apacheairflow_user_by_id"),
    ("grant a user a role", "update_a_apacheairflow_user_by_id"),
    ("what can a role do", "get_single_apacheairflow_role_by_id"),
    ("rename a role", "update_a_apacheairflow_role_by_id"),
    ("permisions", "list_all_apacheairflow_permissions"),
    ("failed runs today", "list_all_apacheairflow_dag_runs"),
    ("log of a task", "list_all_apacheairflow_log_lines"),
    ("pause dag", "update_a_apacheairflow_dag_by_id"),
    ("set variable", "update_a_apacheairflow_variable_by_id"),
    ("rerun dag", "clear_apacheairflow_dag_run"),
    ("unpause", "update_a_apacheairflow_dag_by_id"),
    ("xcom", "list_all_apacheairflow_xcoms"),
    ("why did it fail", "list_all_apacheairflow_log_lines"),
    (
        "permissions of a role",
        "get_single_apacheairflow_role_by_id",
    ),
    ("trigger dag", "trigger_apacheairflow_dag_run"),
    ("run a dag", "trigger_apacheairflow_dag_run"),
    ("start a dag run with conf", "trigger_apacheairflow_dag_run"),
    ("retry failed task", "clear_apacheairflow_task_instances"),
    ("rerun failed tasks", "clear_apacheairflow_task_instances"),
    (
        "mark task success",
        "update_a_apacheairflow_task_instance_by_id",
    ),
    ("mark run as failed", "update_a_apacheairflow_dag_run_by_id"),
    ("stop a run", "update_a_apacheairflow_dag_run_by_id"),
    ("list dags", "list_all_apacheairflow_dags"),
    ("dags with tag", "list_all_apacheairflow_dags"),
    (
        "source code of a dag",
        "get_single_apacheairflow_dag_source_by_id",
    ),
    ("broken dags", "list_all_apacheairflow_import_errors"),
    ("import errors", "list_all_apacheairflow_import_errors"),
    ("is the scheduler alive", "check_apacheairflow_health"),
    ("scheduler health", "check_apacheairflow_health"),
    ("airflow version", "show_apacheairflow_version"),
    ("who changed the dag", "list_all_apacheairflow_event_logs"),
    ("audit log", "list_all_apacheairflow_event_logs"),
    ("conection test", "test_apacheairflow_connection"),
    ("new connection", "create_a_apacheairflow_connection"),
    ("variables", "list_all_apacheairflow_variables"),
    (
        "read variable value",
        "get_single_apacheairflow_variable_by_id",
    ),
    ("pool slots", "list_all_apacheairflow_pools"),
    ("create pool", "create_a_apacheairflow_pool"),
    ("backfill", "list_all_apacheairflow_backfills"),
    (
        "backfill a dag for last week",
        "create_a_apacheairflow_backfill",
    ),
    (
        "task instances of a run",
        "list_all_apacheairflow_task_instances",
    ),
    ("failed tasks", "list_all_apacheairflow_task_instances"),
    (
        "traceback of a failed task",
        "list_all_apacheairflow_log_lines",
    ),
    ("value of xcom", "get_single_apacheairflow_xcom_by_id"),
    (
        "why is my task not starting",
        "get_single_apacheairflow_task_instance_dependencies_by_id",
    ),
    (
        "task stuck in queue",
        "get_single_apacheairflow_task_instance_dependencies_by_id",
    ),
    ("settings", "list_all_apacheairflow_config_sections"),
    (
        "config option",
        "get_single_apacheairflow_config_option_by_id",
    ),
    ("installed providers", "list_all_apacheairflow_providers"),
    ("approve", "respond_apacheairflow_hitl_detail"),
    ("datasets", "list_all_apacheairflow_assets"),
    ("delete dag", "delete_a_apacheairflow_dag_by_id"),
    ("schedule of a dag", "get_single_apacheairflow_dag_by_id"),
    (
        "params of dag",
        "get_single_apacheairflow_dag_details_by_id",
    ),
    ("how many runs failed", "list_all_apacheairflow_dag_stats"),
    (
        "dag paramters",
        "get_single_apacheairflow_dag_details_by_id",
    ),
    ("wait for run", "wait_apacheairflow_dag_run"),
    ("set note on run", "update_a_apacheairflow_dag_run_by_id"),
    ("tasks of a dag", "list_all_apacheairflow_tasks"),
    ("disable a dag", "update_a_apacheairflow_dag_by_id"),
    (
        "reset password of a user",
        "update_a_apacheairflow_user_by_id",
    ),
    ("deactivate a user", "update_a_apacheairflow_user_by_id"),
    ("user with email", "list_all_apacheairflow_users"),
    ("last 50 lines of log", "list_all_apacheairflow_log_lines"),
    (
        "show me the error of the task",
        "list_all_apacheairflow_log_lines",
    ),
    (
        "failed task instances",
        "list_all_apacheairflow_task_instances",
    ),
    ("which dags are paused", "list_all_apacheairflow_dags"),
    ("dags owned by data team", "list_all_apacheairflow_dags"),
    ("next run of dag", "get_single_apacheairflow_dag_by_id"),
    ("running dags", "list_all_apacheairflow_dag_runs"),
    ("long running dag runs", "list_all_apacheairflow_dag_runs"),
    ("clear task", "clear_apacheairflow_task_instances"),
    ("trigger dag with config", "trigger_apacheairflow_dag_run"),
    ("who deleted the dag", "list_all_apacheairflow_event_logs"),
    ("add role to user", "update_a_apacheairflow_user_by_id"),
    ("remove role from user", "update_a_apacheairflow_user_by_id"),
    ("last run of a dag", "list_all_apacheairflow_dag_runs"),
    ("upstream of a task", "list_all_apacheairflow_tasks"),
    (
        "kill running task",
        "update_a_apacheairflow_task_instance_by_id",
    ),
    ("skip a task", "update_a_apacheairflow_task_instance_by_id"),
    ("delete xcom", "delete_a_apacheairflow_xcom_by_id"),
    ("variable", "list_all_apacheairflow_variables"),
    ("varialbes", "list_all_apacheairflow_variables"),
    ("credentials", "list_all_apacheairflow_connections"),
    ("postgres connection", "list_all_apacheairflow_connections"),
    ("health", "check_apacheairflow_health"),
    ("version", "show_apacheairflow_version"),
    ("plugins", "list_all_apacheairflow_plugins"),
    ("trigger run with params", "trigger_apacheairflow_dag_run"),
    ("trigge dag rnu", "trigger_apacheairflow_dag_run"),
    ("unpause dag", "update_a_apacheairflow_dag_by_id"),
    ("pause all dags", "bulk_update_apacheairflow_dags"),
    ("mapped task logs", "list_all_apacheairflow_log_lines"),
    ("dag code", "get_single_apacheairflow_dag_source_by_id"),
    ("materialize", "materialize_apacheairflow_asset"),
    ("human approval", "respond_apacheairflow_hitl_detail"),
    ("permissions", "list_all_apacheairflow_permissions"),
    ("dag warnings", "list_all_apacheairflow_dag_warnings"),
    ("stop dag run", "update_a_apacheairflow_dag_run_by_id"),
    ("cancel run", "update_a_apacheairflow_dag_run_by_id"),
    ("increase pool size", "update_a_apacheairflow_pool_by_id"),
    (
        "tries of a task",
        "list_all_apacheairflow_task_instance_tries",
    ),
    ("change password", "update_a_apacheairflow_user_by_id"),
];

fn offer(methods: &[&str], tags: &[&str]) -> Offer {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let selection = Selection {
        methods: owned(methods),
        tags: owned(tags),
        tools: Vec::new(),
    };
    Offer::new(Arc::new(Catalogue::new(APIS)), selection).discovered(true)
}

fn known(api: &str, documents: &[&'static str]) -> DetectedServer {
    let api = APIS.iter().find(|it| it.name == api);
    DetectedServer {
        api: api.copied().unwrap_or(APIS[0]),
        version: "1".to_owned(),
        documents: documents.to_vec(),
        versions: Vec::new(),
    }
}

fn found(offer: &Offer, known: Option<&DetectedServer>, arguments: &Value) -> Value {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    match wanted(&FIND, arguments) {
        Ok(Wanted::Find(find)) => find.run(offer, known).unwrap_or_else(|it| it.to_json()),
        other => panic!("{other:?}"),
    }
}

fn names(found: &Value) -> Vec<&str> {
    let tools = found["tools"].as_array();
    let names = tools.into_iter().flatten();
    names.filter_map(|tool| tool["name"].as_str()).collect()
}

#[test]
fn what_is_asked_for_is_among_the_first_three() {
    let offer = offer(&[], &[]);
    for (query, expected) in QUERIES {
        let found = found(&offer, None, &json!({"query": query, "limit": 3}));
        let names = names(&found);
        assert!(names.contains(expected), "{query}: {names:?}");
    }
}

#[test]
fn only_what_can_be_called_is_found() {
    let query = json!({"query": "users"});
    let reader = offer(&["read"], &[]);
    let found_by_reader = found(&reader, None, &query);
    let effects: Vec<_> = found_by_reader["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert!(!effects.is_empty());
    assert!(effects.iter().all(|tool| tool["effect"] == "read"));

    let without_users = known("airflow-3", &["airflow-3"]);
    let all = offer(&[], &[]);
    let found_without = found(&all, Some(&without_users), &query);
    let user = |name: &&str| name.contains("_user");
    assert_eq!(names(&found_without).into_iter().find(user), None);
    let described = describe(&all, Some(&without_users), "list_all_apacheairflow_users");
    let error = described.err().map(|error| error.detail);
    let expected = "tool `list_all_apacheairflow_users` is not one of this Airflow";
    assert_eq!(error.as_deref(), Some(expected));
}

#[test]
fn results_say_what_each_does_in_a_line() {
    let all = offer(&[], &[]);
    let rows = [
        ("delete user", "destructive"),
        ("create user", "write"),
        ("list users", "read"),
    ];
    for (query, effect) in rows {
        let found = found(&all, None, &json!({"query": query, "limit": 1}));
        assert_eq!(found["tools"][0]["effect"], effect, "{found}");
        let line = found["tools"][0]["description"].as_str().unwrap_or("\n");
        assert!(line.ends_with('.') && !line.contains('\n'), "{line:?}");
        assert!(found["more"].as_u64() > Some(0), "{found}");
    }
}

#[test]
fn without_words_the_toolsets_are_counted() {
    let all = offer(&[], &["rbac"]);
    for arguments in [json!({}), json!({"query": " ", "toolset": ""})] {
        let expected = json!([
            {"name": "permissions", "tags": ["rbac"], "tools": 1},
            {"name": "roles", "tags": ["rbac"], "tools": 5},
            {"name": "users", "tags": ["rbac"], "tools": 5},
        ]);
        assert_eq!(found(&all, None, &arguments)["toolsets"], expected);
    }
    let roles = found(&all, None, &json!({"toolset": "roles"}));
    assert_eq!((names(&roles).len(), &roles["more"]), (5, &json!(0)));
    let permissions = found(
        &all,
        None,
        &json!({"query": "users", "toolset": "permissions"}),
    );
    assert_eq!(permissions["hint"], NOTHING);
    let unknown = found(&all, None, &json!({"toolset": "rolls"}));
    let error = &unknown["error"];
    assert_eq!(error["detail"], "there is no toolset `rolls`");
    assert_eq!(error["hint"], "There are permissions, roles, users.");
}

#[test]
fn unknown_names_are_told_with_similar_ones() {
    let rows = [
        (
            &[][..],
            "create_apacheairflow_user",
            "unknown tool `create_apacheairflow_user`; did you mean `create_a_apacheairflow_user`?",
            "The most similar are create_a_apacheairflow_user, ",
        ),
        (
            &["read"],
            "delete_a_apacheairflow_user_by_id",
            "tool `delete_a_apacheairflow_user_by_id` is not offered here: this server offers a selection of tools without it",
            "The most similar are list_all_apacheairflow_users, ",
        ),
        (
            &[],
            "zzz",
            "unknown tool `zzz`",
            "find_apacheairflow_tools finds tools by words.",
        ),
    ];
    for (methods, name, detail, hint) in rows {
        let error = describe(&offer(methods, &["rbac"]), None, name).err();
        let error = error.map(|error| (error.detail, error.hint));
        let (found_detail, found_hint) = error.unwrap_or_default();
        assert_eq!(found_detail, detail);
        assert!(found_hint.starts_with(hint), "{found_hint}");
    }
}

#[test]
fn a_description_is_all_that_is_listed_of_a_tool() {
    let all = offer(&[], &[]);
    let name = "delete_a_apacheairflow_user_by_id";
    let described = describe(&all, None, name).unwrap_or_default();
    let listed = Offer::clone(&all).discovered(false).listed_tool(None, name);
    // Serialized and parsed, as clients receive the tool, because a listed schema may already be text.
    let listed = serde_json::to_string(&listed).unwrap_or_default();
    let listed: Value = serde_json::from_str(&listed).unwrap_or_default();
    for key in ["name", "title", "description", "inputSchema", "annotations"] {
        assert!(described.get(key).is_some(), "{described}");
        assert_eq!(described[key], listed[key], "{key}");
    }
    assert_eq!(described["effect"], "destructive");
}

#[test]
fn wrong_arguments_are_told_and_not_shown() {
    let rows = [
        (&FIND, json!({"query": 1}), "query"),
        (&FIND, json!({"limit": 0}), "limit"),
        (&FIND, json!({"querry": "users"}), "query"),
        (&DESCRIBE, json!({}), "name"),
        (&CALL, json!({"arguments": {}}), "name"),
        (
            &CALL,
            json!({"name": "x", "arguments": "planted"}),
            "arguments",
        ),
        (
            &CALL,
            json!({"name": "x", "password": "planted"}),
            "password",
        ),
    ];
    for (tool, arguments, says) in rows {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let error = wanted(tool, arguments).err().map(|error| error.to_json());
        let error = error.unwrap_or_default()["error"].clone();
        assert_eq!(error["code"], "invalid_arguments");
        let detail = error["detail"].as_str().unwrap_or_default();
        assert!(
            detail.contains(says) && !detail.contains("planted"),
            "{detail}"
        );
    }
}

#[test]
fn the_three_are_small_and_say_what_they_can_do() {
    for (methods, can_write) in [
        (&[][..], true),
        (&["read"], false),
        (&["list", "delete"], true),
    ] {
        let offer = offer(methods, &[]);
        let listed = offer.listed(None);
        let hints: Vec<_> = listed
            .iter()
            .filter_map(|tool| {
                let annotations = tool.annotations.as_ref()?;
                Some((
                    &*tool.name,
                    annotations.read_only_hint?,
                    annotations.destructive_hint?,
                ))
            })
            .collect();
        let expected = [
            ("find_apacheairflow_tools", true, false),
            ("describe_apacheairflow_tool", true, false),
            ("call_apacheairflow_tool", !can_write, can_write),
        ];
        assert_eq!(hints, expected);
        let sum: usize = tools(!can_write).into_iter().map(size).sum();
        assert!(sum <= 1_500, "{sum} bytes");
        for api in APIS {
            let known = known(api.name, &[]);
            assert_eq!(offer.listed(Some(&known)).len(), 3);
        }
    }
}

#[test]
fn a_line_is_one_sentence() {
    let long = "x".repeat(300);
    let cut = format!("{}…", "x".repeat(LINE));
    let rows = [
        ("", ""),
        ("One. Two.", "One."),
        (
            "Needs 2.5\nor more, e.g. this. Then",
            "Needs 2.5 or more, e.g. this.",
        ),
        ("No end", "No end"),
        (&long, &cut),
    ];
    for (text, expected) in rows {
        assert_eq!(first_sentence(text), expected);
    }
}
