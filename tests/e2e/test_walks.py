"""Tests that walk every list tool to its end with limits of 1, 7 and 1000: each item occurs once, and the last page has no cursor."""

import dataclasses
import json
import time

import pytest
from conftest import catalogue, connect
from matrix import ORDERS, list_of


@dataclasses.dataclass
class Walk:
    # Arguments that select all items, for the limits 7 and 1000.
    whole: dict = dataclasses.field(default_factory=dict)
    # Arguments that select few items, for the limit 1. None means the arguments for all items.
    few: dict | None = None
    # Minimum number of all items.
    entries: int = 0
    few_entries: int = 0
    # Whether the limit 7 also uses the arguments for few items.
    slow: bool = False


TRIED = {"dag_id": "lab_failing", "dag_run_id": "lab-1", "task_id": "transform"}
SQUARE = {"dag_id": "lab_mapped", "dag_run_id": "lab-1", "task_id": "square"}
TALK = {"dag_id": "lab_long_log", "dag_run_id": "lab-1", "task_id": "talk", "try_number": 1}
CONSUMER = {"dag_id": "lab_consumer", "dag_run_id": "$consumer_run"}

WALKS = {
    "users": Walk({}, {"role": "Admin"}, entries=5001, few_entries=6, slow=True),
    "roles": Walk(entries=5),
    "permissions": Walk(entries=5, few={"action": "can_read"}, few_entries=1),
    "dags": Walk(entries=490),
    "dag_tags": Walk(entries=8),
    "dag_stats": Walk({"dag_ids": [f"bulk_{i:03d}" for i in range(20)]}, entries=20),
    "tasks": Walk({"dag_id": "lab_failing"}, entries=4),
    "dag_versions": Walk({}, {"dag_id": "lab_failing"}, entries=490, few_entries=1, slow=True),
    "dag_warnings": Walk(entries=1),
    "dag_runs": Walk(entries=3000),
    "dag_runs_batch": Walk({"states": ["success", "failed", "running"]}, {"dag_ids": ["bulk_001"]}, entries=3000, few_entries=50, slow=True),
    "backfill_dates": Walk({"dag_id": "lab_daily", "from_date": "2026-04-01T00:00:00Z", "to_date": "2026-04-10T00:00:00Z"}, entries=10),
    "backfills": Walk({"dag_id": "lab_daily"}),
    "task_instances": Walk(entries=1000),
    "task_instances_batch": Walk({"state": ["success", "failed", "upstream_failed"]}, {"state": ["failed"]}, entries=900, few_entries=10),
    "mapped_task_instances": Walk(SQUARE, entries=8),
    "task_instance_tries": Walk(TRIED, entries=2),
    "mapped_task_instance_tries": Walk({**SQUARE, "map_index": 3}, entries=1),
    "log_lines": Walk(TALK, {**TALK, "contains": "row 0000"}, entries=20_000, few_entries=10, slow=True),
    "xcoms": Walk(entries=10),
    "task_state_store_entries": Walk(TRIED),
    "hitl_details": Walk(entries=3),
    "variables": Walk(entries=1500),
    "connections": Walk(entries=30),
    "pools": Walk(entries=21),
    "assets": Walk(entries=2),
    "asset_events": Walk(entries=1),
    "upstream_asset_events": Walk(CONSUMER, entries=1),
    "asset_queued_events": Walk({"uri": ORDERS}, entries=1),
    "dag_asset_queued_events": Walk({"dag_id": "lab_waits_for_two"}, entries=1),
    "asset_aliases": Walk(entries=1),
    "asset_state_store_entries": Walk({"asset_id": 1}),
    "event_logs": Walk({}, {"dag_id": "lab_mapped"}, entries=50, few_entries=10),
    "import_errors": Walk(entries=1),
    "jobs": Walk(entries=2),
    "plugins": Walk(entries=1),
    "plugin_import_errors": Walk(),
    "providers": Walk(entries=4),
    "config_sections": Walk(entries=10),
}
# Walks that differ in one of the two major versions of Airflow.
DIFFERENT = {
    (2, "permissions"): Walk(entries=5),
    (3, "asset_queued_events"): Walk({"asset_id": 1}, entries=1),
}


def walk_of(major, tool):
    resource = tool.removeprefix(list_of(""))
    return DIFFERENT.get((major, resource)) or WALKS.get(resource)


async def walk(session, tool, arguments, limit):
    """Returns the items of all pages in order, and the total that the tool reports."""
    items, cursor, total = [], None, None
    for _ in range(100_000):
        page = await session.call(tool, {**arguments, "limit": limit, **({"next_cursor": cursor} if cursor else {})})
        [name] = [name for name, value in page.items() if isinstance(value, list)]
        assert len(page[name]) <= limit, f"{tool}: {len(page[name])} items on a page of {limit}"
        # Pages of a log go from its end to its beginning, but the lines of a page are in natural order.
        items += reversed(page[name]) if name == "lines" else page[name]
        total = page.get("total_entries", page.get("total_lines", total))
        assert "next_cursor" in page, f"{tool}: no next_cursor"
        cursor = page["next_cursor"]
        if cursor is None:
            return items, total
    raise AssertionError(f"{tool} does not end")


def check(tool, arguments, limit, items, total, at_least, is_whole):
    what = f"{tool} {arguments} by {limit}"
    assert len(items) >= at_least, f"{what}: {len(items)} items, not {at_least}"
    # A filter that Airflow does not have does not change the total.
    assert total is None or total == len(items) or (total > len(items) and not is_whole), f"{what}: {len(items)} items of {total}"
    if not tool.endswith("log_lines"):
        texts = [json.dumps(item, sort_keys=True) for item in items]
        twice = sorted({text for text in texts if texts.count(text) > 1}) if len(set(texts)) < len(texts) else []
        assert not twice, f"{what}: repeated items: {twice[:3]}"


@pytest.mark.anyio
async def test_every_list_is_walked_to_its_end(airflow, tmp_path, capsys):
    tools = {tool["name"]: tool for tool in catalogue(f"airflow-{airflow.major}") if tool["method"] == "list"}
    without = [tool for tool in tools if walk_of(airflow.major, tool) is None]
    assert not without, f"test_walks.py has no walk for {without}"
    path = "/api/v1" if airflow.major == 2 else "/api/v2"
    [run] = airflow.direct("GET", path + "/dags/lab_consumer/dagRuns?limit=1")[1]["dag_runs"]
    lines, failed = [], []
    async with connect(airflow, tmp_path, AIRFLOW_MCP_LOG="warn") as session:
        for tool, described in tools.items():
            plan = walk_of(airflow.major, tool)
            few, few_entries = (plan.whole, plan.entries) if plan.few is None else (plan.few, plan.few_entries)
            by_7, by_7_entries = (few, few_entries) if plan.slow else (plan.whole, plan.entries)
            # Request all fields if they can be selected, because two items can be equal in the summary.
            fields = {"fields": ["*"]} if "fields" in described["inputSchema"]["properties"] else {}
            seen = {}
            for limit, arguments, entries in [(1, few, few_entries), (7, by_7, by_7_entries), (1000, plan.whole, plan.entries)]:
                arguments = {name: run["dag_run_id"] if value == "$consumer_run" else value for name, value in arguments.items()}
                began = time.monotonic()
                try:
                    items, total = await walk(session, tool, {**arguments, **fields}, limit)
                    check(tool, arguments, limit, items, total, entries, is_whole=limit == 1000)
                    # The same arguments return the same items in the same order, whatever the limit.
                    key = json.dumps(arguments)
                    assert seen.setdefault(key, items) == items, f"{tool} {arguments}: different items with limit {limit}"
                    lines.append(f"{tool:62} {limit:5} {len(items):6} {time.monotonic() - began:6.1f} s")
                except AssertionError as error:
                    failed.append(f"{tool} {arguments} by {limit}: {error}")
    with capsys.disabled():
        print(f"\nlimit, items and time of each walk, airflow-{airflow.major}")
        print("\n".join("  " + line for line in lines))
    assert not failed, "\n".join(failed)


@pytest.mark.anyio
async def test_a_hundred_dags_fit_in_30_kb(airflow, tmp_path):
    """Checks the budget of a list as a model gets it without requesting more fields."""
    async with connect(airflow, tmp_path) as session:
        result = await session.result(list_of("dags"), {"limit": 100})
    assert len(result.structured_content["dags"]) == 100
    size = len(result.content[0].text.encode())
    assert size <= 30_000, f"{size} bytes"
