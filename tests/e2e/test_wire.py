"""Tests of the requests that reach Airflow: null is omitted and empty is a value, no value changes the path of a request, and unchecked arguments are never sent."""

import json

import pytest
from conftest import connect
from objects import USER

CREATE_ROLE = "create_a_apacheairflow_role"
UPDATE_ROLE = "update_a_apacheairflow_role_by_id"
DELETE_ROLE = "delete_a_apacheairflow_role_by_id"
UPDATE_USER = "update_a_apacheairflow_user_by_id"
GET_USER = "get_single_apacheairflow_user_by_id"
READ_DAGS = {"action": {"name": "can_read"}, "resource": {"name": "DAGs"}}

NASTY = ["../variables", "..", "", ".", "a/b"]
HARMLESS = ["a?limit=1", "a#b", "%2e%2e", "%2e%2e%2fvariables", "a\\b", "~", "a+b", "a;b=c"]


@pytest.mark.anyio
async def test_a_delete_has_no_content_type_and_no_body(airflow, proxy, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call(CREATE_ROLE, {"name": "short lived", "actions": [READ_DAGS]})
        await session.call(DELETE_ROLE, {"id": "short lived"})
    [delete] = proxy.received("DELETE")
    assert "content-type" not in delete.headers and delete.body == ""
    assert delete.headers.get("content-length", "0") == "0"
    assert delete.target == f"{airflow.rbac}/roles/short%20lived"
    assert all(seen.headers["accept"] == "application/json" for seen in proxy.requests)


@pytest.mark.anyio
async def test_null_is_omitted_and_empty_is_a_value(airflow, proxy, tmp_path):
    USER.make(airflow, "on_the_wire")
    optional = ["username", "email", "first_name", "last_name", "roles", "password"]
    try:
        async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
            for arguments in [
                {"last_name": "Only this"},
                {**dict.fromkeys(optional), "last_name": "Only this"},
                {"roles": []},
                {**dict.fromkeys(optional), "roles": []},
                {"roles": [{"name": "Viewer"}]},
            ]:
                await session.call(UPDATE_USER, {"id": "on_the_wire", **arguments})
    finally:
        USER.delete(airflow, "on_the_wire")
    patches = proxy.received("PATCH")
    bodies = [json.loads(seen.body) for seen in patches]
    assert len(bodies) == 5
    assert (patches[0].target, bodies[0]) == (patches[1].target, bodies[1])
    assert (patches[2].target, bodies[2]) == (patches[3].target, bodies[3])
    assert bodies[0]["last_name"] == "Only this"
    assert bodies[2]["roles"] == [] and bodies[4]["roles"] == [{"name": "Viewer"}]
    assert "password" not in bodies[0] and "password" not in bodies[2]
    if airflow.major == 3:
        assert set(bodies[0]) == {"last_name"} and set(bodies[2]) == {"roles"}
    else:
        # This PATCH requires the whole user. The mask names the members to write.
        assert {"username", "email", "first_name", "last_name"} <= set(bodies[0])
        masks = ["last_name", "last_name", "roles", "roles", "roles"]
        assert [seen.query for seen in patches] == [f"update_mask={name}" for name in masks]


@pytest.mark.anyio
async def test_null_is_data_in_a_free_object(airflow, proxy, tmp_path):
    path = f"/api/v{airflow.major - 1}/dags/lab_daily/dagRuns"
    # The proxy responds itself, so that no run is created.
    proxy.answers[path] = (200, "application/json", '{"dag_id": "lab_daily", "dag_run_id": "r"}')
    conf = {"kept": None, "nested": {"also": [None]}}
    arguments = {"dag_id": "lab_daily", "conf": conf, "note": None, "dag_run_id": None, "logical_date": None}
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call("trigger_apacheairflow_dag_run", arguments)
    [post] = proxy.received("POST", path)
    # Airflow 3 requires the date, which can be null.
    required = {"logical_date": None} if airflow.major == 3 else {}
    assert json.loads(post.body) == {"conf": conf, **required}


@pytest.mark.anyio
async def test_all_errors_are_reported_together_and_nothing_is_sent(airflow, proxy, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        error = await session.error(
            "create_a_apacheairflow_user",
            {"username": "", "emial": "x@example.org", "first_name": 5, "roles": ["Viewer"], "password": "first-secret-4471"},
        )
        assert error["code"] == "invalid_arguments" and error["status"] is None
        detail = json.dumps(error["detail"])
        for part in ["emial", "email", "first_name", "last_name", "roles[0]", "username"]:
            assert part in detail, (part, detail)
        for read_only in ["login_count", "failed_login_count", "fail_login_count", "created_on", "last_login"]:
            error = await session.error(UPDATE_USER, {"id": "user00001", read_only: 1})
            assert error["code"] == "invalid_arguments"
    assert [seen for seen in proxy.requests if "users" in seen.path and "openapi" not in seen.path] == []


@pytest.mark.anyio
async def test_no_path_value_reaches_another_operation(airflow, proxy, tmp_path):
    before = airflow.request_log.read_text(errors="replace")
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        for value in NASTY:
            error = await session.error(GET_USER, {"id": value})
            assert error["code"] == "invalid_arguments", (value, error)
        for value in HARMLESS:
            error = await session.error(GET_USER, {"id": value})
            assert error["code"] == "not_found", (value, error)
    prefix = f"{airflow.rbac}/users/"
    own = ("/version", "/permissions", "/openapi.json")
    sent = [seen.target for seen in proxy.received("GET") if not seen.path.endswith(own)]
    assert len(sent) == len(HARMLESS)
    for target in sent:
        assert target.startswith(prefix) and "/" not in target[len(prefix) :] and "?" not in target and "#" not in target
    # The request log of Airflow also contains only this operation.
    new = airflow.request_log.read_text(errors="replace")[len(before) :]
    asked = [line for line in new.splitlines() if '"GET /' in line or "GET /" in line]
    allowed = (prefix, "/version", "/openapi.json", "/permissions?limit=1", "/health")
    assert [line for line in asked if not any(part in line for part in allowed)] == []
