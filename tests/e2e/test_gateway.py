"""Tests of the way from an empty gateway to a working URL, with an account and a server created by curl and with real clients, and that no request extends what a URL offers."""

import asyncio
import json
import shlex
import subprocess

import fastmcp
import pytest
from conftest import setting
from gateway import CREATE_ROLE, LEGACY, LIST_ROLES, LIST_USERS, MODERN, Gateway, Mcp, in_seconds
from mcp import Client

GET_USER = "get_single_apacheairflow_user_by_id"


@pytest.fixture
def gateway(tmp_path):
    with Gateway(tmp_path) as gateway:
        yield gateway


def curl(line):
    """Runs a command line as a person would type it and returns the JSON that the command prints."""
    words = shlex.split(line.replace("\\\n", " "))
    done = subprocess.run([*words, "--silent", "--show-error", "--fail-with-body"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def from_nothing(gateway, airflow):
    """Runs the commands that the documentation gives after `airflow-mcp serve` and returns the new server."""
    api = f"curl -H 'Authorization: Bearer {gateway.api_token}' -H 'Content-Type: application/json' {gateway.url}"
    account = curl(
        f"""{api}/integrated-account -d '{{
              "name": "production", "base_url": "{airflow.url}",
              "auth": {{"type": "password", "username": "admin", "password": "admin"}}}}'"""
    )
    return curl(
        f"""{api}/integrated-account/{account["id"]}/mcp -d '{{
              "name": "auditor",
              "config": {{"methods": ["read"], "tags": ["rbac"], "tools": [], "require_api_token_auth": false}},
              "expires_at": "{in_seconds(3600)}"}}'"""
    )


@pytest.mark.anyio
async def test_from_nothing_by_curl(airflow, gateway):
    server = from_nothing(gateway, airflow)
    members = {"id", "integrated_account_id", "name", "config", "expires_at", "created_at", "updated_at", "created_by", "token", "url"}
    assert set(server) == members
    assert server["url"] == f"{gateway.url}/mcp/{server['token']}"

    # The mode `legacy` uses the handshake of 2025-11-25 and older. The mode `auto` negotiates 2026-07-28.
    for mode, version in [("legacy", LEGACY), ("auto", MODERN)]:
        async with Client(server["url"], mode=mode) as client:
            assert client.protocol_version == version
            await holds_the_audit(client)
    async with fastmcp.Client(server["url"]) as client:
        names = {tool.name for tool in await client.list_tools()}
        assert LIST_USERS in names
        answer = await client.call_tool(LIST_USERS, {"role": "Admin"})
        assert "admin" in {user["username"] for user in answer.structured_content["users"]}
    for era in ["legacy", "modern"]:
        code, answer = inspect_url(server["url"], era, "tools/list")
        assert code == 0 and {tool["name"] for tool in answer["tools"]} == names
        code, answer = inspect_url(server["url"], era, "tools/call", LIST_USERS, username="admin")
        assert code == 0, answer
        assert [user["username"] for user in answer["structuredContent"]["users"]] == ["admin"]

    api = f"/integrated-account/{server['integrated_account_id']}/mcp"
    [listed] = gateway.api("GET", api)["result"]
    assert listed == {key: value for key, value in server.items() if key not in ("token", "url")}
    assert gateway.api("GET", f"{api}/{server['id']}") == listed


async def holds_the_audit(client):
    tools = await client.list_tools()
    assert LIST_USERS in {tool.name for tool in tools.tools}
    answer = await client.call_tool(LIST_USERS, {"role": "Admin"})
    assert not answer.is_error, answer
    expected = {"admin"} | {f"user{i:05d}" for i in range(999, 5000, 1000)}
    assert {user["username"] for user in answer.structured_content["users"]} >= expected


def inspect_url(url, era, method, tool=None, **arguments):
    command = [setting("E2E_NODE"), setting("E2E_INSPECTOR"), "--cli", url, "--transport", "http"]
    command += ["--protocol-era", era, "--method", method, "--format", "json"]
    if tool:
        command += ["--tool-name", tool]
    for name, value in arguments.items():
        command += ["--tool-arg", f"{name}={json.dumps(value)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}") from None
    return done.returncode, answer.get("result", answer)


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_no_request_extends_a_read_only_url(airflow, gateway, version):
    account = gateway.account(airflow.url)
    server = gateway.server(account, methods=["read"], tags=["rbac"])
    everything = Mcp(gateway.server(account)["url"], version=version)
    mcp = Mcp(server["url"], version=version)
    tools = mcp.request("tools/list").result["tools"]
    assert tools and all(tool["annotations"]["readOnlyHint"] for tool in tools)
    names = {tool["name"] for tool in tools}
    assert CREATE_ROLE not in names and CREATE_ROLE in everything.tools()

    wider = {"methods": ["write"], "tags": [], "tools": [CREATE_ROLE], "config": {"methods": []}}
    role = {"name": f"widened {version}", "actions": []}
    attempts = [
        mcp.call(CREATE_ROLE, role),
        mcp.call(CREATE_ROLE, {**role, **wider}),
        mcp.request("tools/call", {"name": CREATE_ROLE, "arguments": role, **wider}),
        mcp.request("tools/call", {"name": CREATE_ROLE, "arguments": role, "_meta": wider}),
        mcp.call(CREATE_ROLE, role, target=f"{mcp.target}?methods=write&tools={CREATE_ROLE}&api_token={gateway.api_token}"),
        mcp.call(CREATE_ROLE, role, headers={"X-MCP-Methods": "write", "X-MCP-Tools": CREATE_ROLE, "X-MCP-Readonly": "false"}),
        mcp.call(CREATE_ROLE, role, headers={"Authorization": f"Bearer {gateway.api_token}"}),
        mcp.call(CREATE_ROLE.upper(), role),
        mcp.call(f" {CREATE_ROLE}", role, headers={"Mcp-Name": CREATE_ROLE}),
    ]
    for number, reply in enumerate(attempts):
        assert "result" not in reply.json and reply.json["error"]["code"] in (-32602, -32001, -32020), (number, reply.text)
    # The header names a permitted tool, but the body names a forbidden one.
    reply = mcp.call(CREATE_ROLE, role, headers={"Mcp-Name": LIST_ROLES})
    assert "error" in reply.json, reply.text
    for target in [f"{mcp.target}/", f"{mcp.target}/write", mcp.target.upper(), mcp.target + "%20"]:
        reply = mcp.call(CREATE_ROLE, role, target=target)
        assert reply.status in (401, 404) and "widened" not in reply.text, (target, reply.text)
    for headers in [{}, {"X-MCP-Methods": "write"}]:
        listed = mcp.request("tools/list", {"methods": ["write"]}, headers=headers, target=f"{mcp.target}?methods=write")
        assert {tool["name"] for tool in listed.result["tools"]} == names

    roles = mcp.call(LIST_ROLES, {"limit": 1000}).content["roles"]
    assert role["name"] not in {each["name"] for each in roles}
    refused = [record for record in gateway.audit(server_id=server["id"]) if record["tool"] == CREATE_ROLE]
    assert refused and all(record["outcome"] != "ok" for record in refused)


def test_a_tool_must_match_methods_tags_and_tools(airflow, gateway):
    account = gateway.account(airflow.url)
    by_name = gateway.server(account, methods=["list"], tools=[LIST_USERS, LIST_ROLES, CREATE_ROLE])
    assert set(Mcp(by_name["url"]).tools()) == {LIST_USERS, LIST_ROLES}
    deleting = gateway.server(account, methods=["delete", "get"], tags=["rbac"])
    names = Mcp(deleting["url"]).tools()
    assert names and all(name.startswith(("delete_", "get_")) for name in names)

    # A change takes effect with the next request.
    mcp = Mcp(by_name["url"])
    path = f"/integrated-account/{account}/mcp/{by_name['id']}"
    config = {**by_name["config"], "tools": [LIST_ROLES]}
    changed = gateway.api("PATCH", path, {"config": config})
    assert changed["config"] == config and changed["name"] == by_name["name"]
    assert changed["updated_at"] >= by_name["updated_at"] and "token" not in changed
    assert mcp.tools() == [LIST_ROLES]
    assert "error" in mcp.call(LIST_USERS).json


def test_the_tag_admin_does_not_offer_the_configuration(airflow, gateway):
    account = gateway.account(airflow.url)
    mcp = Mcp(gateway.server(account, tags=["admin"])["url"])
    names = mcp.tools()
    assert "list_all_apacheairflow_pools" in names
    assert not [name for name in names if "config" in name]
    fernet_key = {"section": "core", "id": "fernet_key"}
    assert "error" in mcp.call("get_single_apacheairflow_config_option_by_id", fernet_key).json


def test_invalid_requests_are_rejected_completely(airflow, gateway):
    account = gateway.account(airflow.url, name="taken")
    servers = f"/integrated-account/{account}/mcp"

    error = gateway.error(422, "POST", servers, {"name": "x", "config": {"methods": ["create"], "tools": [LIST_USERS]}})
    assert "config" in json.dumps(error["problems"]), error
    error = gateway.error(422, "POST", servers, {"name": "x", "config": {"tags": ["rbca"]}})
    assert "rbac" in json.dumps(error), "the error does not name the nearest tag"
    error = gateway.error(422, "POST", servers, {"name": " ", "config": {"methods": ["destroy"]}, "expires_at": in_seconds(-1)})
    fields = {problem["field"].split("[")[0] for problem in error["problems"]}
    assert {"config.methods", "expires_at"} <= fields, error
    assert gateway.api("GET", servers)["result"] == []

    new = {"name": "taken", "base_url": airflow.url, "auth": {"type": "none"}}
    assert gateway.error(409, "POST", "/integrated-account", new)["code"] == "conflict"
    error = gateway.error(422, "POST", "/integrated-account", {**new, "name": "x" * 101, "base_url": 5})
    assert {"name", "base_url"} <= {problem["field"] for problem in error["problems"]}
    error = gateway.error(422, "POST", "/integrated-account", {**new, "base_url": "ftp://nowhere"})
    assert [problem["field"] for problem in error["problems"]] == ["base_url"]
    for body in ["{", "[]", '{"name": 5}', '{"nmae": "x"}', '{"name": "x", "base_url": "http://x", "auth": {"type": "magic"}}']:
        error = gateway.error_of(gateway.request("POST", "/integrated-account", body))
        assert error["code"] in ("invalid", "bad_request"), (body, error)
    assert gateway.error(404, "GET", "/integrated-account/acc_nothing")["code"] == "not_found"
    assert gateway.error(404, "DELETE", f"{servers}/mcp_nothing")["code"] == "not_found"
    # A server belongs only to its account.
    other = gateway.account(airflow.url)
    server = gateway.server(account)
    gateway.error(404, "GET", f"/integrated-account/{other}/mcp/{server['id']}")
    gateway.error(404, "DELETE", f"/integrated-account/{other}/mcp/{server['id']}")
    assert Mcp(server["url"]).tools()


def test_lists_are_walked_by_cursor(airflow, gateway):
    account = gateway.account(airflow.url)
    made = [gateway.server(account, name=f"server {i}")["id"] for i in range(7)]
    seen, cursor = [], None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = gateway.api("GET", f"/integrated-account/{account}/mcp?limit=3{more}")
        assert len(page["result"]) == 3 or page["next_cursor"] is None
        seen += [server["id"] for server in page["result"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1], "the list must contain each server once, the newest first"
    gateway.error(422, "GET", f"/integrated-account/{account}/mcp?limit=0")
    gateway.error(422, "GET", f"/integrated-account/{account}/mcp?cursor=garbage")


def test_an_account_is_checked_changed_and_deleted(airflow, gateway):
    account = gateway.account(airflow.url, password="admin")
    path = f"/integrated-account/{account}"
    check = gateway.api("POST", f"{path}/check")
    assert check["ok"] and check["api"] == f"airflow-{airflow.major}" and check["version"].startswith(f"{airflow.major}."), check
    shown = gateway.api("GET", path)
    assert shown["auth"] == {"type": "password", "username": "admin"}

    server = gateway.server(account)
    mcp = Mcp(server["url"])
    assert mcp.call(LIST_ROLES, {"limit": 1}).content
    wrong = {"type": "password", "username": "admin", "password": "wrong-secret-2219"}
    gateway.api("PATCH", path, {"auth": wrong})
    check = gateway.api("POST", f"{path}/check")
    assert not check["ok"] and not all(step["ok"] for step in check["steps"]), check
    reply = mcp.call(LIST_ROLES, {"limit": 1})
    assert reply.result["isError"] and reply.result["structuredContent"]["error"]["code"] == "unauthenticated"
    gateway.api("PATCH", path, {"auth": {**wrong, "password": "admin"}})
    assert mcp.call(LIST_ROLES, {"limit": 1}).content

    gateway.api("DELETE", path)
    reply = mcp.call(LIST_ROLES, {"limit": 1})
    assert reply.status in (401, 404), reply.text
    gateway.error(404, "GET", path)


def test_rate_limits_are_response_headers(airflow, gateway):
    limited = Mcp(gateway.server(gateway.account(airflow.limited_url))["url"])
    seen = []
    for _ in range(12):
        seen.append(limited.call(LIST_ROLES, {"limit": 1}))
        if seen[-1].result.get("isError"):
            break
    refused = seen[-1]
    assert refused.result["structuredContent"]["error"]["code"] == "rate_limited", "none of twelve calls returned 429"
    for reply in seen:
        meta = reply.result["_meta"]
        for name in ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]:
            assert reply.headers.get(name) == str(meta[name]), (name, reply.headers, meta)
        assert reply.headers["ratelimit-limit"] == "6"
    assert refused.headers["ratelimit-remaining"] == "0" and 0 < int(refused.headers["ratelimit-reset"]) <= 61

    free = Mcp(gateway.server(gateway.account(airflow.url))["url"]).call(LIST_ROLES, {"limit": 1})
    assert free.content and not [name for name in free.headers if name.startswith("ratelimit")]


@pytest.mark.anyio
async def test_clients_of_one_url_do_not_wait_for_each_other(airflow, gateway):
    server = gateway.server(gateway.account(airflow.url))
    async with Client(server["url"]) as client:
        answers = await asyncio.gather(*[client.call_tool(GET_USER, {"id": f"user{i:05d}"}) for i in range(50)])
    assert [answer.structured_content["username"] for answer in answers] == [f"user{i:05d}" for i in range(50)]


def test_a_second_start_shows_no_token_and_keeps_everything(airflow, tmp_path):
    with Gateway(tmp_path) as gateway:
        server = gateway.server(gateway.account(airflow.url))
        before = gateway.api("GET", "/integrated-account")
    token_file = gateway.data / "first-api-token"
    token_file.unlink()
    gateway.start()
    try:
        assert not token_file.exists()
        assert gateway.api("GET", "/integrated-account") == before
        assert Mcp(server["url"]).call(LIST_ROLES, {"limit": 1}).content
    finally:
        gateway.stop()
