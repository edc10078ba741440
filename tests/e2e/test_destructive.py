"""Tests that a destructive call affects only what its description says: filters cannot be empty, ids are exact, and a list with the same filters finds exactly what a change affects.

This test inserts its own DAGs, whose ids match each other if Airflow reads them as wildcards.
"""

import pathlib
import re
import sqlite3

import pytest
from conftest import connect, setting

BULK = "bulk_update_apacheairflow_dags"
LIST = "list_all_apacheairflow_dags"

# Id -> owners, paused, stale.
DAGS = {
    "narrow_a": ("narrow-team1", False, False),
    "narrowXa": ("narrow-team1", False, False),
    "narrow-a": ("narrow-team2, narrow-ops", False, False),
    "NARROW_A": ("narrow-team2", True, False),
    "narrow_stale": ("narrow-team1", False, True),
}
LIVE = {dag_id for dag_id, (_, _, stale) in DAGS.items() if not stale}
pytestmark = pytest.mark.anyio


class Dags:
    """DAGs of an Airflow. Direct requests read their state, which is restored at the end."""

    def __init__(self, airflow):
        self.airflow = airflow
        self.database = pathlib.Path(setting(f"E2E_AIRFLOW_{airflow.major}_LOG")).parent / "airflow.db"

    def execute(self, *statements):
        db = sqlite3.connect(self.database, timeout=60)
        with db:
            for sql, rows in statements:
                db.executemany(sql, rows)
        db.close()

    def insert(self):
        db = sqlite3.connect(self.database, timeout=60)
        db.row_factory = sqlite3.Row
        like = dict(db.execute("select * from dag where dag_id = 'lab_failing'").fetchone())
        stale = "is_stale" if self.airflow.major == 3 else "is_active"
        names = list(like)
        with db:
            for dag_id, (owners, paused, is_stale) in DAGS.items():
                row = {**like, "dag_id": dag_id, "owners": owners, "is_paused": paused, stale: is_stale == (stale == "is_stale")}
                marks = ", ".join("?" * len(names))
                db.execute(f"insert or replace into dag ({', '.join(names)}) values ({marks})", [row[name] for name in names])
                db.execute("insert or replace into dag_tag (name, dag_id) values ('narrow', ?)", [dag_id])
        db.close()

    def delete(self):
        rows = [(dag_id,) for dag_id in DAGS]
        self.execute(("delete from dag_tag where dag_id = ?", rows), ("delete from dag where dag_id = ?", rows))

    def paused(self, query="limit=100"):
        """Returns id -> paused, as reported by Airflow, for all DAGs or those that match the query."""
        api, stale = ("/api/v1", "only_active") if self.airflow.major == 2 else ("/api/v2", "exclude_stale")
        found = {}
        while True:
            status, page = self.airflow.direct("GET", f"{api}/dags?{query}&{stale}=false&offset={len(found)}")
            assert status == 200, page
            found |= {dag["dag_id"]: dag["is_paused"] for dag in page["dags"]}
            if not page["dags"] or len(found) >= page["total_entries"]:
                return found

    def own(self):
        return self.paused("dag_id_pattern=narrow&limit=100")

    def restore(self, paused):
        self.execute(("update dag set is_paused = ? where dag_id = ?", [(state, dag_id) for dag_id, state in paused.items()]))


@pytest.fixture
def dags(airflow):
    dags = Dags(airflow)
    before = dags.paused()
    dags.insert()
    try:
        yield dags
    finally:
        dags.delete()
        after = dags.paused()
        dags.restore({dag_id: state for dag_id, state in before.items() if after.get(dag_id) != state})


def changed(before, after):
    # Other tests create and delete DAGs.
    return {dag_id for dag_id in before.keys() & after.keys() if before[dag_id] != after[dag_id]}


REFUSED = [
    ({"dag_id_pattern": ""}, "dag_id_pattern"),
    ({}, "missing argument: give at least one of dag_ids, dag_id_pattern, tags"),
    ({"dag_id_pattern": "~"}, "dag_id_pattern"),
    ({"dag_id_pattern": "narrow_a|narrowXa"}, "dag_id_pattern"),
    ({"tags": []}, "tags"),
    ({"tags": [""]}, "tags[0]"),
    ({"tags": ["narrow", ""]}, "tags[1]"),
    ({"dag_ids": []}, "dag_ids"),
    ({"dag_ids": [""]}, "dag_ids[0]"),
    ({"dag_ids": [".."]}, "dag_ids[0]"),
    ({"dag_ids": ["a/b"]}, "dag_ids[0]"),
    ({"dag_ids": [f"narrow{i}" for i in range(101)]}, "dag_ids"),
    ({"dag_ids": ["narrow_a"], "tags": ["narrow"]}, "tags: cannot be combined with dag_ids"),
    ({"dag_ids": ["narrow_a"], "dag_id_pattern": "narrow"}, "dag_id_pattern: cannot be combined with dag_ids"),
]
REFUSED_3 = [({"owners": []}, "owners"), ({"owners": [""]}, "owners[0]"), ({"owners": ["narrow-ops", ""]}, "owners[1]"), ({"paused": False}, "missing argument: give at least one of dag_ids, dag_id_pattern, tags, owners")]


async def test_empty_filters_are_rejected_before_anything_is_sent(airflow, proxy, dags, tmp_path):
    before = dags.own()
    rows = REFUSED + (REFUSED_3 if airflow.major == 3 else [])
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call(LIST, {"limit": 1})
        for arguments, text in rows:
            error = await session.error(BULK, {"is_paused": True, **arguments})
            assert error["code"] == "invalid_arguments", (arguments, error)
            assert error["detail"].startswith(text), (arguments, error)
    assert not proxy.received("PATCH")
    assert dags.own() == before


# Filters that both the list and the change accept, with the DAGs that match.
FILTERS = [
    ({"dag_id_pattern": "narrow_a"}, LIVE),
    ({"dag_id_pattern": "narrow-a"}, {"narrow-a"}),
    ({"dag_id_pattern": "arrowxA"}, {"narrowXa"}),
    ({"dag_id_pattern": "narrow%"}, LIVE),
    ({"dag_id_pattern": "narrow%stale"}, set()),
    ({"dag_id_pattern": "%", "tags": ["narrow"]}, LIVE),
    ({"dag_id_pattern": "_", "tags": ["narrow"]}, LIVE),
    ({"dag_id_pattern": "narrow-a", "tags": ["narrow", "bulk"]}, {"narrow-a"}),
    ({"tags": ["narrow"]}, LIVE),
    ({"tags": ["narro_"]}, set()),
    ({"tags": ["NARROW"]}, set()),
]
FILTERS_3 = [
    ({"owners": ["narrow-ops"]}, {"narrow-a"}),
    ({"owners": ["NARROW-TEAM2"]}, {"narrow-a", "NARROW_A"}),
    ({"owners": ["narrow_team1"]}, set()),
    ({"owners": ["narrow-"], "tags": ["narrow"]}, LIVE),
    ({"tags": ["narrow"], "paused": False}, LIVE - {"NARROW_A"}),
    ({"tags": ["narrow"], "paused": True}, {"NARROW_A"}),
]


async def test_the_list_with_the_same_filters_finds_what_the_change_affects(airflow, dags, tmp_path):
    everything = dags.paused()
    async with connect(airflow, tmp_path) as session:
        for filters, expected in FILTERS + (FILTERS_3 if airflow.major == 3 else []):
            dags.restore({dag_id: paused for dag_id, (_, paused, _) in DAGS.items()})
            listed = await session.call(LIST, filters)
            assert {dag["dag_id"] for dag in listed["dags"]} == expected, filters
            affected = set()
            # Change in both directions, because a change has no visible effect on a DAG that is already paused.
            for is_paused in (True, False):
                if "paused" in filters and filters["paused"] == is_paused:
                    continue
                before = dags.own()
                answer = await session.call(BULK, {**filters, "is_paused": is_paused})
                affected |= changed(before, dags.own())
                assert {dag["dag_id"] for dag in answer["dags"]} <= expected, filters
            assert affected == expected, filters
    assert changed(everything, dags.paused()) <= set(DAGS), "another DAG was changed"


async def test_only_objects_with_the_given_ids_change(airflow, dags, proxy, tmp_path):
    everything = dags.paused()
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        answer = await session.call(BULK, {"dag_ids": ["narrow_a", "narrow_stale"], "is_paused": True})
    assert [(dag["dag_id"], dag["is_paused"]) for dag in answer["dags"]] == [("narrow_a", True), ("narrow_stale", True)]
    assert changed(everything, dags.paused()) == {"narrow_a", "narrow_stale"}
    assert sorted(seen.path.rsplit("/", 1)[1] for seen in proxy.received("PATCH")) == ["narrow_a", "narrow_stale"]


async def test_an_id_that_fails_does_not_stop_the_others(airflow, dags, tmp_path):
    before = dags.own()
    async with connect(airflow, tmp_path) as session:
        error = await session.error(BULK, {"dag_ids": ["narrow_a", "narrow_missing", "narrow-a"], "is_paused": True})
    assert (error["code"], error["status"], error["operation"]) == ("not_found", 404, "patch_dag")
    assert error["title"] == "Only some objects changed"
    assert error["detail"].startswith('Changed: "narrow_a", "narrow-a". Failed: "narrow_missing" (HTTP 404: '), error
    assert error["detail"].endswith(" Not sent: none.")
    assert changed(before, dags.own()) == {"narrow_a", "narrow-a"}


async def test_a_rate_limit_stops_the_rest(airflow, dags, proxy, tmp_path):
    before = dags.own()
    api = "/api/v1" if airflow.major == 2 else "/api/v2"
    proxy.answers[f"{api}/dags/narrow-a"] = (429, "application/json", "{}")
    missing = [f"narrow_missing{i}" for i in range(20)]
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        error = await session.error(BULK, {"dag_ids": ["narrow-a", "narrow_a", *missing], "is_paused": True})
    assert (error["code"], error["status"], error["retryable"]) == ("rate_limited", 429, True)
    groups = dict(re.findall(r"(Changed|Failed|Not sent): (.*?)\.(?= |$)", error["detail"]))
    not_tried = re.findall(r'"(\w+)"', groups["Not sent"])
    sent = [seen.path.rsplit("/", 1)[1] for seen in proxy.received("PATCH")]
    assert not_tried and sorted(sent + not_tried) == sorted(["narrow-a", "narrow_a", *missing]), error
    assert ('"narrow_a"' in groups["Changed"]) == ("narrow_a" in changed(before, dags.own())), error


async def test_many_matches_are_changed_as_described(airflow, dags, tmp_path):
    everything = dags.paused()
    wanted = {"tags": ["bulk"], "is_paused": True}
    bulk = {dag_id for dag_id in everything if dag_id.startswith("bulk_")}
    active = {dag_id for dag_id in bulk if not everything[dag_id]}
    assert len(active) > 200
    async with connect(airflow, tmp_path) as session:
        answer = await session.call(BULK, wanted)
        assert answer["total_entries"] == len(bulk)
        if airflow.major == 3:
            assert len(answer["dags"]) == 50
        else:
            assert changed(everything, dags.paused()) == active & set(sorted(bulk)[:100])
            for offset in range(100, len(bulk), 100):
                await session.call(BULK, {**wanted, "offset": offset})
    assert changed(everything, dags.paused()) == active


CLEAR = "clear_apacheairflow_task_instances"
EVERYWHERE = [(CLEAR, {"dag_id": "lab_failing", "dry_run": True, "only_failed": False}, [{"task_ids": []}, {"dag_run_id": ""}])]
EMPTY = {
    2: [
        *EVERYWHERE,
        ("set_apacheairflow_task_instances_state", {"dag_id": "lab_failing", "task_id": "extract", "dag_run_id": "lab-1", "new_state": "success", "dry_run": True}, [{"task_id": ""}, {"dag_run_id": ""}]),
        ("clear_apacheairflow_dag_asset_queued_events", {"dag_id": "narrow_a"}, [{"before": ""}]),
    ],
    3: [
        *EVERYWHERE,
        ("clear_apacheairflow_dag_runs", {"dag_id": "lab_failing", "dry_run": True}, [{"dag_runs": []}, {"partition_key": ""}]),
        ("clear_apacheairflow_dag_run_partitions", {"dag_id": "lab_failing", "dry_run": True}, [{"run_id": ""}, {"partition_key": ""}]),
        ("clear_apacheairflow_dag_asset_queued_events", {"dag_id": "narrow_a"}, [{"before": ""}]),
        *[(f"bulk_apacheairflow_{what}", {}, [{"actions": []}]) for what in ("connections", "pools", "variables")],
        ("bulk_apacheairflow_dag_runs", {"dag_id": "~"}, [{"actions": []}]),
        ("bulk_apacheairflow_task_instances", {"dag_id": "~", "dag_run_id": "~"}, [{"actions": []}]),
    ],
}


async def test_arguments_that_limit_a_destructive_call_are_not_empty(airflow, proxy, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call(LIST, {"limit": 1})
        sent = len(proxy.requests)
        for tool, arguments, rows in EMPTY[airflow.major]:
            for row in rows:
                error = await session.error(tool, {**arguments, **row})
                assert error["code"] == "invalid_arguments", (tool, row, error)
                assert error["detail"].startswith(f"{next(iter(row))}: "), (tool, row, error)
    assert len(proxy.requests) == sent, "a request was sent"


async def test_a_wildcard_as_id_is_an_unknown_id(airflow, tmp_path):
    """Checks that a value that means all objects in lists is an unknown id for a change of one object."""
    rows = [
        ("delete_a_apacheairflow_dag_by_id", {}),
        ("delete_a_apacheairflow_pool_by_id", {}),
        ("delete_a_apacheairflow_variable_by_id", {}),
        ("delete_a_apacheairflow_connection_by_id", {}),
        ("delete_a_apacheairflow_user_by_id", {}),
        ("delete_a_apacheairflow_role_by_id", {}),
        ("delete_a_apacheairflow_dag_run_by_id", {"dag_id": "lab_failing"}),
        ("clear_apacheairflow_dag_run", {"dag_id": "lab_failing", "dry_run": True}),
    ]
    async with connect(airflow, tmp_path) as session:
        for tool, arguments in rows:
            for wildcard in ("~", "%"):
                error = await session.error(tool, {**arguments, "id": wildcard})
                assert (error["code"], error["status"]) == ("not_found", 404), (tool, error)


CONFIG = {"list_all_apacheairflow_config_sections", "get_single_apacheairflow_config_option_by_id"}


async def test_the_tag_admin_does_not_offer_the_configuration(airflow, tmp_path):
    option = {"section": "core", "id": "fernet_key"}
    names = {}
    for tag in ("admin", "secrets"):
        async with connect(airflow, tmp_path, ["--tags", tag]) as session:
            names[tag] = {tool.name for tool in (await session.client.list_tools()).tools}
            if tag == "admin":
                with pytest.raises(Exception, match="is not offered"):
                    await session.client.call_tool("get_single_apacheairflow_config_option_by_id", option)
    assert "list_all_apacheairflow_pools" in names["admin"]
    assert not CONFIG & names["admin"]
    assert CONFIG <= names["secrets"]
