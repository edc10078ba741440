"""Tests of the gateway commands and of the configuration file, which do the same as the management API by the same rules."""

import json
import re
import stat
import subprocess

import pytest
from conftest import Airflow
from gateway import LIST_ROLES, Gateway, Mcp, free_port, is_refused

URL = re.compile(r"http://\S+/mcp/amt_[A-Za-z0-9_-]{43}")


@pytest.fixture
def gateway(tmp_path):
    with Gateway(tmp_path) as gateway:
        yield gateway


def shell(gateway, *arguments, code=0, token=None, url=None, **env):
    """Runs one command and returns its output."""
    env = {"AIRFLOW_MCP_GATEWAY_URL": url or gateway.url, "AIRFLOW_MCP_API_TOKEN": token or gateway.api_token, **env}
    done = subprocess.run([gateway.binary, *arguments], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    assert gateway.api_token not in done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def test_the_shell_creates_changes_and_deletes_a_server(airflow, gateway):
    create = ["account", "create", "production", "--url", airflow.url, "--username", "admin"]
    shell(gateway, *create, AIRFLOW_PASSWORD="admin")
    assert "production" in shell(gateway, "account", "list")
    assert f"{airflow.major}." in shell(gateway, "account", "check", "production")

    made = ["server", "create", "agent", "--account", "production", "--methods", "read", "--tags", "rbac", "--expires-in", "1h"]
    [url] = URL.findall(shell(gateway, *made))
    mcp = Mcp(url)
    assert mcp.call(LIST_ROLES, {"limit": 1}).content
    [server] = json.loads(shell(gateway, "server", "list", "--account", "production", "--json"))["result"]
    assert server["config"]["methods"] == ["read"] and server["expires_at"]

    shell(gateway, "server", "update", server["id"], "--tools", LIST_ROLES)
    assert mcp.tools() == [LIST_ROLES]
    [rotated] = URL.findall(shell(gateway, "server", "rotate", server["id"]))
    assert is_refused(mcp.call(LIST_ROLES)) and Mcp(rotated).call(LIST_ROLES, {"limit": 1}).content
    shell(gateway, "server", "delete", server["id"])
    assert is_refused(Mcp(rotated).call(LIST_ROLES))
    log = shell(gateway, "audit", "--server", server["id"])
    for action in ["server.create", "server.update", "server.rotate", "server.revoke", LIST_ROLES]:
        assert action in log, (action, log)
    lines = [json.loads(line) for line in shell(gateway, "audit", "--export").splitlines()]
    lines = [line for line in lines if not line["action"].startswith("audit.")]
    assert len(lines) == len(gateway.audit())
    shell(gateway, "account", "delete", "production")
    assert "production" not in shell(gateway, "account", "list")


def test_tokens_from_the_shell(gateway):
    made = shell(gateway, "token", "create", "ci", "--role", "issuer")
    [token] = re.findall(r"amk_[A-Za-z0-9_-]{43}", made)
    assert "ci" in shell(gateway, "token", "list")
    shell(gateway, "account", "list", token=token)
    output = shell(gateway, "account", "delete", "anything", token=token, code=1)
    assert "admin" in output or "no account" in output, output
    [listed] = [each for each in gateway.api("GET", "/api-token")["result"] if each["name"] == "ci"]
    shell(gateway, "token", "revoke", listed["id"])
    assert "token" in shell(gateway, "account", "list", token=token, code=1).lower()


def test_failures_are_reported(gateway):
    nobody = f"http://127.0.0.1:{free_port()}"
    assert nobody in shell(gateway, "account", "list", url=nobody, code=1)
    assert "no account has the id or name" in shell(gateway, "account", "get", "nothing", code=1)
    output = shell(gateway, "account", "create", "x", "--url", "ftp://x", "--no-sign-in", code=1)
    assert "base_url" in output, output


CONFIG = """
[[account]]
name = "declared"
base_url = "{url}"
auth = {{ type = "password", username = "admin", password_env = "PASSWORD" }}

[[account.server]]
name = "agent"
methods = ["read"]
tags = ["rbac"]
token_file = "{file}"
"""


def declared(gateway):
    accounts = gateway.api("GET", "/integrated-account")["result"]
    return [{key: value for key, value in account.items() if key != "updated_at"} for account in accounts]


def test_declared_in_a_file(airflow, tmp_path):
    url_file, config = tmp_path / "agent.url", tmp_path / "config.toml"
    text = CONFIG.format(url=airflow.url, file=url_file)
    config.write_text(text)
    options = ["--config", str(config)]
    with Gateway(tmp_path, *options, PASSWORD="admin") as gateway:
        url = url_file.read_text().strip()
        assert stat.S_IMODE(url_file.stat().st_mode) == 0o600
        assert Mcp(url.replace(url.split("/mcp/")[0], gateway.url)).call(LIST_ROLES, {"limit": 1}).content
        before = declared(gateway)
    # A second start creates nothing twice, and the URL does not change.
    with Gateway(tmp_path, *options, api_token=gateway.api_token, PASSWORD="admin") as gateway:
        assert declared(gateway) == before
        servers = gateway.api("GET", f"/integrated-account/{before[0]['id']}/mcp")["result"]
        assert [server["name"] for server in servers] == ["agent"]
        assert url_file.read_text().strip() == url
        assert len([each for each in gateway.audit() if each["action"] in ("account.create", "server.create")]) == 2
    # The gateway applies a changed configuration.
    config.write_text(text.replace('["rbac"]', f'[]\ntools = ["{LIST_ROLES}"]'))
    with Gateway(tmp_path, *options, api_token=gateway.api_token, PASSWORD="admin") as gateway:
        assert Mcp(url.replace(url.split("/mcp/")[0], gateway.url)).tools() == [LIST_ROLES]
    # The gateway reports an invalid configuration and does not start.
    config.write_text(text.replace("tags", "tgas"))
    command = [gateway.binary, "serve", "--listen", f"127.0.0.1:{gateway.port}", "--data", str(gateway.data), *options]
    done = subprocess.run(command, env={"PASSWORD": "admin"}, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and "tgas" in done.stderr, done.stderr
