"""Tests of the example's program, which consists of YAML and a `main` of a few lines, against an upstream that is made from the same OpenAPI document: every tool, every list, the key, errors, rate limits, and the names of the example in all texts."""

import base64
import contextlib
import hashlib
import json
import re
import subprocess
import time
import urllib.request

import pytest
import tidewater
from conftest import Session, setting
from mcp import Client, StdioServerParameters
from tidewater import KEY

# For each list: the data of the test upstream, the member with the items, the largest page of the API, a filter of the API and a filter of this project.
LISTS = {
    "list_vessels": ("vessels", "data", 100, {"flag": "NL"}, {"name": "Vessel 117"}),
    "list_certificates": ("certificates", "data", 100, None, None),
    "list_berths": ("berths", "items", 100, {"terminal": "north"}, {"code": "B60"}),
    "list_port_calls": ("calls", "data", 100, {"status": ["announced", "departed"]}, {"berth": "B05"}),
    "list_containers": ("containers", "results", 50, {"owner": "Red Star"}, {"hold": "customs"}),
    "list_movements": ("movements", "movements", 50, {"kind": "shift"}, {"container": "MSKU0000090"}),
}


@pytest.fixture
def port():
    with tidewater.port() as port:
        yield port


def variables(port, **changes):
    return {"TIDEWATER_URL": port.url, "TIDEWATER_TOKEN": KEY, **changes}


@contextlib.asynccontextmanager
async def connect(port, tmp_path, **changes):
    """Connects to the example's program over stdio."""
    log = tmp_path / "server.log"
    params = StdioServerParameters(
        command="sh",
        args=["-c", 'exec "$0" stdio 2>>"$E2E_LOG"', setting("E2E_TIDEWATER_BINARY")],
        env={"E2E_LOG": str(log), **variables(port, **changes)},
    )
    async with Client(params, read_timeout_seconds=60) as client:
        yield Session(client, log)
    assert KEY not in log.read_text()


def run(port, *arguments, **changes):
    """Runs the program and returns (exit code, standard output, standard error)."""
    done = subprocess.run(
        [setting("E2E_TIDEWATER_BINARY"), *arguments], env=variables(port, **changes), capture_output=True, text=True, timeout=60
    )
    assert KEY not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


async def walk(session, tool, arguments):
    rows, cursor, calls = [], None, 0
    while True:
        page = await session.call(tool, {**arguments, **({"next_cursor": cursor} if cursor else {})})
        rows += page[LISTS[tool][1]]
        cursor, calls = page["next_cursor"], calls + 1
        assert len(page[LISTS[tool][1]]) == arguments["limit"] or cursor is None, "a page before the last one is too short"
        assert calls <= 1000, "the list does not end"
        if cursor is None:
            return rows


def whole(tool):
    """Returns the arguments with which a list returns whole items."""
    if tool == "list_certificates":
        return {"imo": "9000001"}
    return {"fields": ["*"]} if tool in ["list_vessels", "list_berths"] else {}


def expected(port, tool):
    kept = getattr(port, LISTS[tool][0])
    if tool == "list_certificates":
        return kept["9000001"]
    return list(kept.values()) if isinstance(kept, dict) else kept


@pytest.mark.anyio
@pytest.mark.parametrize("tool", LISTS)
async def test_each_list_returns_each_item_once(port, tmp_path, tool):
    async with connect(port, tmp_path) as session:
        for limit in [1, 7, LISTS[tool][2], 1000]:
            rows = await walk(session, tool, {**whole(tool), "limit": limit})
            assert rows == expected(port, tool), limit
        mixed = await session.call(tool, {**whole(tool), "limit": 7})
        rest = await session.call(tool, {**whole(tool), "limit": 1000, "next_cursor": mixed["next_cursor"]})
        assert mixed[LISTS[tool][1]] + rest[LISTS[tool][1]] == expected(port, tool)
        assert rest["next_cursor"] is None
        assert "meta" not in rest


@pytest.mark.anyio
@pytest.mark.parametrize("tool", [tool for tool in LISTS if LISTS[tool][3]])
async def test_filters_of_the_api_and_of_the_runtime_can_be_combined(port, tmp_path, tool):
    _, items, _, theirs, ours = LISTS[tool]

    def fits(row, filters):
        return all(row[name] in value if isinstance(value, list) else row[name] == value for name, value in filters.items())

    async with connect(port, tmp_path) as session:
        for filters in [theirs, ours, {**theirs, **ours}]:
            rows = await walk(session, tool, {**whole(tool), **filters, "limit": 7})
            assert rows == [row for row in expected(port, tool) if fits(row, filters)], filters
        assert ours and (await session.call(tool, ours))[items]


@pytest.mark.anyio
async def test_every_tool_has_its_described_effect(port, tmp_path):
    calls = [
        ("get_account", {}, {"plan": "harbour"}),
        ("get_tides", {"id": "2027-03-01"}, {"day": "2027-03-01"}),
        ("create_vessel", {"imo": "9999999", "name": "Ada", "flag": "NL", "dimensions": {"length": 1.5}}, {"name": "Ada"}),
        ("update_vessel", {"id": "9999999", "clear": ["callSign"], "flag": "PA"}, {"flag": "PA", "callSign": None, "name": "Ada"}),
        ("get_vessel", {"id": "9999999"}, {"flag": "PA", "dimensions": {"length": 1.5}}),
        ("list_vessels", {"imo": "9999999"}, {"total_entries": 238}),
        ("add_certificate", {"imo": "9999999", "kind": "load-line", "validUntil": "2031-05-06"}, {"kind": "load-line"}),
        ("list_certificates", {"imo": "9999999"}, {"total_entries": 1}),
        ("delete_vessel", {"id": "9999999"}, {"status": 204}),
        ("list_berths", {"open": True, "limit": 1}, {"items": [{"code": "B00", "terminal": "north", "depth": 12.5, "open": True}]}),
        ("update_berth", {"id": "B07", "depth": 9.5}, {"depth": 9.5, "terminal": "south"}),
        ("close_berth", {"code": "B07", "reason": "dredging", "until": None}, {"open": False, "closed": {"reason": "dredging"}}),
        ("get_berth", {"id": "B07"}, {"open": False}),
        ("reopen_berth", {"code": "B07"}, {"open": True}),
        ("create_port_call", {"imo": "9000001", "berth": "B07", "arrives": "2027-04-01T06:00:00Z"}, {"callId": 158}),
        ("get_port_call", {"id": 158}, {"status": "announced"}),
        ("cancel_port_call", {"callId": 158}, {"status": "cancelled"}),
        ("list_port_calls", {"status": ["cancelled"]}, {"total_entries": 1}),
        ("get_container", {"id": "MSKU0000001"}, {"grossWeight": 1100}),
        ("hold_container", {"number": "MSKU0000001", "reason": "damage"}, {"hold": "damage"}),
        ("release_container", {"number": "MSKU0000001"}, {"hold": None}),
        ("list_containers", {"minGrossWeight": 14200.0}, {"next_cursor": None}),
        ("record_movement", {"kind": "load", "container": "MSKU0000001", "berth": "B07"}, {"id": 91}),
        ("list_movements", {"kind": "load", "limit": 1}, {"movements": [{"id": 0, "kind": "load", "container": "MSKU0000000", "berth": "B00"}]}),
    ]
    async with connect(port, tmp_path) as session:
        offered = {tool.name for tool in (await session.client.list_tools()).tools}
        assert offered == {name for name, _, _ in calls}
        for tool, arguments, part in calls:
            result = await session.call(tool, arguments)
            assert part == {name: result[name] for name in part}, (tool, result)
        ids = {operation["operationId"] for _, _, operation, _ in port.routes if "Webhook" not in operation["operationId"]}
        assert port.called == ids


@pytest.mark.anyio
async def test_errors_contain_the_detail_of_the_api_and_a_hint(port, tmp_path):
    async with connect(port, tmp_path) as session:
        await session.call("close_berth", {"code": "B01", "reason": "dredging"})
        arguments = {"imo": "9000001", "berth": "B01", "arrives": "2027-04-01T06:00:00Z"}
        error = await session.error("create_port_call", arguments)
        assert (error["code"], error["status"], error["title"]) == ("conflict", 409, "conflict")
        assert error["detail"] == "berth B01 is closed" and "list_berths" in error["hint"]

        error = await session.error("get_vessel", {"id": "1111111"})
        assert (error["code"], error["detail"]) == ("not_found", "no vessel 1111111") and "list_vessels" in error["hint"]

        before = len(port.seen)
        error = await session.error("list_vessels", {"page": 2})
        assert error["code"] == "invalid_arguments" and len(port.seen) == before

        result = await session.client.call_tool("get_account", {})
        assert result.meta["ratelimit-limit"] == 100000 and result.meta["ratelimit-reset"] == 30


@pytest.mark.anyio
async def test_only_links_to_the_same_path_are_followed(port, tmp_path):
    async with connect(port, tmp_path) as session:
        first = await session.call("list_berths", {"limit": 7, "terminal": "north"})
        port.link_base = "http://192.0.2.1"
        before = len(port.seen)
        error = await session.error("list_berths", {"limit": 7, "terminal": "north", "next_cursor": first["next_cursor"]})
        assert error["code"] == "unexpected_response" and "refers to another address" in error["detail"]
        assert len(port.seen) == before + 1


def with_query(cursor, more):
    """Returns a forged cursor with text appended to the query of the upstream. The cursor has a valid checksum, which anyone who knows the format can compute."""
    read = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[:-8]
    made = read[:-16] + more + read[-16:]
    made += hashlib.sha256(b"cursor\0" + made).digest()[:8]
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


@pytest.mark.anyio
async def test_a_forged_cursor_adds_no_parameter_to_a_link(port, tmp_path):
    async with connect(port, tmp_path) as session:
        first = await session.call("list_berths", {"limit": 7, "terminal": "north"})
        again = {"limit": 7, "terminal": "north"}
        same = await session.call("list_berths", {**again, "next_cursor": with_query(first["next_cursor"], b"")})
        assert len(same["items"]) == 7 and "terminal=north" in port.seen[-1][1]
        before = len(port.seen)
        for more in [b"&terminal=south", b"&open=false", b"&as=somebody"]:
            error = await session.error("list_berths", {**again, "next_cursor": with_query(first["next_cursor"], more)})
            assert error["code"] == "invalid_arguments" and "damaged" in error["detail"]
        assert len(port.seen) == before


@pytest.mark.anyio
async def test_the_key_authenticates(port, tmp_path):
    for key in ["another", ""]:
        async with connect(port, tmp_path, TIDEWATER_TOKEN=key) as session:
            error = await session.error("get_account")
            assert (error["code"], error["status"]) == ("unauthenticated", 401)
    file = tmp_path / "key"
    file.write_text("another")
    async with connect(port, tmp_path, TIDEWATER_TOKEN="", TIDEWATER_TOKEN_FILE=str(file)) as session:
        assert (await session.error("get_account"))["code"] == "unauthenticated"
        file.write_text(KEY)
        assert (await session.call("get_account"))["plan"] == "harbour"


def test_the_commands_use_the_names_of_the_example(port):
    code, output, _ = run(port, "doctor")
    assert code == 0 and "works" in output, output
    code, output, _ = run(port, "doctor", TIDEWATER_TOKEN="another")
    assert code == 1 and "the key is missing or unknown" in output, output
    code, output, _ = run(port, "doctor", TIDEWATER_TOKEN="", TIDEWATER_USERNAME="ada", TIDEWATER_PASSWORD="x")
    assert code == 1 and "set the key as TIDEWATER_TOKEN" in output, output
    code, output, _ = run(port, "doctor", TIDEWATER_URL=f"{port.url}/elsewhere")
    assert code == 1 and "check the path of the URL" in output, output
    code, output, _ = run(port, "call", "get_vessel", '{"id": "9000007"}')
    assert code == 0 and json.loads(output)["name"] == "Vessel 007"
    code, output, _ = run(port, "tools", "--json")
    assert code == 0 and len(json.loads(output)) == 24

    commands = ["", "stdio", "serve", "tools", "call", "doctor", "account", "server", "token", "audit", "key"]
    commands += ["account create", "server create", "server update", "token create", "key rotate"]
    for command in commands:
        code, output, errors = run(port, *command.split(), "--help")
        assert code == 0 and not re.search("airflow|apache|composer|dag", output + errors, re.IGNORECASE), output
        assert "{{" not in output, output
        assert not re.search("USERNAME|(?<!DATABASE_)PASSWORD|--username|--password", output), output
        assert "tidewater" in output.lower(), output
    code, _, errors = run(port, "doctor", TIDEWATER_URL="", TIDEWATER_TIMEOUT="no", TIDEWATER_API="x", TIDEWATER_HEADERS="{")
    for name in ["URL", "TIMEOUT", "API", "HEADERS"]:
        assert f"TIDEWATER_{name}" in errors + _, errors


def request(method, url, token=None, body=None):
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
        return answer.read().decode()


def test_the_gateway_serves_the_example(port, tmp_path):
    data = tmp_path / "data"
    process = subprocess.Popen(
        [setting("E2E_TIDEWATER_BINARY"), "serve", "--listen", "127.0.0.1:0", "--data", str(data)],
        env={},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, base = "", None
        end = time.monotonic() + 30
        while not base:
            assert time.monotonic() < end and process.poll() is None, said
            said += process.stdout.readline()
            base = next(iter(re.findall(r"http://127\.0\.0\.1:\d+", said)), None)
        token = (data / "first-api-token").read_text().strip()
        auth = {"type": "bearer", "token": KEY}
        account = request("POST", f"{base}/integrated-account", token, {"name": "port", "base_url": port.url, "auth": auth})
        account = json.loads(account)
        url = f"{base}/integrated-account/{account['id']}/mcp"
        server = json.loads(request("POST", url, token, {"name": "agent", "config": {"methods": ["read"]}, "expires_at": None}))
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        assert json.loads(request("POST", server["url"], None, hello))["result"]["serverInfo"]["name"] == "tidewater-mcp"
        call = {"name": "list_berths", "arguments": {"limit": 61}}
        answer = request("POST", server["url"], None, {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call})
        assert len(json.loads(answer)["result"]["structuredContent"]["items"]) == 61
        for path in ["/login", "/openapi.json", "/metrics"]:
            page = request("GET", base + path)
            assert not re.search("airflow|dag", page, re.IGNORECASE), page
            assert "{{" not in page
    finally:
        process.terminate()
        process.communicate(timeout=30)
