"""Foundation of the end-to-end tests: real Airflow servers, the built binary, two real MCP clients and a recording proxy.

`cargo xtask test` starts everything and passes the addresses in E2E_* variables. Without these variables the tests fail, because they cannot run.
"""

import base64
import contextlib
import dataclasses
import functools
import http.client
import http.server
import json
import os
import pathlib
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest
from mcp import Client, StdioServerParameters

SECRETS = ["admin-secret-7319", "first-secret-4471", "second-secret-8820"]


def setting(name):
    value = os.environ.get(name)
    assert value, f"{name} is not set: run these tests with `cargo xtask test`"
    return value


@dataclasses.dataclass
class Airflow:
    """Real Airflow with the user `admin`, 5,000 users (`user00000` ..., password `admin`), the DAGs of xtask/lab/dags, which have run, and 500 other DAGs with 3,000 runs (`bulk_000` ...)."""

    major: int

    @property
    def url(self):
        return setting(f"E2E_AIRFLOW_{self.major}_URL")

    @property
    def limited_url(self):
        """URL of an Airflow on the same database that responds with 429 after six requests per minute."""
        return setting(f"E2E_AIRFLOW_{self.major}_LIMITED_URL")

    @property
    def request_log(self):
        return pathlib.Path(setting(f"E2E_AIRFLOW_{self.major}_LOG"))

    @property
    def rbac(self):
        """Path of the operations on users and roles."""
        return "/api/v1" if self.major == 2 else "/auth/fab/v1"

    def direct(self, method, path, body=None, user="admin", password="admin"):
        """Sends a request directly to Airflow and returns (status, JSON or text)."""
        headers = {"Accept": "application/json"}
        if self.major == 2:
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            is_admin = (user, password) == ("admin", "admin")
            status, answer = self.admin_token if is_admin else self.token(user, password)
            if status != 201:
                return status, answer
            headers["Authorization"] = "Bearer " + answer["access_token"]
        return fetch(method, self.url + path, headers, body)

    def token(self, user, password):
        """Requests a new token from Airflow 3 and returns (status, JSON or text)."""
        return fetch("POST", self.url + "/auth/token", {}, {"username": user, "password": password})

    @functools.cached_property
    def admin_token(self):
        """Response with a token of `admin`. The token is requested once, because Airflow needs more time to check a password than for most requests."""
        return self.token("admin", "admin")

    def signs_in(self, user, password):
        """Returns whether Airflow accepts this password."""
        if self.major == 3:
            return self.direct("GET", "/api/v2/version", user=user, password=password)[0] == 200
        # Airflow 2.11 returns 403 both for a wrong password and for a missing permission, but sets a cookie only if the password is correct.
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        request = urllib.request.Request(
            self.url + "/auth/fab/v1/permissions?limit=1", headers={"Authorization": f"Basic {pair}"}
        )
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        return "session=" in (answer.headers.get("Set-Cookie") or "")


def fetch(method, url, headers, body=None):
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers = {**headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    try:
        return status, json.loads(text) if text else None
    except ValueError:
        return status, text


@pytest.fixture(params=[2, 3], ids=["airflow-2", "airflow-3"])
def airflow(request):
    return Airflow(request.param)


@pytest.fixture
def anyio_backend():
    return "asyncio"


def environment(airflow, **changes):
    env = {
        "AIRFLOW_URL": airflow.url,
        "AIRFLOW_USERNAME": "admin",
        "AIRFLOW_PASSWORD": "admin",
        "AIRFLOW_MCP_LOG": "trace",
    }
    env.update(changes)
    return {name: value for name, value in env.items() if value is not None}


class Session:
    """MCP client that is connected over stdio to its own server process."""

    def __init__(self, client, log):
        self.client = client
        self.log = log

    async def call(self, tool, arguments=None):
        """Calls a tool and returns the structured content. Fails if the call fails."""
        result = await self.result(tool, arguments)
        assert not result.is_error, result.structured_content
        return result.structured_content

    async def error(self, tool, arguments=None):
        """Calls a tool and returns the error object. Fails if the call succeeds."""
        result = await self.result(tool, arguments)
        assert result.is_error, result.structured_content
        error = result.structured_content["error"]
        assert set(error) == {"code", "status", "title", "detail", "hint", "retryable", "operation"}
        assert error["hint"], error
        return error

    async def result(self, tool, arguments=None):
        result = await self.client.call_tool(tool, arguments or {})
        text = result.content[0].text
        assert json.loads(text) == result.structured_content
        for secret in SECRETS:
            assert secret not in text
        return result


@contextlib.asynccontextmanager
async def connect(airflow, tmp_path, arguments=(), mode="auto", **changes):
    """Connects to the real server with the official SDK. Fails if the log contains a password."""
    log = tmp_path / "server.log"
    params = StdioServerParameters(
        command="sh",
        args=["-c", 'exec "$0" stdio "$@" 2>>"$E2E_LOG"', setting("E2E_BINARY"), *arguments],
        env=environment(airflow, E2E_LOG=str(log), **changes),
    )
    async with Client(params, mode=mode, read_timeout_seconds=120) as client:
        yield Session(client, log)
    text = log.read_text()
    for secret in SECRETS:
        assert secret not in text, "the log contains a password"


def catalogue(api):
    """Returns the tools of an API as printed by the command `tools`."""
    done = subprocess.run([setting("E2E_BINARY"), "tools", "--json", "--api", api], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def inspect(airflow, tool, arguments, method="tools/call", **changes):
    """Makes one call with the command line of the MCP Inspector and returns (exit code, parsed response)."""
    command = [setting("E2E_NODE"), setting("E2E_INSPECTOR"), "--cli"]
    for name, value in environment(airflow, **changes).items():
        command += ["-e", f"{name}={value}"]
    command += [setting("E2E_BINARY"), "stdio", "--method", method, "--format", "json"]
    if tool:
        command += ["--tool-name", tool]
    for name, value in arguments.items():
        command += ["--tool-arg", f"{name}={json.dumps(value, ensure_ascii=False)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}") from None
    return done.returncode, answer.get("result", answer)


@dataclasses.dataclass
class SeenRequest:
    """Request as received by the proxy."""

    method: str
    target: str
    headers: dict
    body: str
    # Status of the response; None until there is a response.
    status: int | None = None

    @property
    def path(self):
        return self.target.split("?")[0]

    @property
    def query(self):
        return self.target.partition("?")[2]


class Proxy:
    """Proxy that records requests and forwards them unchanged to a real Airflow. The proxy can also respond to requests itself or delay them."""

    def __init__(self, url):
        self.requests = []
        # Path, or method and path -> status, media type and text of the response.
        self.answers = {}
        # Path -> event: requests to it wait for the event.
        self.held = {}
        target = urllib.parse.urlsplit(url)
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = SeenRequest(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body.decode())
                proxy.requests.append(seen)
                if seen.path in proxy.held:
                    proxy.held[seen.path].wait(60)
                own = proxy.answers.get((seen.method, seen.path)) or proxy.answers.get(seen.path)
                if own:
                    status, media_type, text = own
                    seen.status = status
                    return self.answer(status, [("Content-Type", media_type)], text.encode())
                upstream = http.client.HTTPConnection(target.hostname, target.port, timeout=120)
                upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    upstream.putheader(name, value)
                upstream.endheaders(body or None)
                answer = upstream.getresponse()
                seen.status = answer.status
                text = answer.read()
                headers = [h for h in answer.getheaders() if h[0].lower() not in ("transfer-encoding", "content-length", "connection")]
                upstream.close()
                self.answer(answer.status, headers, text)

            def answer(self, status, headers, text):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = relay

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def received(self, method, prefix=""):
        return [seen for seen in self.requests if seen.method == method and seen.path.startswith(prefix)]


@pytest.fixture
def proxy(airflow):
    proxy = Proxy(airflow.url)
    yield proxy
    proxy.server.shutdown()
