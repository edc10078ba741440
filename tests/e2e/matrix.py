"""One row for each tool and API, with arguments for which the tool succeeds on a real Airflow. The order matters: later rows read, change and delete what earlier rows create.

`$name` is a placeholder for a value that an earlier row kept from its result or that the test knows.
A row that gives a reason why a tool cannot succeed is not called. Only few such rows are allowed.
"""

import dataclasses


@dataclasses.dataclass
class Row:
    tool: str
    arguments: dict
    # Major versions of Airflow: 2, 3 or both.
    on: tuple
    # Name -> path in the result, separated by dots. A number is an index of a list.
    keep: dict = dataclasses.field(default_factory=dict)
    impossible: str = ""
    # Error code of a repeated run on the same Airflow.
    repeated: str = ""


ROWS = []


def both(tool, arguments=None, **more):
    ROWS.append(Row(tool, arguments or {}, (2, 3), **more))


def airflow_2(tool, arguments=None, **more):
    ROWS.append(Row(tool, arguments or {}, (2,), **more))


def airflow_3(tool, arguments=None, **more):
    ROWS.append(Row(tool, arguments or {}, (3,), **more))


def list_of(resource):
    return f"list_all_apacheairflow_{resource}"


def get(resource):
    return f"get_single_apacheairflow_{resource}_by_id"


def create(resource):
    return f"create_a_apacheairflow_{resource}"


def update(resource):
    return f"update_a_apacheairflow_{resource}_by_id"


def delete(resource):
    return f"delete_a_apacheairflow_{resource}_by_id"


def verb(name, resource):
    return f"{name}_apacheairflow_{resource}"


READ_DAGS = {"action": {"name": "can_read"}, "resource": {"name": "DAGs"}}
FAILING = {"dag_id": "lab_failing", "dag_run_id": "lab-1"}
FAILED_TASK = {**FAILING, "task_id": "transform"}
MAPPED = {"dag_id": "lab_mapped", "dag_run_id": "lab-1"}
ODD = {"dag_id": "lab.dotted-id_é", "dag_run_id": "lab-1"}
# Runs that only this test uses. Other tests read the other runs.
OWN = {"dag_id": "lab_failing", "dag_run_id": "$run_1"}
OWN_2 = {"dag_id": "lab_failing", "dag_run_id": "$run_2"}
QUESTION = {"dag_id": "lab_approval", "dag_run_id": "lab-1"}
ORDERS = "s3://lab/orders/key one.csv"

# Users, roles, permissions.
both(list_of("permissions"), {"limit": 1})
both(create("role"), {"name": "Matrix", "actions": [READ_DAGS]})
both(list_of("roles"))
both(get("role"), {"id": "Matrix"})
both(update("role"), {"id": "Matrix", "name": "Matrix 2"})
both(
    create("user"),
    {
        "username": "matrix",
        "email": "matrix@example.org",
        "first_name": "M",
        "last_name": "X",
        "password": "first-secret-4471",
        "roles": [{"name": "Matrix 2"}],
    },
)
both(list_of("users"), {"role": "Matrix 2"})
both(get("user"), {"id": "matrix"})
both(update("user"), {"id": "matrix", "last_name": "Y"})
both(delete("user"), {"id": "matrix"})
both(delete("role"), {"id": "Matrix 2"})

# DAGs.
both(list_of("dags"), {"tags": ["lab"]})
both(get("dag"), {"id": "lab.dotted-id_é"}, keep={"file_token": "file_token"})
both(get("dag_details"), {"id": "lab.dotted-id_é"})
both(update("dag"), {"id": "bulk_480", "is_paused": True})
both(verb("bulk_update", "dags"), {"dag_id_pattern": "bulk_47", "is_paused": True})
both(list_of("dags"), {"dag_id_pattern": "bulk_4", "limit": 1}, keep={"superfluous_dag": "dags.0.dag_id"})
both(delete("dag"), {"id": "$superfluous_dag"})
airflow_3(verb("favorite", "dag"), {"dag_id": "bulk_480"})
airflow_3(verb("unfavorite", "dag"), {"dag_id": "bulk_480"})
airflow_3(list_of("dag_tags"), {"tag_name_pattern": "lab"})
both(list_of("dag_stats"), {"dag_ids": ["lab_failing", "lab_mapped"]})
both(verb("reparse", "dag_file"), {"file_token": "$file_token"}, repeated="conflict")
both(list_of("tasks"), {"dag_id": "lab_failing"})
both(get("task"), {"dag_id": "lab_failing", "id": "transform"})
airflow_2(get("dag_source"), {"id": "$file_token"})
airflow_3(get("dag_source"), {"id": "lab_failing"})
airflow_3(list_of("dag_versions"), {"dag_id": "lab_failing"})
airflow_3(get("dag_version"), {"dag_id": "lab_failing", "id": 1})
both(list_of("dag_warnings"))

# Runs.
both(verb("trigger", "dag_run"), {**OWN, "conf": {"big": 2**63}, "note": "by the matrix"})
both(verb("trigger", "dag_run"), OWN_2)
both(verb("trigger", "dag_run"), {"dag_id": "lab_failing", "dag_run_id": "$run_3"})
both(list_of("dag_runs"), {"dag_id": "lab_failing", "state": ["failed"], "start_date_gte": "$yesterday"})
both(list_of("dag_runs_batch"), {"dag_ids": ["lab_failing", "lab_mapped"]})
both(get("dag_run"), {"dag_id": "lab_failing", "id": "lab-1"})
airflow_2(update("dag_run_note"), {"dag_id": "lab_failing", "id": "$run_1", "note": "another"})
both(update("dag_run"), {"dag_id": "lab_failing", "id": "$run_1", "state": "failed"})
both(update("dag_run"), {"dag_id": "lab_failing", "id": "$run_3", "state": "failed"})
both(verb("clear", "dag_run"), {"dag_id": "lab_failing", "id": "$run_1", "dry_run": False})
airflow_3(verb("clear", "dag_runs"), {"dag_id": "lab_failing", "dag_runs": [{"dag_run_id": "$run_2"}], "dry_run": False})
airflow_3(verb("clear", "dag_run_partitions"), {"dag_id": "lab_failing", "run_id": "$run_2", "dry_run": True})
airflow_3(
    verb("bulk", "dag_runs"),
    {"dag_id": "lab_failing", "actions": [{"action": "update", "entities": [{"dag_run_id": "$run_2", "note": "many"}]}]},
)
airflow_3(verb("wait", "dag_run"), {**FAILING, "result_task_ids": ["extract"]})
both(delete("dag_run"), {"dag_id": "lab_failing", "id": "$run_3"})

# Backfills.
DATES = {"dag_id": "lab_daily", "from_date": "2026-03-01T00:00:00Z", "to_date": "2026-03-03T00:00:00Z"}
airflow_3(list_of("backfill_dates"), DATES)
airflow_3(create("backfill"), DATES, keep={"backfill": "id"})
airflow_3(list_of("backfills"), {"dag_id": "lab_daily"})
airflow_3(get("backfill"), {"id": "$backfill"})
airflow_3(verb("pause", "backfill"), {"id": "$backfill"})
airflow_3(verb("unpause", "backfill"), {"id": "$backfill"})
airflow_3(verb("cancel", "backfill"), {"id": "$backfill"})

# Task instances.
both(list_of("task_instances"), FAILING)
both(list_of("task_instances_batch"), {"dag_ids": ["lab_failing"], "state": ["failed"]})
both(list_of("mapped_task_instances"), {**MAPPED, "task_id": "square"})
both(get("task_instance"), {**FAILING, "id": "transform"})
both(get("mapped_task_instance"), {**MAPPED, "id": "square", "map_index": 3})
both(get("task_instance_dependencies"), {**OWN, "id": "load"})
both(get("mapped_task_instance_dependencies"), {**MAPPED, "id": "square", "map_index": 3})
both(list_of("task_instance_tries"), FAILED_TASK)
both(list_of("mapped_task_instance_tries"), {**MAPPED, "task_id": "square", "map_index": 3})
both(get("task_instance_try"), {**FAILED_TASK, "id": 1})
both(get("mapped_task_instance_try"), {**MAPPED, "task_id": "square", "map_index": 3, "id": 1})
both(get("task_instance_links"), {**ODD, "id": "trigger"})
both(update("task_instance"), {**OWN, "id": "extract", "new_state": "success"})
airflow_2(update("mapped_task_instance"), {**MAPPED, "id": "square", "map_index": 7, "new_state": "success"})
airflow_3(update("mapped_task_instance"), {**MAPPED, "id": "square", "map_index": 7, "note": "seen"})
airflow_3(verb("preview", "task_instance_update"), {**OWN, "task_id": "load", "new_state": "failed"})
airflow_3(verb("preview", "mapped_task_instance_update"), {**MAPPED, "task_id": "square", "map_index": 6, "new_state": "failed"})
airflow_3(verb("preview", "task_group_instances_update"), {**ODD, "group_id": "group", "new_state": "failed"})
airflow_3(update("task_group_instances"), {**ODD, "id": "group", "note": "seen"})
airflow_2(verb("set", "task_instances_state"), {**OWN, "task_id": "transform", "new_state": "failed", "dry_run": False})
both(verb("clear", "task_instances"), {**OWN, "task_ids": ["extract"], "only_failed": False, "dry_run": False})
airflow_2(verb("set", "task_instance_note"), {**OWN, "task_id": "extract", "note": "seen"})
airflow_2(verb("set", "mapped_task_instance_note"), {**MAPPED, "task_id": "square", "map_index": 3, "note": "seen"})
airflow_3(
    verb("bulk", "task_instances"),
    {**OWN, "actions": [{"action": "update", "entities": [{"task_id": "load", "new_state": "failed"}]}]},
)
airflow_3(delete("task_instance"), {**OWN_2, "id": "report"})
both(list_of("log_lines"), {**FAILED_TASK, "try_number": 2, "limit": 50})
airflow_3(
    get("external_log_url"),
    {**FAILED_TASK, "id": 2},
    impossible="needs an Airflow that keeps its logs in Elasticsearch, OpenSearch or the like",
)

# Data that tasks store.
both(list_of("xcoms"), FAILING)
both(get("xcom"), {**FAILING, "task_id": "extract", "id": "return_value"})
airflow_3(create("xcom"), {**OWN, "task_id": "extract", "key": "matrix/key", "value": {"rows": [2**63, None]}})
airflow_3(update("xcom"), {**OWN, "task_id": "extract", "id": "matrix/key", "value": "changed"})
airflow_3(delete("xcom"), {**OWN, "task_id": "extract", "id": "matrix/key"})
airflow_3(verb("set", "task_state_store_entry"), {**FAILED_TASK, "key": "matrix/key", "value": {"row": 3}})
airflow_3(list_of("task_state_store_entries"), FAILED_TASK)
airflow_3(get("task_state_store_entry"), {**FAILED_TASK, "id": "matrix/key"})
airflow_3(update("task_state_store_entry"), {**FAILED_TASK, "id": "matrix/key", "value": 4})
airflow_3(delete("task_state_store_entry"), {**FAILED_TASK, "id": "matrix/key"})
airflow_3(verb("clear", "task_state_store"), FAILED_TASK)

# Human-in-the-loop questions.
airflow_3(list_of("hitl_details"), {**QUESTION, "response_received": False})
airflow_3(get("hitl_detail"), {**QUESTION, "id": "publish"})
airflow_3(
    verb("respond", "hitl_detail"),
    {**QUESTION, "task_id": "publish", "chosen_options": ["Approve"], "params_input": {"comment": "yes"}},
    repeated="conflict",
)
# After clearing, the answered question belongs to an earlier try.
airflow_3(
    verb("clear", "task_instances"),
    {"dag_id": "lab_approval", "dag_run_id": "lab-1", "task_ids": ["answered"], "only_failed": False, "dry_run": False},
)
airflow_3(get("hitl_detail_try"), {**QUESTION, "task_id": "answered", "id": 1})

# Variables, connections, pools.
both(create("variable"), {"key": "matrix", "value": "1", "description": "made by a test"})
both(list_of("variables"), {"limit": 1})
both(get("variable"), {"id": "matrix"})
both(update("variable"), {"id": "matrix", "value": "2"})
both(delete("variable"), {"id": "matrix"})
airflow_3(verb("bulk", "variables"), {"actions": [{"action": "create", "entities": [{"key": "matrix_2", "value": "1"}]}]})
airflow_3(verb("bulk", "variables"), {"actions": [{"action": "delete", "entities": ["matrix_2"]}]})
both(create("connection"), {"connection_id": "matrix", "conn_type": "sqlite", "password": "first-secret-4471"})
both(list_of("connections"), {"conn_type": "sqlite"})
both(get("connection"), {"id": "matrix"})
both(update("connection"), {"id": "matrix", "description": "made by a test"})
both(verb("test", "connection"), {"connection_id": "matrix_3", "conn_type": "sqlite", "host": ":memory:"})
airflow_3(
    verb("enqueue", "connection_test"),
    {"connection_id": "$run_1", "conn_type": "sqlite", "host": ":memory:"},
    keep={"test_token": "token"},
)
airflow_3(get("connection_test"), {"id": "$test_token"})
both(delete("connection"), {"id": "matrix"})
airflow_3(verb("bulk", "connections"), {"actions": [{"action": "create", "entities": [{"connection_id": "matrix_2", "conn_type": "http"}]}]})
airflow_3(verb("bulk", "connections"), {"actions": [{"action": "delete", "entities": ["matrix_2"]}]})
airflow_3(verb("add", "default_connections"))
both(create("pool"), {"name": "matrix", "slots": 3, "description": "made by a test"})
both(list_of("pools"))
both(get("pool"), {"id": "matrix"})
both(update("pool"), {"id": "matrix", "slots": 4})
both(delete("pool"), {"id": "matrix"})
airflow_3(verb("bulk", "pools"), {"actions": [{"action": "create", "entities": [{"name": "matrix_2", "slots": 1}]}]})
airflow_3(verb("bulk", "pools"), {"actions": [{"action": "delete", "entities": ["matrix_2"]}]})

# Assets.
airflow_2(list_of("assets"), {"uri_pattern": "lab/orders"})
airflow_3(list_of("assets"), {"uri_pattern": "lab/orders"}, keep={"asset": "assets.0.id"})
airflow_2(get("asset"), {"id": ORDERS})
airflow_3(get("asset"), {"id": "$asset"})
both(list_of("asset_events"), {"source_dag_id": "lab_producer"})
both(list_of("upstream_asset_events"), {"dag_id": "lab_consumer", "dag_run_id": "$consumer_run"})
airflow_2(list_of("asset_queued_events"), {"uri": ORDERS})
airflow_3(list_of("asset_queued_events"), {"asset_id": "$asset"})
both(list_of("dag_asset_queued_events"), {"dag_id": "lab_waits_for_two"})
airflow_2(get("dag_asset_queued_event"), {"dag_id": "lab_waits_for_two", "id": ORDERS})
airflow_3(get("dag_asset_queued_event"), {"dag_id": "lab_waits_for_two", "id": "$asset"})
# Three ways to delete the queued event, which is created again after the first and the second.
airflow_2(delete("dag_asset_queued_event"), {"dag_id": "lab_waits_for_two", "id": ORDERS})
airflow_3(delete("dag_asset_queued_event"), {"dag_id": "lab_waits_for_two", "id": "$asset"})
airflow_2(create("asset_event"), {"dataset_uri": ORDERS, "extra": {"by": "the matrix"}})
airflow_3(create("asset_event"), {"asset_id": "$asset", "extra": {"by": "the matrix"}})
both(verb("clear", "dag_asset_queued_events"), {"dag_id": "lab_waits_for_two"})
airflow_2(create("asset_event"), {"dataset_uri": ORDERS})
airflow_3(create("asset_event"), {"asset_id": "$asset"})
airflow_2(verb("clear", "asset_queued_events"), {"uri": ORDERS})
airflow_3(verb("clear", "asset_queued_events"), {"asset_id": "$asset"})
# Event for later tests.
airflow_2(create("asset_event"), {"dataset_uri": ORDERS})
airflow_3(create("asset_event"), {"asset_id": "$asset"})
airflow_3(verb("materialize", "asset"), {"asset_id": "$asset"})
airflow_3(list_of("asset_aliases"), keep={"alias": "asset_aliases.0.id"})
airflow_3(get("asset_alias"), {"id": "$alias"})
airflow_3(verb("set", "asset_state_store_entry"), {"asset_id": "$asset", "key": "matrix/key", "value": [1]})
airflow_3(list_of("asset_state_store_entries"), {"asset_id": "$asset"})
airflow_3(get("asset_state_store_entry"), {"asset_id": "$asset", "id": "matrix/key"})
airflow_3(delete("asset_state_store_entry"), {"asset_id": "$asset", "id": "matrix/key"})
airflow_3(verb("clear", "asset_state_store_entries"), {"asset_id": "$asset"})

# Airflow itself.
both(list_of("event_logs"), {"limit": 1}, keep={"event_log": "event_logs.0.event_log_id"})
both(get("event_log"), {"id": "$event_log"})
both(list_of("import_errors"), keep={"import_error": "import_errors.0.import_error_id"})
both(get("import_error"), {"id": "$import_error"})
airflow_3(list_of("jobs"))
both(list_of("plugins"))
airflow_3(list_of("plugin_import_errors"))
both(list_of("providers"))
both(list_of("config_sections"), {"section": "core"})
both(get("config_option"), {"section": "core", "id": "parallelism"})
both(verb("check", "health"))
both(verb("show", "version"))
