"""Makes the files of this folder with the binary of an earlier state. See README.md.

    python3 make.py AIRFLOW_MCP FOLDER

FOLDER already contains `declared/`. Needs Linux, where 127.0.0.98 is an address of the machine, and the program `faketime`.
"""

import http.server
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

# Credentials belong to the origin of their account, so that the upstream has a fixed address.
UPSTREAM = ("127.0.0.98", 28471)
LIST_USERS = "list_all_apacheairflow_users"
# A token that expires in 2100.
TOKEN = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl"
USERS = [{"username": name, "email": f"{name}@example.org", "first_name": name.title(), "last_name": "Test", "roles": [{"name": "Admin"}], "active": True} for name in ["ada", "bob", "eve"]]


class Upstream(http.server.BaseHTTPRequestHandler):
    def handle_request(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
        answers = {
            "/api/v2/version": (200, {"version": "3.3.2"}),
            "/auth/openapi.json": (200, {"paths": {"/fab/v1/users": {}}}),
            "/auth/token": (201, {"access_token": TOKEN}),
            "/auth/fab/v1/users": (200, {"users": USERS[offset : offset + limit], "total_entries": len(USERS)}),
        }
        status, body = answers.get(target.path, (404, {"detail": "Not Found"}))
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = handle_request

    def log_message(self, *_):
        pass


class Gateway:
    """Process of `serve` with a data folder."""

    def __init__(self, binary, data, arguments=(), prefix=(), env=None):
        command = [*prefix, binary, "serve", "--listen", "127.0.0.1:0", "--data", str(data), *arguments]
        self.process = subprocess.Popen(command, env=env or {}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.api_token, self.url = None, None
        while not self.url:
            line = self.process.stdout.readline()
            assert line, "the gateway ended"
            if found := re.search(r"amk_[\w-]+", line):
                self.api_token = found.group()
            if line.startswith("Serving"):
                self.url = "http://" + line.split()[-1]

    def send(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body.encode() if isinstance(body, str) else body and json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        opener = urllib.request.build_opener(NoRedirect)
        try:
            return opener.open(request)
        except urllib.error.HTTPError as error:
            assert error.code in (302, 303), error.read().decode()
            return error

    def manage(self, method, path, body):
        headers = {"Authorization": f"Bearer {self.api_token}", "Content_Type": "application/json"}
        return json.loads(self.send(method, path, body, **headers).read())

    def call(self, token, tool, arguments):
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        headers = {"Content_Type": "application/json", "Accept": "application/json, text/event-stream", "MCP_Protocol_Version": "2025-11-25"}
        result = json.loads(self.send("POST", f"/mcp/{token}", body, **headers).read())["result"]
        assert not result["isError"], result
        return result["structuredContent"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def sign_in(gateway, api_token):
    """Signs in on the admin page and returns the session cookie."""
    page = gateway.send("GET", "/login")
    cookie = page.headers["Set-Cookie"].split(";")[0]
    csrf = re.search(r'name="csrf"[^>]*value="([^"]+)"', page.read().decode()).group(1)
    form = urllib.parse.urlencode({"csrf": csrf, "token": api_token, "next": "/"})
    headers = {"Cookie": cookie, "Origin": gateway.url, "Content_Type": "application/x-www-form-urlencoded"}
    return gateway.send("POST", "/login", form, **headers).headers["Set-Cookie"].split(";")[0]


def main(binary, folder):
    folder = pathlib.Path(folder)
    store, copy = folder / "store", folder / "copy"
    for each in [store, copy]:
        shutil.rmtree(each, ignore_errors=True)
    upstream = http.server.ThreadingHTTPServer(UPSTREAM, Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()

    gateway = Gateway(binary, store)
    auth = {"type": "password", "username": "admin", "password": "test-store-only"}
    url = f"http://{UPSTREAM[0]}:{UPSTREAM[1]}"
    account = gateway.manage("POST", "/integrated-account", {"name": "production", "base_url": url, "auth": auth, "headers": {"X-Test": "test-store-only"}})
    servers = f"/integrated-account/{account['id']}/mcp"
    config = {"methods": ["read"], "tags": ["rbac"]}
    server = gateway.manage("POST", servers, {"name": "auditor", "config": config})
    gateway.manage("POST", servers, {"name": "scoped", "config": {"tools": [LIST_USERS], "discover": True}, "expires_at": "2099-01-01T00:00:00Z"})
    issuer = gateway.manage("POST", "/api-token", {"name": "issuer", "role": "issuer"})
    lists = []
    for arguments in [{"limit": 1}, {"limit": 1, "role": "Admin"}]:
        page = gateway.call(server["token"], LIST_USERS, arguments)
        lists.append({"arguments": arguments, "next_cursor": page["next_cursor"]})
    api_token = gateway.api_token
    listed = gateway.manage("GET", servers, None)
    second = gateway.manage("GET", f"{servers}?limit=1", None)["next_cursor"]
    gateway.stop()

    # A session ends after eight hours. The clock of this gateway is in 2099, so that its session does not end before the test.
    shutil.copytree(store, copy)
    gateway = Gateway(binary, copy, prefix=["faketime", "-f", "@2099-01-01 00:00:00"], env={"PATH": "/usr/bin:/bin"})
    session = sign_in(gateway, api_token)
    gateway.process.kill()
    shutil.rmtree(copy)

    (store / "airflow-mcp.sqlite.lock").unlink()

    # The first start with a configuration file writes the URL of a server to the file that it names.
    gateway = Gateway(binary, copy, ["--config", str(folder / "declared/gateway.toml")], env={"TEST_PASSWORD": "test-store-only"})
    gateway.stop()
    shutil.rmtree(copy)

    handed_out = {
        "api_token": api_token,
        "issuer_token": issuer["token"],
        "account_id": account["id"],
        "server_id": server["id"],
        "server_token": server["token"],
        "lists": lists,
        "servers": listed["result"],
        "servers_cursor": second,
        "session_cookie": session,
    }
    (folder / "handed-out.json").write_text(json.dumps(handed_out, indent=2) + "\n")
    upstream.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
