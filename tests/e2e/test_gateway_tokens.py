"""Tests of access rights and their duration: immediate expiry, revocation and rotation, API tokens and their roles, guessing, Host and Origin."""

import concurrent.futures
import socket
import time
from datetime import datetime

import httpx2
import pytest
from conftest import Airflow
from gateway import LEGACY, LIST_ROLES, MODERN, Connection, Gateway, Mcp, eventually, in_seconds, is_refused
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

ONE = {"limit": 1}


@pytest.fixture
def gateway(tmp_path):
    with Gateway(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def account(gateway):
    return gateway.account(Airflow(3).url)


@pytest.mark.parametrize("version", [LEGACY, MODERN])
def test_a_url_ends_on_time_also_on_an_open_connection(gateway, account, version):
    lasting = Mcp(gateway.server(account)["url"], version=version)
    server = gateway.server(account, expires_at=in_seconds(2))
    expiry = datetime.fromisoformat(server["expires_at"]).timestamp()
    mcp = Mcp(server["url"], version=version)
    assert mcp.call(LIST_ROLES, ONE).content
    port = mcp.connection.local_port
    # A call that was sent before the URL expired may end after it, so the time of sending decides.
    sent, refused = [], None
    while refused is None and time.time() < expiry + 10:
        sent.append(time.time())
        if is_refused(mcp.call(LIST_ROLES, ONE)):
            refused = time.time()
    assert refused and len(sent) > 1, "no call was answered, or none was rejected"
    assert sent[-2] < expiry <= refused, (sent[-2] - expiry, refused - expiry)
    assert is_refused(mcp.request("tools/list")) and is_refused(mcp.call(LIST_ROLES, ONE))
    assert mcp.connection.local_port == port, "the connection was closed, so the test proves nothing"
    assert lasting.call(LIST_ROLES, ONE).content

    # The response does not reveal whether a token is expired, revoked, mistyped or was never created.
    unknown = Mcp(server["url"][:-1] + ("A" if server["url"][-1] != "A" else "B"), version=version).call(LIST_ROLES, ONE)
    expired = mcp.call(LIST_ROLES, ONE)
    assert (unknown.status, unknown.text) == (expired.status, expired.text)
    headers = ["www-authenticate", "content-type", "cache-control"]
    assert [unknown.headers.get(name) for name in headers] == [expired.headers.get(name) for name in headers]


@pytest.mark.anyio
async def test_an_open_session_ends_with_its_url(gateway, account):
    for mode in ["legacy", "auto"]:
        server = gateway.server(account)
        async with Client(server["url"], mode=mode, read_timeout_seconds=20) as client:
            assert not (await client.call_tool(LIST_ROLES, ONE)).is_error
            gateway.revoke(server)
            with pytest.raises(Exception):
                await client.call_tool(LIST_ROLES, ONE)


def test_a_revoked_url_is_rejected_at_once(gateway, account):
    server, other = gateway.server(account), gateway.server(account)
    mcp, untouched = Mcp(server["url"]), Mcp(other["url"])
    assert mcp.call(LIST_ROLES, ONE).content and untouched.call(LIST_ROLES, ONE).content
    port = mcp.connection.local_port
    gateway.revoke(server)
    assert is_refused(mcp.call(LIST_ROLES, ONE))
    assert mcp.connection.local_port == port
    assert untouched.call(LIST_ROLES, ONE).content
    gateway.error(404, "GET", f"/integrated-account/{account}/mcp/{server['id']}")
    assert [record["action"] for record in gateway.audit(server_id=server["id"])][0] == "server.revoke"


def test_a_rotated_url_replaces_the_previous_one(gateway, account):
    server = gateway.server(account, methods=["read"])
    mcp = Mcp(server["url"])
    assert mcp.call(LIST_ROLES, ONE).content
    rotated = gateway.api("POST", f"/integrated-account/{account}/mcp/{server['id']}/rotate")
    assert rotated["id"] == server["id"] and rotated["token"] != server["token"]
    assert is_refused(mcp.call(LIST_ROLES, ONE))
    assert Mcp(rotated["url"]).call(LIST_ROLES, ONE).content
    assert Mcp(rotated["url"]).tools() and all(not name.startswith("create") for name in Mcp(rotated["url"]).tools())


def test_expiry_can_be_changed_and_removed(gateway, account):
    server = gateway.server(account, expires_at=in_seconds(2))
    path = f"/integrated-account/{account}/mcp/{server['id']}"
    assert gateway.api("PATCH", path, {"name": "renamed"})["expires_at"] == server["expires_at"]
    assert gateway.api("PATCH", path, {"expires_at": None})["expires_at"] is None
    soon = in_seconds(1)
    mcp = Mcp(server["url"])
    assert mcp.call(LIST_ROLES, ONE).content
    gateway.api("PATCH", path, {"expires_at": soon})
    eventually(lambda: is_refused(mcp.call(LIST_ROLES, ONE)), 3, "the new expiry")
    gateway.error(422, "PATCH", path, {"expires_at": in_seconds(-5)})


@pytest.mark.anyio
async def test_a_url_that_needs_an_api_token_too(gateway, account):
    server = gateway.server(account, require_api_token_auth=True)
    caller = gateway.api("POST", "/api-token", {"name": "an agent", "role": "caller"})
    for token in [None, "amk_" + "A" * 43, server["token"], "nonsense"]:
        reply = Mcp(server["url"], token=token).call(LIST_ROLES, ONE)
        assert reply.status == 401, (token, reply.text)
        assert reply.headers["www-authenticate"].startswith("Bearer"), reply.headers
        assert '"result"' not in reply.text
    mcp = Mcp(server["url"], token=caller["token"])
    assert mcp.call(LIST_ROLES, ONE).content
    assert gateway.audit(server_id=server["id"], action="call")[0]["actor"] == caller["id"]

    headers = {"Authorization": f"Bearer {caller['token']}"}
    for mode in ["legacy", "auto"]:
        async with httpx2.AsyncClient(headers=headers) as http:
            async with Client(streamable_http_client(server["url"], http_client=http), mode=mode) as client:
                assert not (await client.call_tool(LIST_ROLES, ONE)).is_error

    gateway.api("DELETE", f"/api-token/{caller['id']}")
    assert mcp.call(LIST_ROLES, ONE).status == 401
    # A server token gives access only to its URL.
    gateway.error(401, "GET", "/integrated-account", token=server["token"])


def test_roles(gateway, account):
    tokens = {role: gateway.api("POST", "/api-token", {"name": role, "role": role}) for role in ["caller", "issuer", "admin"]}
    new_account = {"name": "by role", "base_url": "http://127.0.0.1:1", "auth": {"type": "none"}}
    rows = [
        # Method, path, body and the permitted roles.
        ("GET", "/integrated-account", None, {"issuer", "admin"}),
        ("POST", "/integrated-account", new_account, {"admin"}),
        ("POST", f"/integrated-account/{account}/mcp", {"name": "by role"}, {"issuer", "admin"}),
        ("GET", f"/integrated-account/{account}/mcp", None, {"issuer", "admin"}),
        ("PATCH", f"/integrated-account/{account}", {"name": "renamed"}, {"admin"}),
        ("GET", "/api-token", None, {"admin"}),
        ("POST", "/api-token", {"name": "more", "role": "caller"}, {"admin"}),
        ("DELETE", "/api-token/tok_nothing", None, {"admin"}),
        ("GET", "/audit", None, {"issuer", "admin"}),
        ("GET", "/audit/export", None, {"issuer", "admin"}),
    ]
    for method, target, body, allowed in rows:
        for role, token in tokens.items():
            reply = gateway.request(method, target, body, token=token["token"])
            if role in allowed:
                assert reply.status in (200, 201, 204, 404), (role, method, target, reply.text)
            else:
                assert gateway.error(403, method, target, body, token=token["token"])["code"] == "forbidden", (role, target)
        reply = gateway.request(method, target, body, headers={"Authorization": None})
        assert reply.status == 401 and reply.headers.get("www-authenticate", "").startswith("Bearer"), (target, reply.headers)
    for value in ["Bearer nonsense", "Basic YTpi", "Bearer", ""]:
        gateway.error(401, "GET", "/api-token", headers={"Authorization": value})

    listed = gateway.api("GET", "/api-token")["result"]
    assert {token["name"] for token in listed} >= {"caller", "issuer", "admin"}
    assert not any("token" in token for token in listed)


def test_an_api_token_ends_on_time(gateway):
    token = gateway.api("POST", "/api-token", {"name": "short", "role": "admin", "expires_at": in_seconds(2)})
    assert gateway.request("GET", "/api-token", token=token["token"]).status == 200
    eventually(lambda: gateway.request("GET", "/api-token", token=token["token"]).status == 401, 4, "its end")
    gateway.error(422, "POST", "/api-token", {"name": "late", "role": "caller", "expires_at": in_seconds(-1)})


def test_guesses_are_slowed_down(gateway, account):
    """Checks that the gateway slows down almost all of 10,000 guesses from one address, whatever the client sends, and that the holder of a URL can continue."""
    server = gateway.server(account)
    mcp = Mcp(server["url"])
    assert mcp.call(LIST_ROLES, ONE).content
    deadline = time.monotonic() + 15

    def guess(worker):
        fast = tried = 0
        connection = Mcp(server["url"])
        for i in range(1250):
            if time.monotonic() > deadline:
                break
            tried += 1
            if i % 2:
                target = f"/mcp/amt_{worker}{i:06d}{'x' * 36}"
                reply = connection.request("tools/list", target=target, headers={"X-Forwarded-For": f"10.0.{worker}.{i % 250}"})
            else:
                bearer = {"Authorization": f"Bearer amk_{worker}{i:06d}{'x' * 36}"}
                reply = connection.connection.request("GET", "/integrated-account", headers=bearer)
            assert reply.status in (401, 404, 429), reply.text
            fast += reply.status != 429
        return fast, tried

    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(8)))
    took = time.monotonic() - started
    fast, tried = (sum(column) for column in zip(*outcomes))
    print(f"{fast} of {tried} guesses were answered without a delay in {took:.1f} s")
    assert fast < 1000, f"{fast} of {tried} guesses were answered without a delay in {took:.1f} s"
    eventually(lambda: mcp.call(LIST_ROLES, ONE).status == 200, 10, "the URL is still blocked")


def test_host_and_origin(tmp_path, gateway, account):
    server = gateway.server(account)
    mcp = Mcp(server["url"])
    own = f"127.0.0.1:{gateway.port}"
    assert mcp.call(LIST_ROLES, ONE, headers={"Host": f"localhost:{gateway.port}"}).content
    for headers in [
        {"Host": "evil.example"},
        {"Host": f"evil.example:{gateway.port}"},
        {"Host": f"127.0.0.1.evil.example:{gateway.port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://{own}.evil.example"},
    ]:
        reply = mcp.call(LIST_ROLES, ONE, headers=headers)
        assert reply.status == 403 and "result" not in reply.text, (headers, reply.status, reply.text)
        assert "access-control-allow-origin" not in reply.headers
        for target in ["/integrated-account", "/login"]:
            reply = gateway.request("GET", target, headers=headers)
            # Without a token, a page of another site can do nothing there, and no such page can read the response.
            assert reply.status == 403 or "Host" not in headers, (headers, target)
            assert "access-control-allow-origin" not in reply.headers
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    reply = mcp.connection.request("OPTIONS", mcp.target, headers=preflight)
    assert reply.status >= 400 and "access-control-allow-origin" not in reply.headers

    allowed = ["--allowed-host", "mcp.example.org", "--allowed-origin", "https://app.example.org"]
    with Gateway(tmp_path / "allowed", *allowed) as open_gateway:
        mcp = Mcp(open_gateway.server(open_gateway.account(Airflow(3).url))["url"])
        headers = {"Host": "mcp.example.org", "Origin": "https://app.example.org"}
        reply = mcp.call(LIST_ROLES, ONE, headers=headers)
        assert reply.content and reply.headers["access-control-allow-origin"] == "https://app.example.org"
        ask = {**headers, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,mcp-method"}
        reply = mcp.connection.request("OPTIONS", mcp.target, headers=ask)
        assert reply.status in (200, 204) and reply.headers["access-control-allow-origin"] == "https://app.example.org"
        assert "mcp-method" in reply.headers["access-control-allow-headers"].lower()
        assert mcp.call(LIST_ROLES, ONE, headers={"Origin": "https://other.example.org"}).status == 403
        assert mcp.call(LIST_ROLES, ONE, headers={"Host": "evil.example"}).status == 403


def test_only_loopback_is_listened_on_unless_told(gateway):
    # Another address of this machine, if there is one.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no other address")
    if address.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError):
        Connection(f"http://{address}:{gateway.port}", timeout=5).request("GET", "/healthz")
