"""Gateway for a single test: `airflow-mcp serve` as a process, its management API, and MCP over its URLs as plain HTTP."""

import base64
import contextlib
import dataclasses
import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import uuid

from conftest import setting

MODERN = "2026-07-28"
LEGACY = "2025-11-25"

API_TOKEN = re.compile(r"amk_[A-Za-z0-9_-]{43}")
LIST_USERS = "list_all_apacheairflow_users"
LIST_ROLES = "list_all_apacheairflow_roles"
CREATE_ROLE = "create_a_apacheairflow_role"


@dataclasses.dataclass
class Reply:
    """HTTP response."""

    status: int
    headers: dict
    text: str

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def result(self):
        """Result of a successful MCP request."""
        assert self.status == 200, (self.status, self.text)
        assert "result" in self.json, self.text
        return self.json["result"]

    @property
    def content(self):
        """Structured content of a successful tool call."""
        assert not self.result.get("isError"), self.text
        return self.result["structuredContent"]


class Connection:
    """HTTP connection that stays open between requests, like the connection of a real client."""

    def __init__(self, url, timeout=60):
        parts = urllib.parse.urlsplit(url)
        self.http = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def request(self, method, target, body=None, headers=None):
        data = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
        headers = dict(headers or {})
        if data is not None:
            headers.setdefault("Content-Type", "application/json")
        self.http.request(method, target, data, headers)
        answer = self.http.getresponse()
        text = answer.read().decode(errors="replace")
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)

    @property
    def local_port(self):
        return self.http.sock.getsockname()[1]

    def close(self):
        self.http.close()


def message(method, params=None, client="e2e", version=MODERN):
    """Returns an MCP request and its headers as sent by a client of this version of the protocol."""
    params = dict(params or {})
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
    if version == MODERN:
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": client, "version": "1"},
            **params.get("_meta", {}),
        }
        headers["Mcp-Method"] = method
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, headers


class Mcp:
    """Minimal MCP client on one connection that stays open."""

    def __init__(self, url, token=None, version=MODERN, client="e2e"):
        self.target = urllib.parse.urlsplit(url).path
        self.connection = Connection(url)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.version, self.client = version, client

    def request(self, method, params=None, headers=None, target=None):
        body, own = message(method, params, self.client, self.version)
        return self.connection.request("POST", target or self.target, body, {**own, **self.headers, **(headers or {})})

    def call(self, tool, arguments=None, **more):
        return self.request("tools/call", {"name": tool, "arguments": arguments or {}}, **more)

    def tools(self):
        return [tool["name"] for tool in self.request("tools/list").result["tools"]]


def is_refused(reply):
    """Returns whether the gateway rejects the URL with an HTTP status before it handles MCP."""
    return reply.status in (401, 404) and '"result"' not in reply.text


def in_seconds(seconds):
    """Returns the time in this many seconds in the format of the management API."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.isoformat().replace("+00:00", "Z")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Gateway:
    """Process of `airflow-mcp serve`."""

    def __init__(self, folder, *arguments, database=None, key=None, api_token=None, data="data", binary=None, **env):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = arguments
        self.binary = binary or setting("E2E_BINARY")
        self.env = {"AIRFLOW_MCP_LOG": "trace", **env}
        if database:
            self.env["DATABASE_URL"] = database
        if key:
            self.env["AIRFLOW_MCP_KEY"] = key
        self.api_token = api_token
        self.process = None
        # All responses except those that show a secret once on purpose.
        self.answers = []

    @property
    def output(self):
        return self.folder / f"{self.port}.out"

    @property
    def log(self):
        return self.folder / f"{self.port}.log"

    def start(self):
        inherited = {name: os.environ[name] for name in ["PATH", "HOME"] if name in os.environ}
        with self.output.open("ab") as out, self.log.open("ab") as log:
            command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.data)]
            self.process = subprocess.Popen(
                [*command, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env={**inherited, **self.env},
            )
        deadline = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, f"the gateway ended with {self.process.returncode}\n{self.tail()}"
            assert time.monotonic() < deadline, f"the gateway does not respond\n{self.tail()}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if Connection(self.url, timeout=2).request("GET", "/readyz").status == 200:
                    break
            time.sleep(0.02)
        assert not API_TOKEN.search(self.shown()), "only a terminal may show the API token"
        if self.api_token is None:
            self.api_token = (self.data / "first-api-token").read_text().strip()
            assert API_TOKEN.fullmatch(self.api_token)
        return self

    def shown(self):
        """Returns the output that the operator sees on the terminal."""
        return self.output.read_text() + self.log.read_text(errors="replace")

    def tail(self):
        return "\n".join(self.shown().splitlines()[-15:])

    def stop(self, how=signal.SIGTERM, patience=20):
        """Ends the process and returns its exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the gateway does not end\n{self.tail()}") from None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    # Management API.

    def request(self, method, target, body=None, token=None, headers=None):
        headers = {"Authorization": f"Bearer {token or self.api_token}", **(headers or {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        connection = Connection(self.url)
        try:
            reply = connection.request(method, target, body, headers)
        finally:
            connection.close()
        makes_secret = method == "POST" and reply.status in (200, 201) and ('"token"' in reply.text)
        if not makes_secret:
            self.answers.append((method, target, reply))
        return reply

    def api(self, method, target, body=None, **more):
        """Sends a management request and returns the response. Fails if the request fails."""
        reply = self.request(method, target, body, **more)
        assert reply.status in (200, 201, 204), (method, target, reply.status, reply.text)
        return reply.json if reply.text else None

    def error(self, status, method, target, body=None, **more):
        """Sends a management request and returns the error object. Fails if the status is another one."""
        reply = self.request(method, target, body, **more)
        assert reply.status == status, (method, target, reply.status, reply.text)
        return self.error_of(reply)

    def error_of(self, reply):
        """Returns the error object of a failed management request. All error objects have the same shape."""
        assert reply.status >= 400, reply.text
        assert reply.headers.get("content-type", "").startswith("application/json"), reply.headers
        assert set(reply.json) == {"error"}, reply.text
        error = reply.json["error"]
        assert set(error) == {"code", "message", "hint", "problems"} and error["hint"], error
        return error

    def account(self, url, username="admin", password="admin", name=None, **more):
        """Creates an account and returns its id."""
        auth = {"type": "password", "username": username, "password": password}
        body = {"name": name or f"account {uuid.uuid4()}", "base_url": url, "auth": auth, **more}
        return self.api("POST", "/integrated-account", body)["id"]

    def server(self, account, name="e2e", expires_at=None, **config):
        """Creates an MCP server and returns the response."""
        # Without these criteria, a server reads only, and without an expiry it expires.
        wide = {} if {"preset", "methods", "tools"} & set(config) else {"methods": ["read", "write"]}
        body = {"name": name, "config": {**wide, "include_secrets": True, **config}, "expires_at": expires_at}
        return self.api("POST", f"/integrated-account/{account}/mcp", body)

    def revoke(self, server):
        self.api("DELETE", f"/integrated-account/{server['integrated_account_id']}/mcp/{server['id']}")

    def audit(self, **query):
        """Returns all matching records from all pages, without those about reading the log."""
        records, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.api("GET", "/audit?" + urllib.parse.urlencode({"limit": 1000, **query, **more}))
            assert set(page) == {"result", "next_cursor"}
            records += page["result"]
            cursor = page["next_cursor"]
            if cursor is None:
                return [record for record in records if not record["action"].startswith("audit.")]


def new_key():
    return base64.b64encode(os.urandom(32)).decode()


@contextlib.contextmanager
def new_database():
    """Creates an empty PostgreSQL database, provides its URL and drops the database afterwards."""
    name = f"e2e_{uuid.uuid4().hex[:12]}"
    sql(f"create database {name}")
    try:
        yield f"{setting('E2E_POSTGRES_URL')}/{name}"
    finally:
        sql(f"drop database {name} with (force)")


def sql(statement, database="postgres"):
    command = [f"{setting('E2E_POSTGRES_PROGRAMS')}/psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
    command += ["--set", "ON_ERROR_STOP=1", "--command", statement, f"{setting('E2E_POSTGRES_URL')}/{database}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


class Link:
    """TCP proxy in front of a database that forwards bytes in both directions and can be cut."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.there = (parts.hostname, parts.port)
        self.sockets = []
        self.listen(0)
        self.port = self.listener.getsockname()[1]
        self.url = url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{self.port}")

    def listen(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self.there)
                self.sockets += [here, there]
                for one, other in [(here, there), (there, here)]:
                    threading.Thread(target=self.pass_on, args=(one, other), daemon=True).start()

    def pass_on(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self):
        # Closing alone would not wake up the thread that waits in `accept`.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in self.sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.sockets.clear()

    def mend(self):
        self.listen(self.port)


def dump(url):
    """Returns the whole content of a database as SQL."""
    command = [f"{setting('E2E_POSTGRES_PROGRAMS')}/pg_dump", "--inserts", url]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def eventually(check, seconds, what):
    """Waits until a condition holds and returns how long that took."""
    started = time.monotonic()
    while not check():
        assert time.monotonic() - started < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - started
