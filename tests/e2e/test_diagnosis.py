"""Tests that three calls diagnose a failed run: the runs that failed today, the failed tasks of a run, and the end of the log."""

import datetime

import pytest
from conftest import connect
from matrix import list_of


@pytest.mark.anyio
async def test_a_failing_dag_is_diagnosed_in_three_calls(airflow, tmp_path):
    path = "/api/v1" if airflow.major == 2 else "/api/v2"
    run = airflow.direct("GET", path + "/dags/lab_failing/dagRuns/lab-1")[1]
    # Day on which the lab was set up.
    today = datetime.datetime.fromisoformat(run["start_date"]).strftime("%Y-%m-%dT00:00:00Z")
    async with connect(airflow, tmp_path) as session:
        runs = await session.call(list_of("dag_runs"), {"state": ["failed"], "start_date_gte": today, "limit": 100})
        assert all(each["state"] == "failed" for each in runs["dag_runs"])
        [failed] = [each for each in runs["dag_runs"] if (each["dag_id"], each["dag_run_id"]) == ("lab_failing", "lab-1")]

        where = {"dag_id": failed["dag_id"], "dag_run_id": failed["dag_run_id"]}
        instances = await session.call(list_of("task_instances"), {**where, "state": ["failed"]})
        [instance] = instances["task_instances"]
        assert (instance["task_id"], instance["try_number"]) == ("transform", 2)

        log = await session.call(
            list_of("log_lines"), {**where, "task_id": instance["task_id"], "try_number": instance["try_number"], "limit": 50}
        )
    lines = log["lines"]
    text = "\n".join(lines)
    assert len(lines) <= 50 and len(text) < 20_000
    assert "ValueError: row 3 has no amount" in text, text
    assert "lab_dags.py" in text and "in transform" in text, text
    # The text contains neither Python representations nor markers of the web page.
    assert "\\n" not in text and "::group::" not in text and not text.startswith("[("), text


@pytest.mark.anyio
async def test_a_long_log_is_read_from_either_end_and_filtered(airflow, tmp_path):
    where = {"dag_id": "lab_long_log", "dag_run_id": "lab-1", "task_id": "talk", "try_number": 1}
    async with connect(airflow, tmp_path) as session:
        end = await session.call(list_of("log_lines"), {**where, "contains": "row", "limit": 3})
        assert [f"row {row:05d}" in line for row, line in zip((19997, 19998, 19999), end["lines"], strict=True)] == [True] * 3
        assert end["next_cursor"]
        older = await session.call(list_of("log_lines"), {**where, "contains": "row", "limit": 3, "next_cursor": end["next_cursor"]})
        assert "row 19996" in older["lines"][-1] and "row 19994" in older["lines"][0]
        begin = await session.call(list_of("log_lines"), {**where, "contains": "row", "limit": 2, "from_start": True})
        assert "row 00000" in begin["lines"][0] and "row 00001" in begin["lines"][1]
        errors = await session.call(list_of("log_lines"), {**where, "level": "error", "contains": "row"})
        assert [f"row {row:05d}" in line for row, line in zip((4999, 9999, 14999, 19999), errors["lines"], strict=True)] == [True] * 4
        assert errors["next_cursor"] is None
        warnings = await session.call(list_of("log_lines"), {**where, "level": "warning", "contains": "row", "limit": 1000})
        assert len(warnings["lines"]) == 40


@pytest.mark.anyio
async def test_results_of_a_task_are_returned_unchanged(airflow, tmp_path):
    where = {"dag_id": "lab_failing", "dag_run_id": "lab-1", "task_id": "extract", "id": "return_value"}
    async with connect(airflow, tmp_path) as session:
        xcom = await session.call("get_single_apacheairflow_xcom_by_id", where)
    # Airflow 3 returns one of two types of XCom, so the value is one level deeper in the result.
    value = xcom.get("result", xcom)["value"]
    assert value["big"] == 2**63 and value["nothing"] is None
    assert value["nested"] == {"rows": [{"id": 1, "amounts": [1.5, -2]}, []]}
    assert value["long"].startswith("lorem ipsum lorem ipsum")
