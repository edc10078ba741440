//! The allowlist of this project with the published documents: the resulting tools, and the diagnostics about errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use expect_test::{expect, expect_file};
use mcp_codegen::catalog::{Api, Operation};
use mcp_codegen::{Catalog, Decision, Error, Input};

/// Returns all files below `specs/`.
fn inputs() -> Vec<Input> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<PathBuf> = vec![root.join("specs")];
    let mut inputs = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                inputs.push(Input {
                    path: name.replace('\\', "/"),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    inputs
}

fn catalog(inputs: &[Input]) -> Catalog {
    mcp_codegen::Workspace::read(inputs)
        .into_catalog()
        .unwrap_or_else(|errors| panic!("{}", report(&errors)))
}

fn report(errors: &[Error]) -> String {
    errors
        .iter()
        .fold(String::new(), |report, error| format!("{report}{error}\n"))
}

fn tools(api: &Api) -> impl Iterator<Item = &Operation> {
    let instead = api.alternatives.iter();
    let instead = instead.flat_map(|alternative| &alternative.toolsets);
    let toolsets = api.toolsets.iter().chain(instead);
    toolsets.flat_map(|toolset| &toolset.operations)
}

/// Returns one line for a tool: its request and its arguments, with `!` if required.
fn signature(operation: &Operation) -> String {
    let mut line = format!(
        "{}: {} {}",
        operation.tool_name, operation.http, operation.path
    );
    for parameter in &operation.parameters {
        let needed = if parameter.field.required { "!" } else { "" };
        let null = if parameter.clear { "?" } else { "" };
        write!(line, " {}{needed}{null}", parameter.field.name).unwrap();
        if let Some(fallback) = &parameter.fallback {
            write!(line, "|{fallback}").unwrap();
        }
    }
    if let Some(list) = &operation.list {
        let pages = list.pagination.is_some();
        let filters: Vec<_> = list
            .filters
            .iter()
            .map(|filter| filter.field.as_str())
            .collect();
        let filters = filters.join(" ");
        write!(line, " -> {} by {filters}, paged {pages}", list.items).unwrap();
    }
    if let Some(path) = &operation.merge {
        write!(line, " merged with {path}").unwrap();
    }
    if operation.mask.is_some() {
        line.push_str(" masked");
    }
    if let Some(path) = &operation.read_back {
        write!(line, " read back from {path}").unwrap();
    }
    line
}

#[test]
fn tools_of_each_api() {
    let catalog = catalog(&inputs());
    let mut found = String::new();
    for api in catalog.apis() {
        writeln!(found, "# {}", api.name).unwrap();
        for operation in tools(api) {
            writeln!(found, "{}", signature(operation)).unwrap();
        }
    }
    expect![[r#"
        # airflow-3
        list_all_apacheairflow_asset_state_store_entries: get /api/v2/assets/{asset_id}/state-store asset_id! -> asset_state_store by , paged true
        get_single_apacheairflow_asset_state_store_entry_by_id: get /api/v2/assets/{asset_id}/state-store/{key} id! asset_id!
        set_apacheairflow_asset_state_store_entry: put /api/v2/assets/{asset_id}/state-store/{key} key! asset_id! value! read back from /api/v2/assets/{asset_id}/state-store/{key}
        delete_a_apacheairflow_asset_state_store_entry_by_id: delete /api/v2/assets/{asset_id}/state-store/{key} id! asset_id! read back from /api/v2/assets/{asset_id}/state-store/{key}
        clear_apacheairflow_asset_state_store_entries: delete /api/v2/assets/{asset_id}/state-store asset_id!
        list_all_apacheairflow_assets: get /api/v2/assets name_pattern uri_pattern dag_ids only_active -> assets by , paged true
        get_single_apacheairflow_asset_by_id: get /api/v2/assets/{asset_id} id!
        list_all_apacheairflow_asset_events: get /api/v2/assets/events order_by asset_id source_dag_id source_task_id source_run_id name_pattern timestamp_gte timestamp_lte -> asset_events by , paged true
        create_a_apacheairflow_asset_event: post /api/v2/assets/events asset_id! partition_key extra
        list_all_apacheairflow_upstream_asset_events: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamAssetEvents dag_id! dag_run_id! -> asset_events by , paged false
        materialize_apacheairflow_asset: post /api/v2/assets/{asset_id}/materialize asset_id! dag_run_id logical_date conf note partition_key
        list_all_apacheairflow_asset_queued_events: get /api/v2/assets/{asset_id}/queuedEvents asset_id! -> queued_events by , paged false
        clear_apacheairflow_asset_queued_events: delete /api/v2/assets/{asset_id}/queuedEvents asset_id! before
        list_all_apacheairflow_dag_asset_queued_events: get /api/v2/dags/{dag_id}/assets/queuedEvents dag_id! -> queued_events by , paged false
        clear_apacheairflow_dag_asset_queued_events: delete /api/v2/dags/{dag_id}/assets/queuedEvents dag_id! before
        get_single_apacheairflow_dag_asset_queued_event_by_id: get /api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents dag_id! id!
        delete_a_apacheairflow_dag_asset_queued_event_by_id: delete /api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents dag_id! id!
        list_all_apacheairflow_asset_aliases: get /api/v2/assets/aliases name_pattern -> asset_aliases by , paged true
        get_single_apacheairflow_asset_alias_by_id: get /api/v2/assets/aliases/{asset_alias_id} id!
        list_all_apacheairflow_backfills: get /api/v2/backfills dag_id! order_by -> backfills by , paged true
        get_single_apacheairflow_backfill_by_id: get /api/v2/backfills/{backfill_id} id!
        create_a_apacheairflow_backfill: post /api/v2/backfills dag_id! from_date! to_date! run_backwards dag_run_conf reprocess_behavior max_active_runs
        list_all_apacheairflow_backfill_dates: post /api/v2/backfills/dry_run dag_id! from_date! to_date! reprocess_behavior -> backfills by , paged false
        pause_apacheairflow_backfill: put /api/v2/backfills/{backfill_id}/pause id!
        unpause_apacheairflow_backfill: put /api/v2/backfills/{backfill_id}/unpause id!
        cancel_apacheairflow_backfill: put /api/v2/backfills/{backfill_id}/cancel id!
        list_all_apacheairflow_config_sections: get /api/v2/config section -> sections by options.key, paged false
        get_single_apacheairflow_config_option_by_id: get /api/v2/config/section/{section}/option/{option} section! id!
        list_all_apacheairflow_connections: get /api/v2/connections connection_id_pattern -> connections by conn_type, paged true
        get_single_apacheairflow_connection_by_id: get /api/v2/connections/{connection_id} id!
        create_a_apacheairflow_connection: post /api/v2/connections connection_id! conn_type! description host login schema port password extra read back from /api/v2/connections/{connection_id}
        update_a_apacheairflow_connection_by_id: patch /api/v2/connections/{connection_id} id! connection_id|id conn_type description? host? login? schema? port? password extra? merged with /api/v2/connections/{connection_id} masked read back from /api/v2/connections/{connection_id}
        delete_a_apacheairflow_connection_by_id: delete /api/v2/connections/{connection_id} id! read back from /api/v2/connections/{connection_id}
        test_apacheairflow_connection: post /api/v2/connections/test connection_id! conn_type! host login schema port password extra
        enqueue_apacheairflow_connection_test: post /api/v2/connections/enqueue-test connection_id! conn_type! host login schema port password extra commit_on_success queue
        get_single_apacheairflow_connection_test_by_id: get /api/v2/connections/enqueue-test id!
        add_apacheairflow_default_connections: post /api/v2/connections/defaults
        bulk_apacheairflow_connections: patch /api/v2/connections actions!
        list_all_apacheairflow_dag_runs: get /api/v2/dags/{dag_id}/dagRuns dag_id logical_date_gte logical_date_lte start_date_gte start_date_lte end_date_gte duration_gte run_type state order_by run_id_pattern triggering_user_name_pattern dag_id_pattern -> dag_runs by , paged true
        list_all_apacheairflow_dag_runs_batch: post /api/v2/dags/~/dagRuns/list order_by dag_ids states start_date_gte -> dag_runs by , paged true
        get_single_apacheairflow_dag_run_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id} dag_id! id!
        trigger_apacheairflow_dag_run: post /api/v2/dags/{dag_id}/dagRuns dag_id! dag_run_id logical_date run_after conf note partition_key
        update_a_apacheairflow_dag_run_by_id: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id} dag_id! id! state note masked read back from /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}
        delete_a_apacheairflow_dag_run_by_id: delete /api/v2/dags/{dag_id}/dagRuns/{dag_run_id} dag_id! id!
        clear_apacheairflow_dag_run: post /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/clear dag_id! id! dry_run! only_failed only_new run_on_latest_version note
        clear_apacheairflow_dag_runs: post /api/v2/dags/{dag_id}/clearDagRuns dag_id! partition_key partition_date_start partition_date_end dry_run! only_failed run_on_latest_version dag_runs
        clear_apacheairflow_dag_run_partitions: post /api/v2/dags/{dag_id}/clearPartitions dag_id! partition_key partition_date_start partition_date_end run_id clear_task_instances dry_run!
        bulk_apacheairflow_dag_runs: patch /api/v2/dags/{dag_id}/dagRuns dag_id! actions!
        wait_apacheairflow_dag_run: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait dag_id! dag_run_id! interval result_task_ids
        get_single_apacheairflow_dag_source_by_id: get /api/v2/dagSources/{dag_id} id! version_number
        list_all_apacheairflow_dag_versions: get /api/v2/dags/{dag_id}/dagVersions dag_id order_by -> dag_versions by , paged true
        get_single_apacheairflow_dag_version_by_id: get /api/v2/dags/{dag_id}/dagVersions/{version_number} dag_id! id!
        list_all_apacheairflow_dag_warnings: get /api/v2/dagWarnings dag_id -> dag_warnings by , paged true
        list_all_apacheairflow_dags: get /api/v2/dags tags owners dag_id_pattern exclude_stale paused has_import_errors last_dag_run_state asset_dependency order_by is_favorite -> dags by , paged true
        get_single_apacheairflow_dag_by_id: get /api/v2/dags/{dag_id} id!
        get_single_apacheairflow_dag_details_by_id: get /api/v2/dags/{dag_id}/details id!
        update_a_apacheairflow_dag_by_id: patch /api/v2/dags/{dag_id} id! is_paused! masked read back from /api/v2/dags/{dag_id}
        bulk_update_apacheairflow_dags: patch /api/v2/dags dag_ids tags owners dag_id_pattern paused is_paused! masked
        delete_a_apacheairflow_dag_by_id: delete /api/v2/dags/{dag_id} id!
        favorite_apacheairflow_dag: post /api/v2/dags/{dag_id}/favorite dag_id!
        unfavorite_apacheairflow_dag: post /api/v2/dags/{dag_id}/unfavorite dag_id!
        list_all_apacheairflow_dag_tags: get /api/v2/dagTags tag_name_pattern -> tags by , paged true
        list_all_apacheairflow_dag_stats: get /api/v2/dagStats dag_ids -> dags by , paged false
        reparse_apacheairflow_dag_file: put /api/v2/parseDagFile/{file_token} file_token!
        list_all_apacheairflow_event_logs: get /api/v2/eventLogs order_by dag_id task_id run_id owner event excluded_events before after -> event_logs by , paged true
        get_single_apacheairflow_event_log_by_id: get /api/v2/eventLogs/{event_log_id} id!
        list_all_apacheairflow_hitl_details: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/hitlDetails dag_id dag_run_id order_by task_id response_received subject_search created_at_gte -> hitl_details by , paged true
        get_single_apacheairflow_hitl_detail_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails dag_id! dag_run_id! id! map_index
        get_single_apacheairflow_hitl_detail_try_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails/tries/{try_number} dag_id! dag_run_id! task_id! map_index id!
        respond_apacheairflow_hitl_detail: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails dag_id! dag_run_id! task_id! map_index chosen_options! params_input read back from /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/hitlDetails
        list_all_apacheairflow_import_errors: get /api/v2/importErrors filename_pattern -> import_errors by , paged true
        get_single_apacheairflow_import_error_by_id: get /api/v2/importErrors/{import_error_id} id!
        list_all_apacheairflow_jobs: get /api/v2/jobs is_alive start_date_gte order_by job_state job_type hostname -> jobs by , paged true
        list_all_apacheairflow_log_lines: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number} dag_id! dag_run_id! task_id! try_number! map_index
        get_single_apacheairflow_external_log_url_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/externalLogUrl/{try_number} dag_id! dag_run_id! task_id! id! map_index
        check_apacheairflow_health: get /api/v2/monitor/health
        show_apacheairflow_version: get /api/v2/version
        list_all_apacheairflow_permissions: get /auth/fab/v1/permissions -> actions by action.name resource.name, paged true
        list_all_apacheairflow_plugins: get /api/v2/plugins -> plugins by , paged true
        list_all_apacheairflow_plugin_import_errors: get /api/v2/plugins/importErrors -> import_errors by , paged false
        list_all_apacheairflow_pools: get /api/v2/pools pool_name_pattern -> pools by , paged true
        get_single_apacheairflow_pool_by_id: get /api/v2/pools/{pool_name} id!
        create_a_apacheairflow_pool: post /api/v2/pools name! slots! description include_deferred read back from /api/v2/pools/{name}
        update_a_apacheairflow_pool_by_id: patch /api/v2/pools/{pool_name} id! pool|id slots description? include_deferred merged with /api/v2/pools/{pool_name} masked read back from /api/v2/pools/{pool_name}
        delete_a_apacheairflow_pool_by_id: delete /api/v2/pools/{pool_name} id! read back from /api/v2/pools/{pool_name}
        bulk_apacheairflow_pools: patch /api/v2/pools actions!
        list_all_apacheairflow_providers: get /api/v2/providers -> providers by package_name, paged true
        list_all_apacheairflow_roles: get /auth/fab/v1/roles -> roles by , paged true
        get_single_apacheairflow_role_by_id: get /auth/fab/v1/roles/{name} id!
        create_a_apacheairflow_role: post /auth/fab/v1/roles name! actions read back from /auth/fab/v1/roles/{name}
        update_a_apacheairflow_role_by_id: patch /auth/fab/v1/roles/{name} id! name|id actions masked read back from /auth/fab/v1/roles/{name}
        delete_a_apacheairflow_role_by_id: delete /auth/fab/v1/roles/{name} id! read back from /auth/fab/v1/roles/{name}
        list_all_apacheairflow_task_instances: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances dag_id dag_run_id task_id logical_date_gte logical_date_lte start_date_gte start_date_lte end_date_gte end_date_lte duration_gte task_group_id dag_id_pattern state pool order_by -> task_instances by , paged true
        list_all_apacheairflow_task_instances_batch: post /api/v2/dags/~/dagRuns/~/taskInstances/list dag_ids dag_run_ids task_ids state start_date_gte start_date_lte order_by -> task_instances by , paged true
        list_all_apacheairflow_mapped_task_instances: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped dag_id! dag_run_id! task_id! state rendered_map_index_pattern order_by -> task_instances by , paged true
        get_single_apacheairflow_task_instance_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id} dag_id! dag_run_id! id!
        get_single_apacheairflow_mapped_task_instance_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index} dag_id! dag_run_id! id! map_index!
        update_a_apacheairflow_task_instance_by_id: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id} dag_id! dag_run_id! id! new_state note include_upstream include_downstream include_future include_past masked
        update_a_apacheairflow_mapped_task_instance_by_id: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index} dag_id! dag_run_id! id! map_index! new_state note include_upstream include_downstream masked
        preview_apacheairflow_task_instance_update: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dry_run dag_id! dag_run_id! task_id! new_state include_upstream include_downstream include_future include_past masked
        preview_apacheairflow_mapped_task_instance_update: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/dry_run dag_id! dag_run_id! task_id! map_index! new_state include_upstream include_downstream masked
        update_a_apacheairflow_task_group_instances_by_id: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskGroupInstances/{group_id} dag_id! dag_run_id! id! new_state note include_upstream include_downstream masked
        preview_apacheairflow_task_group_instances_update: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskGroupInstances/{group_id}/dry_run dag_id! dag_run_id! group_id! new_state include_upstream include_downstream
        clear_apacheairflow_task_instances: post /api/v2/dags/{dag_id}/clearTaskInstances dag_id! dry_run! start_date end_date only_failed reset_dag_runs task_ids dag_run_id include_upstream include_downstream include_future include_past run_on_latest_version
        bulk_apacheairflow_task_instances: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances dag_id! dag_run_id! actions!
        delete_a_apacheairflow_task_instance_by_id: delete /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id} dag_id! dag_run_id! id! map_index
        get_single_apacheairflow_task_instance_dependencies_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies dag_id! dag_run_id! id!
        get_single_apacheairflow_mapped_task_instance_dependencies_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/dependencies dag_id! dag_run_id! id! map_index!
        list_all_apacheairflow_task_instance_tries: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries dag_id! dag_run_id! task_id! -> task_instances by , paged false
        list_all_apacheairflow_mapped_task_instance_tries: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries dag_id! dag_run_id! task_id! map_index! -> task_instances by , paged false
        get_single_apacheairflow_task_instance_try_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries/{task_try_number} dag_id! dag_run_id! task_id! id!
        get_single_apacheairflow_mapped_task_instance_try_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries/{task_try_number} dag_id! dag_run_id! task_id! id! map_index!
        get_single_apacheairflow_task_instance_links_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links dag_id! dag_run_id! id! map_index try_number
        list_all_apacheairflow_task_state_store_entries: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store dag_id! dag_run_id! task_id! map_index -> task_state_store by , paged true
        get_single_apacheairflow_task_state_store_entry_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key} id! dag_id! dag_run_id! task_id! map_index
        set_apacheairflow_task_state_store_entry: put /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key} key! dag_id! dag_run_id! task_id! map_index value!
        update_a_apacheairflow_task_state_store_entry_by_id: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key} id! dag_id! dag_run_id! task_id! map_index value!
        delete_a_apacheairflow_task_state_store_entry_by_id: delete /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store/{key} id! dag_id! dag_run_id! task_id! map_index
        clear_apacheairflow_task_state_store: delete /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/state-store dag_id! dag_run_id! task_id! all_map_indices map_index
        list_all_apacheairflow_tasks: get /api/v2/dags/{dag_id}/tasks dag_id! -> tasks by , paged false
        get_single_apacheairflow_task_by_id: get /api/v2/dags/{dag_id}/tasks/{task_id} dag_id! id!
        list_all_apacheairflow_users: get /auth/fab/v1/users order_by -> users by username email active roles.name, paged true
        get_single_apacheairflow_user_by_id: get /auth/fab/v1/users/{username} id!
        create_a_apacheairflow_user: post /auth/fab/v1/users username! email! first_name! last_name! roles! password! read back from /auth/fab/v1/users/{username}
        update_a_apacheairflow_user_by_id: patch /auth/fab/v1/users/{username} id! username email first_name last_name roles password masked read back from /auth/fab/v1/users/{username}
        delete_a_apacheairflow_user_by_id: delete /auth/fab/v1/users/{username} id! read back from /auth/fab/v1/users/{username}
        list_all_apacheairflow_variables: get /api/v2/variables variable_key_pattern -> variables by , paged true
        get_single_apacheairflow_variable_by_id: get /api/v2/variables/{variable_key} id!
        create_a_apacheairflow_variable: post /api/v2/variables key! value! description read back from /api/v2/variables/{key}
        update_a_apacheairflow_variable_by_id: patch /api/v2/variables/{variable_key} id! key|id value description? masked read back from /api/v2/variables/{variable_key}
        delete_a_apacheairflow_variable_by_id: delete /api/v2/variables/{variable_key} id! read back from /api/v2/variables/{variable_key}
        bulk_apacheairflow_variables: patch /api/v2/variables actions!
        list_all_apacheairflow_xcoms: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries dag_id dag_run_id task_id xcom_key map_index xcom_key_pattern order_by -> xcom_entries by , paged true
        get_single_apacheairflow_xcom_by_id: get /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key} dag_id! task_id! dag_run_id! id! map_index
        create_a_apacheairflow_xcom: post /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries dag_id! task_id! dag_run_id! key! value! map_index
        update_a_apacheairflow_xcom_by_id: patch /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key} dag_id! task_id! dag_run_id! id! value! map_index
        delete_a_apacheairflow_xcom_by_id: delete /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key} dag_id! task_id! dag_run_id! id! map_index
        list_all_apacheairflow_permissions: get /auth/fab/v1/permissions -> actions by name, paged true
        list_all_apacheairflow_roles: get /auth/fab/v1/roles -> roles by , paged true
        get_single_apacheairflow_role_by_id: get /auth/fab/v1/roles/{role_name} id!
        create_a_apacheairflow_role: post /auth/fab/v1/roles name! actions! read back from /auth/fab/v1/roles/{name}
        update_a_apacheairflow_role_by_id: patch /auth/fab/v1/roles/{role_name} id! name|id actions masked read back from /auth/fab/v1/roles/{role_name}
        delete_a_apacheairflow_role_by_id: delete /auth/fab/v1/roles/{role_name} id! read back from /auth/fab/v1/roles/{role_name}
        list_all_apacheairflow_users: get /auth/fab/v1/users order_by -> users by username email active roles.name, paged true
        get_single_apacheairflow_user_by_id: get /auth/fab/v1/users/{username} id!
        create_a_apacheairflow_user: post /auth/fab/v1/users first_name! last_name! username! email! roles! password! read back from /auth/fab/v1/users/{username}
        update_a_apacheairflow_user_by_id: patch /auth/fab/v1/users/{username} id! first_name last_name username email roles password merged with /auth/fab/v1/users/{username} masked read back from /auth/fab/v1/users/{username}
        delete_a_apacheairflow_user_by_id: delete /auth/fab/v1/users/{username} id! read back from /auth/fab/v1/users/{username}
        # airflow-2
        list_all_apacheairflow_assets: get /api/v1/datasets uri_pattern dag_ids -> datasets by , paged true
        get_single_apacheairflow_asset_by_id: get /api/v1/datasets/{uri} id!
        list_all_apacheairflow_asset_events: get /api/v1/datasets/events order_by asset_id source_dag_id source_task_id source_run_id -> dataset_events by , paged true
        create_a_apacheairflow_asset_event: post /api/v1/datasets/events dataset_uri! extra
        list_all_apacheairflow_upstream_asset_events: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/upstreamDatasetEvents dag_id! dag_run_id! -> dataset_events by , paged false
        list_all_apacheairflow_asset_queued_events: get /api/v1/datasets/queuedEvent/{uri} uri! -> queued_events by , paged false
        clear_apacheairflow_asset_queued_events: delete /api/v1/datasets/queuedEvent/{uri} uri! before
        list_all_apacheairflow_dag_asset_queued_events: get /api/v1/dags/{dag_id}/datasets/queuedEvent dag_id! -> queued_events by , paged false
        clear_apacheairflow_dag_asset_queued_events: delete /api/v1/dags/{dag_id}/datasets/queuedEvent dag_id! before
        get_single_apacheairflow_dag_asset_queued_event_by_id: get /api/v1/dags/{dag_id}/datasets/queuedEvent/{uri} dag_id! id!
        delete_a_apacheairflow_dag_asset_queued_event_by_id: delete /api/v1/dags/{dag_id}/datasets/queuedEvent/{uri} dag_id! id!
        list_all_apacheairflow_config_sections: get /api/v1/config section -> sections by options.key, paged false
        get_single_apacheairflow_config_option_by_id: get /api/v1/config/section/{section}/option/{option} section! id!
        list_all_apacheairflow_connections: get /api/v1/connections -> connections by conn_type, paged true
        get_single_apacheairflow_connection_by_id: get /api/v1/connections/{connection_id} id!
        create_a_apacheairflow_connection: post /api/v1/connections connection_id! conn_type! description host login schema port password extra read back from /api/v1/connections/{connection_id}
        update_a_apacheairflow_connection_by_id: patch /api/v1/connections/{connection_id} id! conn_type description? host? login? schema? port? password extra? masked read back from /api/v1/connections/{connection_id}
        delete_a_apacheairflow_connection_by_id: delete /api/v1/connections/{connection_id} id! read back from /api/v1/connections/{connection_id}
        test_apacheairflow_connection: post /api/v1/connections/test connection_id! conn_type! host login schema port password extra
        list_all_apacheairflow_dag_runs: get /api/v1/dags/{dag_id}/dagRuns dag_id logical_date_gte logical_date_lte start_date_gte start_date_lte end_date_gte state order_by -> dag_runs by run_type, paged true
        list_all_apacheairflow_dag_runs_batch: post /api/v1/dags/~/dagRuns/list order_by dag_ids states start_date_gte -> dag_runs by , paged true
        get_single_apacheairflow_dag_run_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id} dag_id! id!
        trigger_apacheairflow_dag_run: post /api/v1/dags/{dag_id}/dagRuns dag_id! dag_run_id logical_date conf note
        update_a_apacheairflow_dag_run_by_id: patch /api/v1/dags/{dag_id}/dagRuns/{dag_run_id} dag_id! id! state!
        update_a_apacheairflow_dag_run_note_by_id: patch /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/setNote dag_id! id! note! read back from /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}
        delete_a_apacheairflow_dag_run_by_id: delete /api/v1/dags/{dag_id}/dagRuns/{dag_run_id} dag_id! id!
        clear_apacheairflow_dag_run: post /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/clear dag_id! id! dry_run!
        get_single_apacheairflow_dag_source_by_id: get /api/v1/dagSources/{file_token} id!
        list_all_apacheairflow_dag_warnings: get /api/v1/dagWarnings dag_id -> dag_warnings by , paged true
        list_all_apacheairflow_dags: get /api/v1/dags tags exclude_stale paused dag_id_pattern -> dags by owners has_import_errors, paged true
        get_single_apacheairflow_dag_by_id: get /api/v1/dags/{dag_id} id!
        get_single_apacheairflow_dag_details_by_id: get /api/v1/dags/{dag_id}/details id!
        update_a_apacheairflow_dag_by_id: patch /api/v1/dags/{dag_id} id! is_paused! masked read back from /api/v1/dags/{dag_id}
        bulk_update_apacheairflow_dags: patch /api/v1/dags dag_ids offset tags dag_id_pattern is_paused! masked
        delete_a_apacheairflow_dag_by_id: delete /api/v1/dags/{dag_id} id!
        list_all_apacheairflow_dag_stats: get /api/v1/dagStats dag_ids! -> dags by , paged false
        reparse_apacheairflow_dag_file: put /api/v1/parseDagFile/{file_token} file_token!
        list_all_apacheairflow_event_logs: get /api/v1/eventLogs order_by dag_id task_id run_id event owner before after excluded_events -> event_logs by , paged true
        get_single_apacheairflow_event_log_by_id: get /api/v1/eventLogs/{event_log_id} id!
        list_all_apacheairflow_import_errors: get /api/v1/importErrors -> import_errors by , paged true
        get_single_apacheairflow_import_error_by_id: get /api/v1/importErrors/{import_error_id} id!
        list_all_apacheairflow_log_lines: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{task_try_number} dag_id! dag_run_id! task_id! try_number! map_index
        check_apacheairflow_health: get /api/v1/health
        show_apacheairflow_version: get /api/v1/version
        list_all_apacheairflow_permissions: get /api/v1/permissions -> actions by name, paged true
        list_all_apacheairflow_plugins: get /api/v1/plugins -> plugins by , paged true
        list_all_apacheairflow_pools: get /api/v1/pools -> pools by , paged true
        get_single_apacheairflow_pool_by_id: get /api/v1/pools/{pool_name} id!
        create_a_apacheairflow_pool: post /api/v1/pools name! slots! description include_deferred read back from /api/v1/pools/{name}
        update_a_apacheairflow_pool_by_id: patch /api/v1/pools/{pool_name} id! name slots description? include_deferred masked read back from /api/v1/pools/{pool_name}
        delete_a_apacheairflow_pool_by_id: delete /api/v1/pools/{pool_name} id! read back from /api/v1/pools/{pool_name}
        list_all_apacheairflow_providers: get /api/v1/providers -> providers by package_name, paged false
        list_all_apacheairflow_roles: get /api/v1/roles -> roles by , paged true
        get_single_apacheairflow_role_by_id: get /api/v1/roles/{role_name} id!
        create_a_apacheairflow_role: post /api/v1/roles name! actions! read back from /api/v1/roles/{name}
        update_a_apacheairflow_role_by_id: patch /api/v1/roles/{role_name} id! name|id actions masked read back from /api/v1/roles/{role_name}
        delete_a_apacheairflow_role_by_id: delete /api/v1/roles/{role_name} id! read back from /api/v1/roles/{role_name}
        list_all_apacheairflow_task_instances: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances dag_id dag_run_id logical_date_gte logical_date_lte start_date_gte start_date_lte end_date_gte end_date_lte duration_gte state pool queue -> task_instances by task_id, paged true
        list_all_apacheairflow_task_instances_batch: post /api/v1/dags/~/dagRuns/~/taskInstances/list dag_ids dag_run_ids task_ids start_date_gte start_date_lte state -> task_instances by , paged true
        list_all_apacheairflow_mapped_task_instances: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/listMapped dag_id! dag_run_id! task_id! state order_by -> task_instances by , paged true
        get_single_apacheairflow_task_instance_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id} dag_id! dag_run_id! id!
        get_single_apacheairflow_mapped_task_instance_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index} dag_id! dag_run_id! id! map_index!
        update_a_apacheairflow_task_instance_by_id: patch /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id} dag_id! dag_run_id! id! dry_run new_state! read back from /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}
        update_a_apacheairflow_mapped_task_instance_by_id: patch /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index} dag_id! dag_run_id! id! map_index! dry_run new_state! read back from /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}
        set_apacheairflow_task_instances_state: post /api/v1/dags/{dag_id}/updateTaskInstancesState dag_id! dry_run! task_id! dag_run_id! include_upstream include_downstream include_future include_past new_state!
        clear_apacheairflow_task_instances: post /api/v1/dags/{dag_id}/clearTaskInstances dag_id! dry_run! task_ids start_date end_date only_failed reset_dag_runs dag_run_id include_upstream include_downstream include_future include_past
        set_apacheairflow_task_instance_note: patch /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/setNote dag_id! dag_run_id! task_id! note! read back from /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}
        set_apacheairflow_mapped_task_instance_note: patch /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/setNote dag_id! dag_run_id! task_id! map_index! note! read back from /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}
        get_single_apacheairflow_task_instance_dependencies_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies dag_id! dag_run_id! id!
        get_single_apacheairflow_mapped_task_instance_dependencies_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/dependencies dag_id! dag_run_id! id! map_index!
        list_all_apacheairflow_task_instance_tries: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries dag_id! dag_run_id! task_id! -> task_instances by , paged false
        list_all_apacheairflow_mapped_task_instance_tries: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries dag_id! dag_run_id! task_id! map_index! -> task_instances by , paged false
        get_single_apacheairflow_task_instance_try_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/tries/{task_try_number} dag_id! dag_run_id! task_id! id!
        get_single_apacheairflow_mapped_task_instance_try_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/{map_index}/tries/{task_try_number} dag_id! dag_run_id! task_id! map_index! id!
        get_single_apacheairflow_task_instance_links_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/links dag_id! dag_run_id! id! map_index
        list_all_apacheairflow_tasks: get /api/v1/dags/{dag_id}/tasks dag_id! -> tasks by , paged false
        get_single_apacheairflow_task_by_id: get /api/v1/dags/{dag_id}/tasks/{task_id} dag_id! id!
        list_all_apacheairflow_users: get /api/v1/users order_by -> users by username email active roles.name, paged true
        get_single_apacheairflow_user_by_id: get /api/v1/users/{username} id!
        create_a_apacheairflow_user: post /api/v1/users first_name! last_name! username! email! roles! password! read back from /api/v1/users/{username}
        update_a_apacheairflow_user_by_id: patch /api/v1/users/{username} id! first_name last_name username email roles password merged with /api/v1/users/{username} masked read back from /api/v1/users/{username}
        delete_a_apacheairflow_user_by_id: delete /api/v1/users/{username} id! read back from /api/v1/users/{username}
        list_all_apacheairflow_variables: get /api/v1/variables -> variables by , paged true
        get_single_apacheairflow_variable_by_id: get /api/v1/variables/{variable_key} id!
        create_a_apacheairflow_variable: post /api/v1/variables key! description value! read back from /api/v1/variables/{key}
        update_a_apacheairflow_variable_by_id: patch /api/v1/variables/{variable_key} id! key|id description value! read back from /api/v1/variables/{variable_key}
        delete_a_apacheairflow_variable_by_id: delete /api/v1/variables/{variable_key} id! read back from /api/v1/variables/{variable_key}
        list_all_apacheairflow_xcoms: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries dag_id dag_run_id task_id map_index xcom_key -> xcom_entries by , paged true
        get_single_apacheairflow_xcom_by_id: get /api/v1/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key} dag_id! dag_run_id! task_id! id! map_index deserialize stringify
    "#]].assert_eq(&found);
}

/// Checks which arguments are kept out of logs and traces: all secret arguments are listed, and every argument whose name suggests a secret is one of them.
#[test]
fn secrets_are_known() {
    let catalog = catalog(&inputs());
    let mut found = String::new();
    for api in catalog.apis() {
        for operation in tools(api) {
            let tool = &operation.tool_name;
            for parameter in &operation.parameters {
                let name = &parameter.field.name;
                if parameter.secret {
                    writeln!(found, "{}: {tool} {name}", api.name).unwrap();
                }
                let sounds = ["password", "passwd", "secret", "credential", "api_key"]
                    .iter()
                    .any(|word| name.contains(word));
                assert!(parameter.secret || !sounds, "{tool} {name}");
            }
        }
    }
    expect![[r#"
        airflow-3: create_a_apacheairflow_connection password
        airflow-3: create_a_apacheairflow_connection extra
        airflow-3: update_a_apacheairflow_connection_by_id password
        airflow-3: update_a_apacheairflow_connection_by_id extra
        airflow-3: test_apacheairflow_connection password
        airflow-3: test_apacheairflow_connection extra
        airflow-3: enqueue_apacheairflow_connection_test password
        airflow-3: enqueue_apacheairflow_connection_test extra
        airflow-3: get_single_apacheairflow_connection_test_by_id id
        airflow-3: bulk_apacheairflow_connections actions
        airflow-3: create_a_apacheairflow_user password
        airflow-3: update_a_apacheairflow_user_by_id password
        airflow-3: create_a_apacheairflow_variable value
        airflow-3: update_a_apacheairflow_variable_by_id value
        airflow-3: bulk_apacheairflow_variables actions
        airflow-3: create_a_apacheairflow_user password
        airflow-3: update_a_apacheairflow_user_by_id password
        airflow-2: create_a_apacheairflow_connection password
        airflow-2: create_a_apacheairflow_connection extra
        airflow-2: update_a_apacheairflow_connection_by_id password
        airflow-2: update_a_apacheairflow_connection_by_id extra
        airflow-2: test_apacheairflow_connection password
        airflow-2: test_apacheairflow_connection extra
        airflow-2: create_a_apacheairflow_user password
        airflow-2: update_a_apacheairflow_user_by_id password
        airflow-2: create_a_apacheairflow_variable value
        airflow-2: update_a_apacheairflow_variable_by_id value
    "#]]
    .assert_eq(&found);
}

/// Checks that tools with the tag `secrets` mark the arguments `value`, `extra`, `password` and `actions` as secret.
#[test]
fn tools_of_secrets_mark_them() {
    let catalog = catalog(&inputs());
    let kept = ["value", "extra", "password", "actions"];
    let toolsets = catalog.apis().iter().flat_map(|api| &api.toolsets);
    let operations = toolsets.flat_map(|toolset| &toolset.operations);
    let tagged = operations.filter(|it| it.tags.iter().any(|tag| tag == "secrets"));
    let mut seen = BTreeSet::new();
    for operation in tagged {
        for parameter in &operation.parameters {
            if kept.contains(&parameter.field.name.as_str()) {
                let tool = &operation.tool_name;
                assert!(parameter.secret, "{tool} {}", parameter.field.name);
                seen.insert(parameter.field.name.as_str());
            }
        }
    }
    assert_eq!(seen, BTreeSet::from(kept));
}

#[test]
fn types_are_complete() {
    let catalog = catalog(&inputs());
    for toolset in catalog.apis().iter().flat_map(|api| &api.toolsets) {
        let names: Vec<_> = toolset
            .types
            .iter()
            .map(|def| def.rust_name.as_str())
            .collect();
        assert!(names.is_sorted(), "{names:?}");
    }
    let files = mcp_codegen::emit::emit(&catalog);
    assert!(files.is_ok(), "{files:?}");
}

/// Checks the total size of the tools for users, roles and permissions that a client receives.
#[test]
fn access_control_is_small() {
    let catalog = catalog(&inputs());
    let toolsets = catalog.toolsets().iter();
    let toolsets = toolsets
        .filter(|toolset| ["permissions", "roles", "users"].contains(&toolset.name.as_str()));
    let tools: BTreeSet<&String> = toolsets.flat_map(|toolset| &toolset.tools).collect();
    for (api, sizes) in sizes(&catalog) {
        let sizes = sizes.iter().filter(|(tool, _)| tools.contains(tool));
        let size: usize = sizes.map(|(_, size)| size).sum();
        assert!(size > 0 && size <= 6500, "{api}: {size} bytes");
    }
}

/// Checks the size of the tools, because a client pays for each listed tool in each conversation.
#[test]
fn tools_are_small() {
    for (api, sizes) in sizes(&catalog(&inputs())) {
        let (count, size) = (sizes.len(), sizes.values().sum::<usize>());
        assert!(size <= 600 * count, "{api}: {size} bytes for {count} tools");
        for (tool, size) in sizes {
            assert!(size <= 2500, "{api}: {size} bytes for {tool}");
        }
    }
}

/// Returns the size in bytes of the name, description and input schema that a client receives, by API and tool.
fn sizes(catalog: &Catalog) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut sizes = BTreeMap::<String, BTreeMap<String, usize>>::new();
    for (name, tools) in mcp_codegen::emit::describe_tools(catalog) {
        for described in tools {
            let tool = &described.tool;
            let description = tool["description"].as_str().unwrap();
            let size = name.len() + description.len() + tool["inputSchema"].to_string().len();
            sizes
                .entry(described.api)
                .or_default()
                .insert(name.clone(), size);
        }
    }
    for api in catalog.apis() {
        let instead = api.alternatives.iter();
        let instead = instead.map(|it| (&it.document, &it.toolsets));
        for (name, toolsets) in instead.chain([(&api.name, &api.toolsets)]) {
            let measured = sizes.get(name).map_or(0, BTreeMap::len);
            let tools = toolsets.iter().flat_map(|toolset| &toolset.operations);
            assert_eq!(measured, tools.count(), "{name}");
        }
    }
    sizes
}

#[test]
fn every_operation_is_decided() {
    let inputs = inputs();
    let coverage = mcp_codegen::Workspace::read(&inputs).coverage().unwrap();
    let mut excluded = String::new();
    for document in &coverage.documents {
        let lines = text(&inputs, &document.source).lines();
        let declared = lines.filter(|line| line.trim_start().starts_with("operationId: "));
        assert_eq!(document.operations.len(), declared.count());
        assert!(!document.operations.is_empty(), "{}", document.name);
        for operation in &document.operations {
            match &operation.decision {
                Decision::Tool(_) => {}
                Decision::Excluded(_) => {
                    writeln!(excluded, "{}: {}", document.name, operation.id).unwrap();
                }
                Decision::Undecided => panic!("{} is undecided", operation.id),
            }
        }
    }
    expect![[r#"
        airflow-3: login
        airflow-3: logout
        airflow-3-fab: create_token
        airflow-3-fab: create_token_cli
        airflow-3-fab: logout
    "#]]
    .assert_eq(&excluded);
}

/// Returns the text of an input file.
fn text<'i>(inputs: &'i [Input], path: &str) -> &'i str {
    &inputs
        .iter()
        .find(|input| input.path == path)
        .expect(path)
        .text
}

/// Replaces a text in an input file.
fn change(inputs: &mut [Input], path: &str, text: &str, instead: &str) {
    let input = inputs
        .iter_mut()
        .find(|input| input.path == path)
        .expect(path);
    assert!(input.text.contains(text), "{path} has no {text}");
    input.text = input.text.replacen(text, instead, 1);
}

/// Excludes operations with an entry before all others.
fn exclude(inputs: &mut [Input], document: &str, operations: &str) {
    let line = format!(
        "\nexcluded:\n  - {{ document: {document}, operations: [{operations}], reason: r }}\n"
    );
    change(inputs, "specs/excluded.yaml", "\nexcluded:\n", &line);
}

#[test]
fn one_tool_less_changes_no_other() {
    let mut inputs = inputs();
    let whole = catalog(&inputs);
    exclude(&mut inputs, "airflow-2", "delete_user");
    exclude(&mut inputs, "airflow-3-fab", "delete_user");
    exclude(&mut inputs, "airflow-3-fab-2", "delete_user");
    let users = "specs/tools/users.yaml";
    let entry = text(&inputs, users);
    let entry = entry[entry.find("  - method: delete").unwrap()..].to_owned();
    change(&mut inputs, users, &entry, "");
    let less = catalog(&inputs);
    assert_eq!(whole.apis().len(), less.apis().len());
    for (whole, less) in whole.apis().iter().zip(less.apis()) {
        let wanted: Vec<_> = tools(whole)
            .filter(|tool| tool.operation_id != "delete_user")
            .collect();
        // An API with alternative documents has the tool once in each of them.
        let gone = 1 + whole.alternatives.len();
        assert_eq!(wanted.len() + gone, tools(whole).count());
        assert_eq!(wanted, tools(less).collect::<Vec<_>>());
    }
}

#[test]
fn a_tool_taken_out_is_undecided() {
    let mut inputs = inputs();
    let whole = catalog(&inputs);
    change(
        &mut inputs,
        "specs/tools/users.yaml",
        "      airflow-2: { id: delete_user, read_back: get_user }\n",
        "",
    );
    let errors = mcp_codegen::Workspace::read(&inputs)
        .into_catalog()
        .unwrap_err();
    expect![[r#"
        specs/openapi/airflow-2.yaml:2892: operation `delete_user` of airflow-2 is neither a tool nor excluded; document it in specs/tools/, or exclude it with a reason in specs/excluded.yaml
    "#]].assert_eq(&report(&errors));
    let (draft, undecided) = mcp_codegen::Workspace::read(&inputs).into_draft().unwrap();
    assert_eq!(undecided, errors);
    let names = |api: &Api| tools(api).map(|tool| tool.tool_name.clone()).collect();
    for (whole, draft) in whole.apis().iter().zip(draft.apis()) {
        let mut wanted: Vec<_> = names(whole);
        if whole.name == "airflow-2" {
            wanted.retain(|name| name != "delete_a_apacheairflow_user_by_id");
            assert_eq!(wanted.len() + 1, tools(whole).count());
        }
        assert_eq!(wanted, names(draft), "{}", whole.name);
    }
}

/// Checks that consequences of an error are not reported in addition to it.
#[test]
fn one_mistake_is_one_message() {
    let (apis, excluded) = ("specs/apis.yaml", "specs/excluded.yaml");
    let (corrections, users) = ("specs/corrections.yaml", "specs/tools/users.yaml");
    let get_users = "operations: { airflow-2: get_users, airflow-3-fab: get_users, airflow-3-fab-2: get_users }";
    let inputs = inputs();
    let before = text(&inputs, apis)
        .split("- name: airflow-2\n    title")
        .next();
    let second = before.unwrap().matches('\n').count() + 1;
    let twice = format!(
        "{second}: duplicate API `airflow-2`, first in specs/apis.yaml:40; choose another name"
    );
    let rows = [
        (
            users,
            "  - method: list\n    resource: users",
            "  - resource: users",
            "5: a tool must have the key `method`",
        ),
        (
            users,
            "method: list",
            "method: List",
            "5: `List` must be a name of a-z, 0-9 and _ that begins with a letter",
        ),
        (
            users,
            get_users,
            "",
            "5: a tool must have the key `operations`",
        ),
        (
            users,
            get_users,
            "operation: { airflow-2: get_users }",
            "11: unknown key `operation` in a tool (did you mean `operations`?)",
        ),
        (
            users,
            get_users,
            "operations: { airflow-2: { note: x }, airflow-3-fab: get_users, airflow-3-fab-2: get_users }",
            "11: an operation must have the key `id`",
        ),
        (
            users,
            get_users,
            "operations: { airflow2: get_users, airflow-3-fab: get_users, airflow-3-fab-2: get_users }",
            "11: specs/apis.yaml has no document `airflow2` (did you mean `airflow-2`?)",
        ),
        (
            users,
            "title: List users",
            "titel: List users",
            "7: unknown key `titel` in a tool (did you mean `title`?)",
        ),
        (
            users,
            "title: List users",
            "title: *users",
            "7: invalid YAML: while parsing node, found unknown anchor",
        ),
        (
            users,
            "title: List users",
            "title: \"List\\nusers\"",
            "7: `List\\nusers` must be a text of one line",
        ),
        (
            users,
            "title: List users",
            "title: \"List \\u202e users\"",
            "7: `title` contains the invisible character U+202E; remove it",
        ),
        (
            users,
            "description: Field to sort by. }",
            "description: Field to sort by., default: mail, reason: r }",
            "19: `default` of `order_by` is invalid for a parameter of type object or enum",
        ),
        (
            users,
            "summary: [username,",
            "summary: [username, username,",
            "12: duplicate `username`, first on line 12; remove one of the two",
        ),
        (
            excluded,
            "excluded:",
            "exclude:",
            "4: unknown key `exclude` in this file (did you mean `excluded`?)",
        ),
        (
            excluded,
            "operations: [login]",
            "operations: login",
            "6: `operations` must be a list; write `[one, two]`, or a line with `- ` for each item",
        ),
        (
            corrections,
            "documents: [airflow-2,",
            "documents: [airflow-22,",
            "6: specs/apis.yaml has no document `airflow-22` (did you mean `airflow-2`?)",
        ),
        (
            corrections,
            "    rename: fail_login_count",
            "    renam: fail_login_count",
            "8: unknown key `renam` in a correction (did you mean `rename`?)",
        ),
        (
            corrections,
            "TaskInstanceHistoryCollection/allOf",
            "TaskInstanceHistoryCollecton/allOf",
            "125: correction of `airflow-2` at /components/schemas/TaskInstanceHistoryCollecton/allOf/0/properties/task_instances_history no longer applies: the value does not exist; update or remove it",
        ),
        (
            apis,
            "source: specs/openapi/airflow-2.yaml",
            "source: specs/openapi/airflow2.yaml",
            "35: file `specs/openapi/airflow2.yaml` does not exist",
        ),
        (
            apis,
            "style: comma",
            "style: semicolon",
            "59: unknown style `semicolon`",
        ),
        (
            apis,
            "  list: list_all_apacheairflow_{resource}",
            "  list: list_all_{resorce}",
            "5: `list_all_{resorce}` must be a pattern with `{resource}` and no other braces",
        ),
        (
            apis,
            "max: 100 }",
            "max: many }",
            "55: `max` must be an integer from 0 to 4294967295",
        ),
        (
            apis,
            "      token:\n        post",
            "      tokn:\n        post",
            "45: unknown key `tokn` in `sign_in` (did you mean `token`?)",
        ),
        (
            apis,
            "- name: airflow-3\n    title",
            "- name: airflow-2\n    title",
            &twice,
        ),
        (
            apis,
            "- name: airflow-3\n    title",
            "- name: airflow_3\n    title",
            "40: `airflow_3` must be a name of a-z, 0-9 and - that begins with a letter",
        ),
        (
            apis,
            "documents: [airflow-2]",
            "documents: []",
            "34: document `airflow-2` belongs to no API; add it to the `documents` of an API",
        ),
        (
            apis,
            "        - { status: 401, contains: Token Expired,",
            "        - { status: 401, hint: Sign in. }\n        - { status: 401, contains: Token Expired,",
            "65: this hint shadows the more specific hint on line 66; move it below that line",
        ),
    ];
    let check = |(path, text, instead, expected): (&str, &str, &str, &str)| {
        let mut inputs = inputs.clone();
        change(&mut inputs, path, text, instead);
        let found = mcp_codegen::Workspace::read(&inputs)
            .into_catalog()
            .err()
            .unwrap_or_default();
        let found: String = report(&found).lines().take(5).collect();
        assert_eq!(found, format!("{path}:{expected}"), "{text} -> {instead}");
    };
    // Each row parses all documents, so the rows are distributed over all processors.
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for rows in rows.chunks(rows.len().div_ceil(threads)) {
            scope.spawn(move || rows.iter().copied().for_each(check));
        }
    });
}

/// Checks that errors in all files are reported in one run.
#[test]
fn all_mistakes_at_once() {
    let mut inputs = inputs();
    let (users, roles) = ("specs/tools/users.yaml", "specs/tools/roles.yaml");
    exclude(&mut inputs, "airflow-2", "delete_role, get_user_stats");
    for (path, text, instead) in [
        ("specs/apis.yaml", "style: comma", "style: semicolon"),
        (
            "specs/apis.yaml",
            "contains: Unknown roles, hint",
            "contain: Unknown roles, hint",
        ),
        (
            "specs/apis.yaml",
            "code: unauthenticated",
            "code: unauthorized",
        ),
        (
            "specs/excluded.yaml",
            "    reason: The operation sends a browser",
            "    reasons: The operation sends a browser",
        ),
        (
            "specs/excluded.yaml",
            "document: airflow-3-fab",
            "document: airflow-3-fap",
        ),
        (
            users,
            "airflow-3-fab: get_users,",
            "airflow-3-fab: get_usres,",
        ),
        (users, "summary: [username,", "summary: [user_name,"),
        (
            users,
            "{ name: email, unique: true }",
            "{ name: e_mail, unique: true }",
        ),
        (users, "field: roles.name", "field: roles.nme"),
        (
            users,
            "description: \"Get a user by",
            "descripton: \"Get a user by",
        ),
        (
            users,
            "    id: username\n    title: Update",
            "    id: usrname\n    title: Update",
        ),
        (users, "merge_from: get_user", "merge_from: delete_user"),
        (
            users,
            "    description: Delete",
            "    title: Delete a user\n    description: Delete",
        ),
        (
            users,
            "{ name: password, description: Password. }",
            "{ name: pasword, description: Password. }",
        ),
        (users, "min_items: 1,", "min_length: 1,"),
        (
            roles,
            "description: Get a role with its permissions (actions on resources).",
            "description: ''",
        ),
        (
            roles,
            "omit:\n      - { names: [order_by]",
            "omit:\n      - { names: [order_by, \"*_gt\"]",
        ),
        (
            roles,
            "read_back: { id: get_role, member: name }",
            "read_back: get_role",
        ),
        (
            roles,
            "      - { name: name, description: Role name. }\n",
            "",
        ),
        (
            roles,
            "method: delete\n    resource: role",
            "method: update\n    resource: role",
        ),
        (roles, "fallback: id", "fallback: idd"),
        (
            "specs/tools/permissions.yaml",
            "documents: [airflow-2, airflow-3-fab-2]",
            "documents: [airflow-1]",
        ),
    ] {
        change(&mut inputs, path, text, instead);
    }
    let errors = mcp_codegen::Workspace::read(&inputs)
        .into_catalog()
        .unwrap_err();
    expect_file!["expect/mistakes.txt"].assert_eq(&report(&errors));
}
