"""Tests that no database, file, log, error, audit record, metric or page contains a planted secret."""

import base64
import json
import re
import stat
import urllib.parse

import pytest
from conftest import Airflow
from gateway import LIST_USERS, Gateway, Mcp, dump, new_database, new_key

CREATE_USER = "create_a_apacheairflow_user"
PASSWORD = "planted-password-5521"
HEADER = "planted-header-9937"
BEARER = "planted-bearer-1183"
ARGUMENT = "planted-argument-6642"
GUESS = "planted-guess-7350"


@pytest.fixture
def holder():
    """Creates a user of Airflow with a planted password and provides the Airflow."""
    airflow = Airflow(3)
    user = {
        "username": "holder",
        "email": "holder@example.org",
        "first_name": "H",
        "last_name": "H",
        "password": PASSWORD,
        "roles": [{"name": "Admin"}],
    }
    status, answer = airflow.direct("POST", "/auth/fab/v1/users", user)
    assert status in (200, 201), answer
    yield airflow
    airflow.direct("DELETE", "/auth/fab/v1/users/holder")


def forms(secret):
    """Yields the forms in which a secret could occur: unchanged and in common encodings."""
    raw = secret.encode()
    yield raw
    yield base64.b64encode(raw).rstrip(b"=")[:-1]
    yield raw.hex().encode()
    yield urllib.parse.quote(secret).encode()
    prefix, _, random = secret.partition("_")
    if prefix in ("amt", "amk"):
        yield random.encode()
        random_bytes = base64.urlsafe_b64decode(random + "=" * (-len(random) % 4))
        assert len(random_bytes) == 32, "the token does not have 256 random bits"
        yield random_bytes
        yield random_bytes.hex().encode()


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_planted_secrets_do_not_appear(holder, tmp_path, store):
    if store == "sqlite":
        look(holder, tmp_path, None)
    else:
        with new_database() as database:
            look(holder, tmp_path, database)


def look(airflow, tmp_path, database):
    key = new_key()
    with Gateway(tmp_path, database=database, key=key) as gateway:
        account = gateway.account(airflow.url, "holder", PASSWORD, headers={"X-Planted": HEADER})
        bearer = {"name": "bearer", "base_url": airflow.url, "auth": {"type": "bearer", "token": BEARER}}
        refused = gateway.api("POST", "/integrated-account", bearer)["id"]
        server, failing = gateway.server(account), gateway.server(refused)
        guarded = gateway.server(account, require_api_token_auth=True)
        issued = gateway.api("POST", "/api-token", {"name": "issued", "role": "issuer"})
        rotated = gateway.api("POST", f"/integrated-account/{account}/mcp/{guarded['id']}/rotate")

        said = use(gateway, account, refused, server, failing, rotated, issued)
        said += [json.dumps(record) for record in gateway.audit()]
        for target in ["/audit/export", "/metrics", "/openapi.json", "/healthz", "/readyz", "/"]:
            said.append(gateway.request("GET", target).text)
        said += [str(reply.headers) + reply.text for _, _, reply in gateway.answers]
        held = dump(database) if database else b""
        # The files of the open database include its journal.
        files = read_all(gateway.data)
    files |= read_all(gateway.data)

    tokens = [server["token"], failing["token"], guarded["token"], rotated["token"], issued["token"]]
    planted = [PASSWORD, HEADER, BEARER, ARGUMENT, GUESS, key, gateway.api_token, *tokens]
    places = {"a log": gateway.log.read_bytes(), "an answer": "\n".join(said).encode(), "the dump": held, **files}
    # The only place that shows the first API token is the file that hands it out.
    handed_out = places.pop(str(gateway.data / "first-api-token"))
    assert handed_out.decode().strip() == gateway.api_token
    log = places["a log"]
    found = [(secret, place) for place, content in places.items() for secret in planted for form in forms(secret) if form in content]
    assert not found, found
    assert b" DEBUG " in log, "the log has no debug lines, so the test proves nothing"
    assert not database or b"acc_" in held, "the dump is empty, so the test proves nothing"


def use(gateway, account, refused, server, failing, guarded, issued):
    """Makes all requests that could leak a secret, including requests with secrets in wrong places. Returns the texts of the responses."""
    replies = []
    mcp = Mcp(server["url"])
    assert mcp.call(LIST_USERS, {"limit": 1}).content
    user = {"username": "x", "email": "admin@example.org", "first_name": "F", "last_name": "L", "password": ARGUMENT}
    replies.append(mcp.call(CREATE_USER, {**user, "roles": [{"name": "Viewer"}]}))
    replies.append(mcp.call(CREATE_USER, {**user, "username": "", "passwort": ARGUMENT}))
    replies.append(Mcp(failing["url"]).call(LIST_USERS, {"limit": 1}))
    assert replies[-1].result["isError"]
    replies.append(Mcp(guarded["url"]).call(LIST_USERS))
    replies.append(Mcp(guarded["url"], token=issued["token"]).call(LIST_USERS, {"limit": 1}))
    replies.append(Mcp(guarded["url"], token=GUESS).call(LIST_USERS))
    replies.append(mcp.connection.request("POST", f"/mcp/{GUESS}", "{}"))
    replies.append(mcp.connection.request("GET", mcp.target))
    replies.append(mcp.connection.request("POST", mcp.target, "{not json"))
    replies.append(mcp.request("tools/call", headers={"Mcp-Name": "x"}))

    path = f"/integrated-account/{account}"
    gateway.api("POST", f"{path}/check")
    gateway.api("POST", f"/integrated-account/{refused}/check")
    gateway.api("GET", path)
    bad = {"type": "password", "username": "x", "passwort": PASSWORD}
    gateway.request("PATCH", path, {"auth": bad})
    gateway.request("POST", "/integrated-account", {"name": "", "base_url": f"http://u:{PASSWORD}@x/", "auth": {"type": "none"}})
    gateway.request("POST", "/integrated-account", json.dumps({"auth": {"type": "bearer", "token": [BEARER]}}))
    gateway.request("POST", "/integrated-account", {"name": "h", "base_url": "http://x", "auth": {"type": "none"}, "headers": {"bad name": HEADER}})
    gateway.request("POST", f"{path}/mcp", '{"name": "x", "' + ARGUMENT)
    gateway.request("GET", "/integrated-account", token=GUESS)
    gateway.request("GET", f"/integrated-account/{server['id']}/mcp")
    return [str(reply.headers) + reply.text for reply in replies]


def read_all(folder):
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()} if folder.exists() else {}


def test_only_the_operator_can_read_the_files(tmp_path):
    with Gateway(tmp_path) as gateway:
        gateway.account(Airflow(3).url)
        made = [gateway.data, *gateway.data.rglob("*")]
        # Without a configured key, the gateway creates one. Only the operator can read the key and the database.
        for path in made:
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode & 0o077 == 0, (path, oct(mode))
        keys = [path for path in made if path.is_file() and re.search("key", path.name)]
        assert keys, made
        assert not re.search(rb"[A-Za-z0-9+/]{43}=", gateway.log.read_bytes()), "the log contains a key"


def test_a_wrong_key_decrypts_nothing(tmp_path):
    with Gateway(tmp_path, key=new_key()) as gateway:
        server = gateway.server(gateway.account(Airflow(3).url, password="admin"))
        assert Mcp(server["url"]).call(LIST_USERS, {"limit": 1}).content
    other = Gateway(tmp_path, key=new_key(), api_token=gateway.api_token)
    try:
        other.start()
    except AssertionError:
        assert "key" in other.tail().lower(), "the message does not name the key"
        return
    try:
        reply = Mcp(f"{other.url}/mcp/{server['token']}").call(LIST_USERS, {"limit": 1})
        assert reply.status == 503 or reply.json.get("result", {}).get("isError"), reply.text
        assert "key" in reply.text or "key" in other.log.read_text()
    finally:
        other.stop()
