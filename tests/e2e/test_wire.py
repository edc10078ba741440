"""The bytes that reach Airflow: omitted, null and empty are three things, nothing leaves its place, nothing is sent that was not checked."""

import json

import pytest
from conftest import connect

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
    [delete] = proxy.of("DELETE")
    assert "content-type" not in delete.headers and delete.body == ""
    assert delete.headers.get("content-length", "0") == "0"
    assert delete.target == f"{airflow.rbac}/roles/short%20lived"
    assert all(seen.headers["accept"] == "application/json" for seen in proxy.requests)


@pytest.mark.anyio
async def test_omitted_null_and_empty_are_three_things(airflow, proxy, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call(UPDATE_USER, {"id": "user00007", "last_name": "Only this"})
        if airflow.major == 3:
            await session.call(UPDATE_USER, {"id": "user00007", "last_name": None})
        else:
            # The document of Airflow 2 does not allow null here, so it is refused before anything is sent.
            error = await session.error(UPDATE_USER, {"id": "user00007", "last_name": None})
            assert error["code"] == "invalid_arguments"
        await session.call(UPDATE_USER, {"id": "user00007", "roles": []})
        await session.call(UPDATE_USER, {"id": "user00007", "roles": [{"name": "Viewer"}]})
    patches = proxy.of("PATCH")
    bodies = [json.loads(seen.body) for seen in patches]
    assert bodies[0]["last_name"] == "Only this"
    assert "password" not in bodies[0]
    if airflow.major == 3:
        assert set(bodies[0]) == {"last_name"}
        assert bodies[1] == {"last_name": None}
    else:
        # This PATCH wants the whole user; the mask says what to write.
        assert {"username", "email", "first_name", "last_name"} <= set(bodies[0])
        assert [seen.query for seen in patches] == [
            "update_mask=last_name",
            "update_mask=roles",
            "update_mask=roles",
        ]
    assert bodies[-2]["roles"] == [] and bodies[-1]["roles"] == [{"name": "Viewer"}]


@pytest.mark.anyio
async def test_all_mistakes_are_reported_at_once_and_nothing_is_sent(airflow, proxy, tmp_path):
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
    sent = [seen.target for seen in proxy.of("GET") if not seen.path.endswith(own)]
    assert len(sent) == len(HARMLESS)
    for target in sent:
        assert target.startswith(prefix) and "/" not in target[len(prefix) :] and "?" not in target and "#" not in target
    # Airflow's own log says the same: nothing but this one operation was asked for.
    new = airflow.request_log.read_text(errors="replace")[len(before) :]
    asked = [line for line in new.splitlines() if '"GET /' in line or "GET /" in line]
    allowed = (prefix, "/version", "/openapi.json", "/permissions?limit=1", "/health")
    assert [line for line in asked if not any(part in line for part in allowed)] == []
