//! Search in the catalogue, because the results depend on all tools and on the synonyms.

use std::sync::Arc;

use mcp_server::offer::{Catalogue, OfferedTools};
use mcp_server::product::set_product;
use runtime::selection::Selection;

use super::PRODUCT;

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

#[test]
fn expected_tool_is_among_the_first_three() {
    set_product(&PRODUCT);
    let catalogue = Arc::new(Catalogue::new(PRODUCT.apis));
    let offer = OfferedTools::new(
        catalogue,
        Selection {
            include_secrets: true,
            ..Selection::default()
        },
    );
    for (query, expected) in QUERIES {
        let found = offer.search(None, query);
        let names: Vec<_> = found.iter().take(3).map(|tool| tool.name).collect();
        assert!(names.contains(expected), "{query}: {names:?}");
    }
}

#[test]
fn synonyms_are_sorted() {
    let words = PRODUCT.synonyms.words;
    assert!(words.is_sorted_by(|before, after| before.0 < after.0));
}
