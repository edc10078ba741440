"""Tests that every tool succeeds on a real server of each of its APIs. The test prints the matrix of calls."""

import datetime
import itertools
import json

import pytest
from conftest import catalogue, connect
from matrix import ROWS


def fill_in(value, known):
    """Returns the value with each `$name` replaced."""
    if isinstance(value, dict):
        return {name: fill_in(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, known) for each in value]
    if isinstance(value, str) and value.startswith("$"):
        return known[value[1:]]
    return value


def value_at(value, place):
    for step in place.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def shortened(arguments):
    text = json.dumps(arguments, ensure_ascii=False)
    return text if len(text) <= 100 else text[:99] + "…"


def in_short(statuses):
    """Shortens a list of statuses, such as 404 200×3."""
    groups = [(status, len(list(group))) for status, group in itertools.groupby(statuses)]
    return " ".join(str(status) if count == 1 else f"{status}×{count}" for status, count in groups)


def known_before(airflow):
    path = "/api/v1" if airflow.major == 2 else "/api/v2"
    [run] = airflow.direct("GET", path + "/dags/lab_consumer/dagRuns?limit=1")[1]["dag_runs"]
    now = datetime.datetime.now(datetime.timezone.utc)
    known = {"consumer_run": run["dag_run_id"], "yesterday": f"{now.date() - datetime.timedelta(days=1)}T00:00:00Z"}
    # Ids contain the time, so that the tests can run again on the same Airflow.
    return known | {f"run_{i}": f"matrix-{i}-{now:%H%M%S}" for i in (1, 2, 3)}


@pytest.mark.anyio
async def test_every_tool_has_succeeded(airflow, proxy, tmp_path, capsys):
    tools = {tool["name"] for tool in catalogue(f"airflow-{airflow.major}")}
    rows = [row for row in ROWS if airflow.major in row.on]
    known, lines, failed = known_before(airflow), [], []
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        for row in rows:
            if row.impossible or row.tool not in tools:
                status = "impossible" if row.impossible else "no such tool"
                lines.append((row.tool, status, row.arguments))
                continue
            before = len(proxy.requests)
            try:
                arguments = fill_in(row.arguments, known)
                result = await session.result(row.tool, arguments)
                is_repeated = result.is_error and result.structured_content["error"]["code"] == row.repeated
                if result.is_error and not is_repeated:
                    raise ValueError(json.dumps(result.structured_content["error"], ensure_ascii=False))
                # Bulk calls return 200 even if single actions failed.
                inner = [part["errors"] for part in result.structured_content.values() if isinstance(part, dict) and part.get("errors")]
                if inner:
                    raise ValueError(json.dumps(inner, ensure_ascii=False))
                known |= {name: value_at(result.structured_content, place) for name, place in row.keep.items()}
            except (ValueError, KeyError, IndexError) as error:
                failed.append(f"{row.tool} {row.arguments}: {error!r}")
            statuses = [seen.status for seen in proxy.requests[before:] if not seen.path.startswith("/auth/token")]
            lines.append((row.tool, in_short(statuses), row.arguments))

    with capsys.disabled():
        print(f"\n{len(lines)} calls for {len(tools)} tools of airflow-{airflow.major}")
        for tool, status, arguments in lines:
            print(f"  {status:12} {tool:62} {shortened(arguments)}")
    assert not failed, "\n".join(failed)
    without = tools - {row.tool for row in rows}
    assert not without, f"matrix.py has no row for {sorted(without)}"
    unknown = {row.tool for row in rows} - tools
    assert not unknown, f"matrix.py has rows for tools that do not exist: {sorted(unknown)}"
    impossible = {row.tool for row in rows if row.impossible}
    assert len(impossible) <= 0.05 * len(tools), f"too many tools are marked as impossible: {sorted(impossible)}"
