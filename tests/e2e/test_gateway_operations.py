"""Tests of the operation of a gateway: health, metrics, traces, limits, cancellation, graceful shutdown and the audit log."""

import http.server
import json
import re
import signal
import threading
import time

import pytest
from conftest import Airflow, Proxy
from gateway import LIST_ROLES, LIST_USERS, Connection, Gateway, Link, Mcp, eventually, in_seconds, is_refused, new_database, new_key

ONE = {"limit": 1}
ROLES_PATH = "/auth/fab/v1/roles"


@pytest.fixture
def gateway(tmp_path):
    with Gateway(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def slow():
    """Provides a real Airflow 3 behind a proxy that can delay requests for roles until `release` is set."""
    proxy = Proxy(Airflow(3).url)
    proxy.release = threading.Event()
    yield proxy
    proxy.release.set()
    proxy.server.shutdown()


def in_background(work):
    """Runs a function in a thread. Returns the thread and a list to which the result is appended."""
    done = []
    thread = threading.Thread(target=lambda: done.append(work()), daemon=True)
    thread.start()
    return thread, done


def test_a_call_in_flight_is_finished_before_the_end(tmp_path, slow):
    with Gateway(tmp_path) as gateway:
        mcp = Mcp(gateway.server(gateway.account(slow.url))["url"])
        assert mcp.call(LIST_ROLES, ONE).content
        slow.held[ROLES_PATH] = slow.release
        before = len(slow.received("GET", ROLES_PATH))
        thread, done = in_background(lambda: mcp.call(LIST_ROLES, ONE))
        eventually(lambda: len(slow.received("GET", ROLES_PATH)) > before, 10, "the call reaches Airflow")
        idle = Connection(gateway.url)
        assert idle.request("GET", "/healthz").status == 200
        gateway.process.send_signal(signal.SIGTERM)
        # The gateway accepts no new connections, and `/readyz` no longer reports ready to a load balancer.
        eventually(lambda: not accepts(gateway), 5, "the end of new connections")
        time.sleep(0.3)
        assert gateway.process.poll() is None and not done
        slow.release.set()
        thread.join(20)
        assert done and done[0].content["roles"]
        assert gateway.process.wait(10) == 0, gateway.tail()
    with Gateway(tmp_path, api_token=gateway.api_token) as again:
        assert [record["outcome"] for record in again.audit(tool=LIST_ROLES)] == ["ok", "ok"]


def accepts(gateway):
    try:
        return Connection(gateway.url, timeout=2).request("GET", "/readyz").status == 200
    except OSError:
        return False


def test_the_shutdown_of_an_idle_gateway_is_fast(tmp_path):
    for how in [signal.SIGTERM, signal.SIGINT]:
        with Gateway(tmp_path / how.name) as gateway:
            idle = Connection(gateway.url)
            assert idle.request("GET", "/healthz").status == 200
            started = time.monotonic()
            assert gateway.stop(how) == 0, gateway.tail()
            assert time.monotonic() - started < 3, "an idle connection delays the shutdown"


def test_a_disconnected_client_cancels_its_call(gateway, slow):
    server = gateway.server(gateway.account(slow.url))
    mcp = Mcp(server["url"], client="leaver")
    assert mcp.call(LIST_ROLES, ONE).content
    slow.held[ROLES_PATH] = slow.release
    before = len(slow.received("GET", ROLES_PATH))
    thread, _ = in_background(lambda: swallow(lambda: mcp.call(LIST_ROLES, ONE)))
    eventually(lambda: len(slow.received("GET", ROLES_PATH)) > before, 10, "the call reaches Airflow")
    mcp.connection.http.sock.shutdown(2)
    thread.join(10)
    eventually(lambda: "cancelled" in [each["outcome"] for each in gateway.audit(server_id=server["id"])], 10, "a record of it")


def swallow(work):
    try:
        return work()
    except Exception as error:
        return error


def test_the_audit_log_records_actor_action_and_time(gateway):
    account = gateway.account(Airflow(3).url, name="audited")
    server = gateway.server(account, methods=["read"])
    mcp = Mcp(server["url"], client="an agent")
    mcp.call(LIST_ROLES, ONE)
    mcp.call(LIST_USERS, {"limit": 0})
    mcp.call("get_single_apacheairflow_user_by_id", {"id": "nobody"})
    gateway.revoke(server)

    records = gateway.audit()
    assert [record["id"] for record in records] == sorted((record["id"] for record in records), reverse=True)
    calls = [record for record in records if record["action"] == "call"]
    assert [(each["tool"], each["outcome"], each["upstream_status"]) for each in calls] == [
        ("get_single_apacheairflow_user_by_id", "not_found", 404),
        (LIST_USERS, "invalid_arguments", None),
        (LIST_ROLES, "ok", 200),
    ]
    for call in calls:
        assert (call["actor_name"], call["effect"]) == ("an agent", "read")
        assert (call["account_id"], call["server_id"]) == (account, server["id"])
        assert call["duration_ms"] >= 0 and re.match(r"\d{4}-\d\d-\d\dT", call["at"])
    changes = [(record["action"], record["outcome"]) for record in records if record["action"] != "call"]
    assert changes[:3] == [("server.revoke", "ok"), ("server.create", "ok"), ("account.create", "ok")]
    assert "gateway.start" in {action for action, _ in changes}

    # Filters, pages and the export return the same records.
    assert [each["id"] for each in gateway.audit(outcome="not_found")] == [calls[0]["id"]]
    assert [each["id"] for each in gateway.audit(tool=LIST_ROLES, account_id=account)] == [calls[2]["id"]]
    assert {each["id"] for each in gateway.audit(since=calls[1]["at"], action="call")} >= {calls[0]["id"], calls[1]["id"]}
    page = gateway.api("GET", f"/audit?limit=2&server_id={server['id']}")
    of_server = [record["id"] for record in records if record["server_id"] == server["id"]]
    assert [each["id"] for each in page["result"]] == of_server[:2] and page["next_cursor"]
    gateway.error(422, "GET", "/audit?since=yesterday")
    reply = gateway.request("GET", f"/audit/export?server_id={server['id']}")
    assert reply.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert {line["id"] for line in lines} == {record["id"] for record in records if record["server_id"] == server["id"]}


def test_expired_objects_are_purged(tmp_path):
    with Gateway(tmp_path) as gateway:
        account = gateway.account(Airflow(3).url)
        server = gateway.server(account, expires_at=in_seconds(1))
        listed = lambda: [each["id"] for each in gateway.api("GET", f"/integrated-account/{account}/mcp")["result"]]
        assert listed() == [server["id"]]
    time.sleep(1)
    # The purge also runs at startup, so the test need not wait for the periodic purge.
    with Gateway(tmp_path, api_token=gateway.api_token) as gateway:
        eventually(lambda: listed() == [], 10, "the purge")
        eventually(lambda: gateway.audit(action="server.expire"), 5, "a record of it")
        assert is_refused(Mcp(f"{gateway.url}/mcp/{server['token']}").call(LIST_ROLES, ONE))


def test_health_and_metrics(gateway):
    server = gateway.server(gateway.account(Airflow(3).url, name="measured"))
    assert Mcp(server["url"]).call(LIST_ROLES, ONE).content
    connection = Connection(gateway.url)
    for target in ["/healthz", "/readyz"]:
        assert connection.request("GET", target).status == 200
    reply = connection.request("GET", "/metrics")
    if reply.status == 401:
        reply = gateway.request("GET", "/metrics")
    assert reply.status == 200 and reply.headers["content-type"].startswith(("text/plain", "application/openmetrics-text"))
    assert "# TYPE " in reply.text and LIST_ROLES in reply.text, reply.text
    assert server["token"] not in reply.text


def test_a_gateway_without_its_store_is_not_ready(tmp_path):
    with new_database() as database:
        link = Link(database)
        with Gateway(tmp_path, database=link.url, key=new_key()) as gateway:
            mcp = Mcp(gateway.server(gateway.account(Airflow(3).url))["url"])
            assert mcp.call(LIST_ROLES, ONE).content
            link.cut()
            eventually(lambda: gateway.request("GET", "/readyz").status == 503, 15, "not ready")
            assert gateway.request("GET", "/healthz").status == 200
            gateway.error(503, "GET", "/integrated-account")
            # The gateway neither accepts a token from memory nor makes a call that cannot be written to the audit log.
            reply = mcp.call(LIST_ROLES, ONE)
            assert "structuredContent" not in reply.text, reply.text
            link.mend()
            eventually(lambda: gateway.request("GET", "/readyz").status == 200, 15, "ready again")
            eventually(lambda: mcp.call(LIST_ROLES, ONE).status == 200, 5, "its URLs work again")
        link.cut()


def test_traces_go_to_a_collector(tmp_path):
    collector = Collector()
    with Gateway(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as gateway:
        server = gateway.server(gateway.account(Airflow(3).url))
        assert Mcp(server["url"]).call(LIST_ROLES, ONE).content
        assert Mcp(server["url"]).call("get_single_apacheairflow_user_by_id", {"id": "nobody"}).result["isError"]
        gateway.stop()
    assert {target for target, _ in collector.seen} == {"/v1/traces"}
    spans = b"".join(body for _, body in collector.seen)
    for part in [f"tools/call {LIST_ROLES}", "mcp.method.name", "gen_ai.tool.name", "mcp.protocol.version", "error.type", "service.name"]:
        assert part.encode() in spans, part
    assert server["token"].encode() not in spans and gateway.api_token.encode() not in spans


class Collector:
    """OpenTelemetry collector that only records requests."""

    def __init__(self):
        self.seen = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                collector.seen.append((self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()


def test_large_and_invalid_requests_are_rejected(gateway):
    server = gateway.server(gateway.account(Airflow(3).url))
    mcp = Mcp(server["url"])
    big = {"username": "x" * 6_000_000}
    # The response can arrive and the connection can end before the whole request is sent.
    outcome = swallow(lambda: mcp.call(LIST_USERS, big).status)
    assert outcome == 413 or isinstance(outcome, (BrokenPipeError, ConnectionResetError)), outcome
    fresh = Mcp(server["url"])
    rows = [
        ("GET", None, {}, 405),
        ("DELETE", None, {}, 405),
        ("POST", "{}", {"Content-Type": "text/plain"}, 415),
        ("POST", "{not json", {}, (400, 415)),
        ("POST", "{}", {"MCP-Protocol-Version": "1999-01-01"}, (400, 415, 422)),
    ]
    for method, body, headers, expected in rows:
        accept = {"Accept": "application/json, text/event-stream"}
        reply = fresh.connection.request(method, fresh.target, body, {**accept, **headers})
        expected = expected if isinstance(expected, tuple) else (expected,)
        assert reply.status in expected, (method, body, headers, reply.status, reply.text)
    # A page of another site cannot send a management request as a plain form either.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert gateway.request("POST", "/integrated-account", "name=x", headers=form).status in (400, 415, 422)
    assert gateway.request("PUT", "/integrated-account").status == 405
    assert gateway.request("GET", "/no/such/thing").status == 404
    assert fresh.call(LIST_ROLES, ONE).content


def test_the_openapi_document_describes_the_served_operations(gateway):
    document = Connection(gateway.url).request("GET", "/openapi.json").json
    assert document["openapi"].startswith("3.")
    documented = {(method.upper(), path) for path, item in document["paths"].items() for method in item if method in ("get", "post", "patch", "delete")}
    expected = {
        ("POST", "/integrated-account"),
        ("GET", "/integrated-account/{id}"),
        ("POST", "/integrated-account/{id}/check"),
        ("POST", "/integrated-account/{id}/mcp"),
        ("GET", "/integrated-account/{id}/mcp"),
        ("PATCH", "/integrated-account/{id}/mcp/{mcp_id}"),
        ("POST", "/integrated-account/{id}/mcp/{mcp_id}/rotate"),
        ("POST", "/api-token"),
        ("DELETE", "/api-token/{id}"),
        ("GET", "/audit"),
        ("GET", "/audit/export"),
    }
    assert expected <= documented, expected - documented
    for method, path in documented:
        target = re.sub(r"\{[^}]+\}", "nothing", path)
        reply = gateway.request(method, target, headers={"Authorization": None})
        assert reply.status not in (404, 405), (method, path, reply.status)
