"""Tests of gateways that share a store: a change on one takes effect on the other, and acknowledged work survives a kill."""

import contextlib
import http.client
import threading
import time

import pytest
from conftest import Airflow
from gateway import LIST_ROLES, Gateway, Link, Mcp, eventually, in_seconds, is_refused, new_database, new_key

ONE = {"limit": 1}


@contextlib.contextmanager
def two_gateways(folder):
    """Starts two gateways that share only a PostgreSQL database and a key. Provides both and the link of the second one to the database."""
    with new_database() as database:
        key, link = new_key(), Link(database)
        with Gateway(folder / "one", database=database, key=key) as one:
            with Gateway(folder / "two", database=link.url, key=key, api_token=one.api_token) as two:
                yield one, two, link
        link.cut()


def client_at(gateway, server):
    """Returns a client for the URL of a server on the given gateway."""
    return Mcp(f"{gateway.url}/mcp/{server['token']}")


def test_changes_on_one_gateway_apply_on_the_other(tmp_path):
    with two_gateways(tmp_path) as (one, two, _):
        account = one.account(Airflow(3).url)
        # A server that is created on one gateway works on the other, in both directions.
        server = one.server(account)
        there, here = client_at(two, server), client_at(one, server)
        assert there.call(LIST_ROLES, ONE).content and here.call(LIST_ROLES, ONE).content
        assert client_at(one, two.server(account)).call(LIST_ROLES, ONE).content
        assert {record["action"] for record in two.audit(server_id=server["id"])} >= {"server.create", "call"}

        # A restriction on one gateway applies on the other.
        path = f"/integrated-account/{account}/mcp/{server['id']}"
        one.api("PATCH", path, {"config": {**server["config"], "tools": [LIST_ROLES]}})
        eventually(lambda: there.tools() == [LIST_ROLES], 1, "the change on the other gateway")

        # A server that is revoked on one gateway is rejected on the other, even on an open and busy connection.
        one.revoke(server)
        eventually(lambda: is_refused(there.call(LIST_ROLES, ONE)), 1, "the revocation on the other gateway")
        assert is_refused(here.call(LIST_ROLES, ONE))

        expiring = one.server(account, expires_at=in_seconds(2))
        there = client_at(two, expiring)
        assert there.call(LIST_ROLES, ONE).content
        eventually(lambda: is_refused(there.call(LIST_ROLES, ONE)), 4, "the expiry on the other gateway")

        token = one.api("POST", "/api-token", {"name": "shared", "role": "admin"})
        assert two.request("GET", "/api-token", token=token["token"]).status == 200
        one.api("DELETE", f"/api-token/{token['id']}")
        eventually(lambda: two.request("GET", "/api-token", token=token["token"]).status == 401, 1, "the revoked API token")

        # Deleting an account on one gateway also deletes its servers on the other.
        server = two.server(account)
        assert client_at(two, server).call(LIST_ROLES, ONE).content
        there = client_at(two, server)
        one.api("DELETE", f"/integrated-account/{account}")
        eventually(lambda: is_refused(there.call(LIST_ROLES, ONE)), 1, "the deleted account on the other gateway")


def test_a_revocation_holds_while_notifications_are_cut_off(tmp_path):
    """Checks that cached state of a gateway does not outlive the connection that notifies the gateway of changes."""
    with two_gateways(tmp_path) as (one, two, link):
        account = one.account(Airflow(3).url)
        first, second = one.server(account), one.server(account)
        there = client_at(two, first)
        assert there.call(LIST_ROLES, ONE).content
        assert client_at(two, second).call(LIST_ROLES, ONE).content
        link.cut()
        one.revoke(first)
        eventually(lambda: is_refused_or_unavailable(there.call(LIST_ROLES, ONE)), 1, "the revocation without a connection")
        link.mend()
        eventually(lambda: is_refused(there.call(LIST_ROLES, ONE)), 10, "the revocation after the connection is back")
        again = client_at(two, second)
        eventually(lambda: again.call(LIST_ROLES, ONE).status == 200, 10, "the other URL")
        # The gateway receives notifications again.
        one.revoke(second)
        eventually(lambda: is_refused(again.call(LIST_ROLES, ONE)), 1, "a later revocation")


def is_refused_or_unavailable(reply):
    return is_refused(reply) or (reply.status == 503 and '"result"' not in reply.text)


@pytest.mark.parametrize("store", ["postgres", "sqlite"])
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path, store):
    with contextlib.ExitStack() as stack:
        options = {"key": new_key(), "AIRFLOW_MCP_LOG": "warn"}
        if store == "postgres":
            options["database"] = stack.enter_context(new_database())
        victim = stack.enter_context(Gateway(tmp_path / "victim", **options))
        if store == "postgres":
            survivor = stack.enter_context(Gateway(tmp_path / "survivor", api_token=victim.api_token, **options))
        account = victim.account(Airflow(3).url)
        server = victim.server(account)
        calls, servers = under_load_until_killed(victim, account, server)
        if store == "sqlite":
            survivor = stack.enter_context(Gateway(tmp_path / "victim", api_token=victim.api_token, **options))

        assert len(calls) > 50 and len(servers) > 2, (len(calls), len(servers))
        recorded = {record["actor_name"] for record in survivor.audit(server_id=server["id"], action="call")}
        assert calls <= recorded, f"{len(calls - recorded)} of {len(calls)} acknowledged calls are not in the audit log"
        for each in servers:
            assert client_at(survivor, each).request("tools/list").result["tools"]
        made = {record["server_id"] for record in survivor.audit(action="server.create")}
        assert {each["id"] for each in servers} <= made
        assert client_at(survivor, server).call(LIST_ROLES, ONE).content


def under_load_until_killed(victim, account, server):
    """Makes calls and creates servers from several threads, then kills the gateway. Returns the acknowledged calls and servers."""
    calls, servers, gone = set(), [], (OSError, http.client.HTTPException)

    def call(worker):
        with contextlib.suppress(gone):
            for i in range(100_000):
                name = f"load {worker}.{i}"
                # Each call uses the same connection with another client name, by which the audit log distinguishes the calls.
                mcp = clients.setdefault(worker, Mcp(server["url"]))
                mcp.client = name
                reply = mcp.call(LIST_ROLES, ONE)
                if reply.status == 200 and "result" in reply.json:
                    calls.add(name)

    def make():
        with contextlib.suppress(gone):
            for i in range(100_000):
                servers.append(victim.server(account, name=f"made {i}"))

    clients = {}
    threads = [threading.Thread(target=call, args=(worker,)) for worker in range(8)] + [threading.Thread(target=make)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (len(calls) < 300 or len(servers) < 10):
        time.sleep(0.02)
    victim.kill()
    for thread in threads:
        thread.join()
    return calls, servers
