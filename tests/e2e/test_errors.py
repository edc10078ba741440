"""Tests on real Airflow servers that each type of failure has its own code and a hint. The fixtures check that no password is shown."""

import socket
import time

import pytest
from conftest import Airflow, Proxy, catalogue, connect, fetch, setting

LIST = "list_all_apacheairflow_users"
GET_USER = "get_single_apacheairflow_user_by_id"
CREATE_USER = "create_a_apacheairflow_user"


def user(**changes):
    return {
        "username": "user00001",
        "email": "fresh@example.org",
        "first_name": "F",
        "last_name": "L",
        "password": "first-secret-4471",
        "roles": [{"name": "Viewer"}],
        **changes,
    }


@pytest.mark.anyio
async def test_wrong_password(airflow, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_PASSWORD="admin-secret-7319") as session:
        error = await session.error(LIST)
        assert error["code"] == "unauthenticated" and not error["retryable"]
        assert "AIRFLOW_PASSWORD" in error["hint"] or "password" in error["hint"].lower()


@pytest.mark.anyio
async def test_missing_permission(airflow, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_USERNAME="user00001") as session:
        error = await session.error(LIST)
        assert (error["code"], error["status"]) == ("forbidden", 403)


@pytest.mark.anyio
async def test_requests_that_airflow_rejects(airflow, tmp_path):
    async with connect(airflow, tmp_path) as session:
        error = await session.error(GET_USER, {"id": "nobody"})
        assert (error["code"], error["status"]) == ("not_found", 404) and "nobody" in error["detail"]
        error = await session.error(CREATE_USER, user())
        assert (error["code"], error["status"]) == ("conflict", 409) and "user00001" in error["detail"]
        error = await session.error(CREATE_USER, user(username="fresh", roles=[{"name": "No such role"}]))
        assert (error["code"], error["status"]) == ("rejected", 400) and "No such role" in error["detail"]
        error = await session.error(LIST, {"order_by": "nonsense"})
        assert error["code"] in ("invalid_arguments", "rejected")


@pytest.mark.anyio
async def test_an_echoed_password_is_not_passed_on(tmp_path):
    # Airflow 3 returns 422 with the whole request body, including the password.
    airflow = Airflow(3)
    proxy = Proxy(airflow.url)
    echo = '{"detail":[{"type":"missing","loc":["body","email"],"msg":"Field required","input":{"password":"first-secret-4471"}}]}'
    proxy.answers["/auth/fab/v1/users"] = (422, "application/json", echo)
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        error = await session.error(CREATE_USER, user())
        assert (error["code"], error["status"]) == ("rejected", 422) and "email" in str(error["detail"])
        proxy.answers["/auth/fab/v1/users"] = (400, "text/plain", "bad password first-secret-4471 for admin")
        assert (await session.error(CREATE_USER, user()))["code"] == "rejected"


@pytest.mark.anyio
async def test_airflow_down(airflow, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    started = time.monotonic()
    async with connect(airflow, tmp_path, AIRFLOW_URL=url) as session:
        tools = await session.client.list_tools()
        assert len(tools.tools) == len(catalogue("airflow-3")) and time.monotonic() - started < 5
        error = await session.error(LIST)
        assert error["code"] == "unreachable" and error["retryable"] and error["status"] is None


@pytest.mark.anyio
async def test_a_web_page_instead_of_json(tmp_path):
    # Airflow 3 responds to an unknown path with 200 and its web page.
    airflow = Airflow(3)
    proxy = Proxy(airflow.url)
    status, page = fetch("GET", airflow.url + "/no/such/page", {})
    assert status == 200 and "<html" in page
    proxy.answers["/auth/fab/v1/users"] = (200, "text/html; charset=utf-8", page)
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        error = await session.error(LIST)
        assert (error["code"], error["status"]) == ("unexpected_response", 200), error


@pytest.mark.anyio
async def test_without_the_fab_auth_manager_there_are_no_users(tmp_path):
    airflow = Airflow(3)
    async with connect(airflow, tmp_path, AIRFLOW_URL=setting("E2E_AIRFLOW_3_SIMPLE_URL")) as session:
        error = await session.error(LIST)
        assert error["code"] == "not_found" and "FAB auth manager" in error["detail"]
        left = {tool.name for tool in (await session.client.list_tools()).tools}
        fab = {tool["name"] for tool in catalogue("airflow-3") if "rbac" in tool["tags"]}
        assert left and fab and left == {tool["name"] for tool in catalogue("airflow-3")} - fab


@pytest.mark.anyio
async def test_a_real_429_is_passed_on_at_once(airflow, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_URL=airflow.limited_url) as session:
        seen = []
        for _ in range(12):
            started = time.monotonic()
            result = await session.result("list_all_apacheairflow_roles", {"limit": 1})
            seen.append((result, time.monotonic() - started))
            if result.is_error:
                break
        refused, took = seen[-1]
        assert refused.is_error, "none of twelve calls returned 429"
        error = refused.structured_content["error"]
        assert (error["code"], error["status"], error["retryable"]) == ("rate_limited", 429, True)
        assert took < 2
        assert refused.meta["ratelimit-limit"] == 6 and refused.meta["ratelimit-remaining"] == 0
        # Flask-Limiter reports the end of the window one second too late.
        assert 0 < refused.meta["ratelimit-reset"] <= 61
        first = seen[0][0]
        assert not first.is_error and first.meta["ratelimit-limit"] == 6
        remaining = [result.meta["ratelimit-remaining"] for result, _ in seen if not result.is_error]
        assert remaining[-1] == 0, remaining


@pytest.mark.anyio
async def test_without_rate_limits_none_are_reported(airflow, tmp_path):
    async with connect(airflow, tmp_path) as session:
        result = await session.result("list_all_apacheairflow_roles", {"limit": 1})
        assert not [key for key in (result.meta or {}) if key.startswith("ratelimit")]
