"""Tests of sign-in: one login for many calls, tokens that are renewed automatically, and sessions that are kept."""

import asyncio
import time

import pytest
from conftest import Airflow, Proxy, connect, fetch, setting

ROLES = "list_all_apacheairflow_roles"


def logins(proxy, major):
    if major == 3:
        return proxy.received("POST", "/auth/token")
    return [seen for seen in proxy.requests if "authorization" in seen.headers]


@pytest.mark.anyio
async def test_fifty_concurrent_calls_sign_in_once(airflow, proxy, tmp_path):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        calls = [session.call(ROLES, {"limit": 1}) for _ in range(50)]
        answers = await asyncio.gather(*calls)
        assert len(answers) == 50
    assert len(logins(proxy, airflow.major)) == 1


@pytest.mark.anyio
async def test_a_revoked_token_is_renewed_without_an_error(tmp_path):
    airflow = Airflow(3)
    proxy = Proxy(airflow.url)
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call(ROLES, {"limit": 1})
        token = [seen.headers["authorization"] for seen in proxy.requests if "authorization" in seen.headers][-1]
        fetch("GET", airflow.url + "/api/v2/auth/logout", {"Authorization": token})
        status, answer = fetch("GET", airflow.url + "/auth/fab/v1/roles?limit=1", {"Authorization": token})
        assert (status, answer) == (403, {"detail": "Invalid JWT token"}), "Airflow still accepts the revoked token"
        await session.call(ROLES, {"limit": 1})
    assert len(logins(proxy, 3)) == 2


@pytest.mark.anyio
async def test_a_token_about_to_expire_is_renewed_without_an_error(tmp_path):
    airflow = Airflow(3)
    proxy = Proxy(setting("E2E_AIRFLOW_3_SHORT_URL"))
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call(ROLES, {"limit": 1})
        deadline = time.monotonic() + 60
        while len(logins(proxy, 3)) < 3 and time.monotonic() < deadline:
            await session.call(ROLES, {"limit": 1})
    assert len(logins(proxy, 3)) >= 3
    assert [seen for seen in proxy.requests if seen.path == "/auth/fab/v1/roles"]


@pytest.mark.anyio
async def test_an_expired_session_is_renewed_without_an_error(tmp_path):
    airflow = Airflow(2)
    proxy = Proxy(airflow.url)
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        await session.call(ROLES, {"limit": 1})
        cookies = [seen.headers.get("cookie") for seen in proxy.requests if seen.headers.get("cookie")]
        assert cookies, "the server sends no session cookie"
        fetch("GET", airflow.url + "/logout/", {"Cookie": cookies[-1]})
        await session.call(ROLES, {"limit": 1})
