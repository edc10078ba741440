"""Takes the screenshots of the README in a real Chromium: a gateway with two accounts and some traffic.

`cargo xtask screenshots` starts an Airflow for this script and passes the output folder.
"""

import pathlib
import sys
import tempfile

from conftest import setting
from gateway import LIST_ROLES, LIST_USERS, Gateway, Mcp, in_seconds
from webdriver import browser

GET_USER = "get_single_apacheairflow_user_by_id"
DAY = 24 * 3600


def furnish(gateway):
    """Creates accounts, servers and calls as in a typical gateway."""
    url = setting("E2E_AIRFLOW_3_URL").replace("127.0.0.1", "localhost")
    production = gateway.account(url, name="production")
    staging = gateway.account(url, name="staging")
    gateway.api("POST", f"/integrated-account/{production}/check")
    audit = gateway.server(production, name="Quarterly access review", methods=["read"], tags=["rbac"], expires_at=in_seconds(7 * DAY))
    ana = gateway.server(production, name="Ana's Claude", methods=["read", "update"], expires_at=in_seconds(30 * DAY))
    gateway.server(staging, name="Onboarding bot", tags=["rbac"], require_api_token_auth=True)
    gateway.api("POST", "/api-token", {"name": "ana", "role": "issuer", "expires_at": in_seconds(90 * DAY)})
    gateway.api("POST", "/api-token", {"name": "onboarding", "role": "caller"})
    calls = [
        (audit, "claude-ai", LIST_USERS, {"role": "Admin"}),
        (audit, "claude-ai", LIST_ROLES, {}),
        (ana, "claude-code", GET_USER, {"id": "user00999"}),
        (ana, "claude-code", GET_USER, {"id": "nobody"}),
        (audit, "openai-mcp", "create_a_apacheairflow_role", {"name": "x"}),
    ]
    for server, client, tool, arguments in calls:
        Mcp(server["url"], client=client).call(tool, arguments)
    return production


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, Gateway(data, AIRFLOW_MCP_LOG="warn") as gateway:
        production = furnish(gateway)
        shots = {
            "overview": "/",
            "new-server": f"/servers/new?account={production}",
        }
        for theme in ["light", "dark"]:
            with browser(dark=theme == "dark") as window:
                window.get(gateway.url)
                window.one("#token").send_keys(gateway.api_token)
                window.one("form.card button").click()
                window.one("h2#accounts")
                for name, path in shots.items():
                    window.get(gateway.url + path)
                    window.one("main h1")
                    if name == "new-server":
                        window.one("#name").send_keys("Quarterly access review")
                        window.one("input[name=preset][value=access-audit]").click()
                    (folder / f"{name}-{theme}.png").write_bytes(window.screenshot())


if __name__ == "__main__":
    main(sys.argv[1])
