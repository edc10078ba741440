"""Tests of the admin page in a real Chromium: the tasks of an operator with the mouse, with the keyboard, on a phone and without scripts, and attempts that must fail."""

import os
import time

import pytest
from conftest import Airflow
from gateway import LIST_ROLES, Connection, Gateway, Mcp, eventually, is_refused
from selenium.webdriver.common.keys import Keys
from webdriver import browser

pytestmark = pytest.mark.skipif(not os.environ.get("E2E_CHROMEDRIVER"), reason="no Chromium with a driver")


@pytest.fixture
def gateway(tmp_path):
    with Gateway(tmp_path) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def window():
    with browser() as window:
        yield window


def sign_in(window, gateway):
    window.get(gateway.url)
    window.labelled("API token", "input").send_keys(gateway.api_token)
    window.labelled("Sign in", "button").click()
    window.until(lambda: "Overview" in window.text, "the overview")


def add_account(window, url, name="production"):
    window.one("a[href$='/accounts/new']").click()
    window.one("#name").send_keys(name)
    window.one("#base_url").send_keys(url)
    window.one("input[name=auth][value=password]").click()
    window.one("#username").send_keys("admin")
    window.one("#password").send_keys("admin")
    window.one("form.card button.primary").click()
    window.until(lambda: "/accounts/acc_" in window.current_url, "the page of the account")


def create_server(window, name, expiry=None, method="read", tag="rbac"):
    """Fills in and submits the form and returns the URL that the page shows."""
    window.one("a[href*='/servers/new']").click()
    window.one("#name").send_keys(name)
    window.one("#custom summary").click()
    window.one(f"input[name=methods][value={method}]").click()
    window.one(f"input[name=tags][value={tag}]").click()
    if expiry:
        window.one("input[name=expiry][value=exact]").click()
        window.one("#expires_at").clear()
        window.one("#expires_at").send_keys(expiry)
    else:
        window.one("input[name=expiry][value=never]").click()
    window.one("form.card button.primary").click()
    return window.one("#url").text


def test_the_tasks_of_an_operator(window, gateway):
    sign_in(window, gateway)
    add_account(window, Airflow(3).url)
    window.labelled("Check account", "button").click()
    window.until(lambda: "All checks passed" in window.text, "the check", 30)

    url = create_server(window, "two seconds", expiry="2s")
    made = time.time()
    mcp = Mcp(url, client="by hand")
    assert mcp.call(LIST_ROLES, {"limit": 1}).content, "the URL does not work"
    window.labelled("Copy URL", "button").click()
    window.get(f"{gateway.url}/audit-log")
    window.until(lambda: LIST_ROLES in window.text and "by hand" in window.text, "the call in the audit log")
    eventually(lambda: is_refused(mcp.call(LIST_ROLES, {"limit": 1})), 3, "the end of the URL")
    assert 1 < time.time() - made < 4

    # The clipboard contains the URL.
    window.one("details summary").click()
    window.one("#tool").click()
    window.shift_insert()
    assert window.one("#tool").get_property("value") == url

    window.get(f"{gateway.url}/")
    other = Mcp(create_server(window, "to be revoked"))
    tools = other.tools()
    assert LIST_ROLES in tools and not [name for name in tools if name.startswith(("create", "update", "delete"))]
    window.get(f"{gateway.url}/servers")
    assert url not in window.page_source, "the page shows a URL again"
    window.labelled("Revoke to be revoked", "a").click()
    window.labelled("Revoke server", "form.card button").click()
    window.until(lambda: "/revoke" not in window.current_url, "the list of servers")
    assert is_refused(other.call(LIST_ROLES, {"limit": 1})), "the revoked URL still works"
    assert not [each for each in window.problems() if "favicon" not in each]


def test_rotate_and_tokens(window, gateway):
    server = gateway.server(gateway.account(Airflow(3).url, name="production"), name="rotated")
    sign_in(window, gateway)
    window.get(f"{gateway.url}/servers")
    window.labelled("Rotate the URL of", "a").click()
    window.one("form.card button").click()
    url = window.one("#url").text
    assert is_refused(Mcp(server["url"]).call(LIST_ROLES)) and Mcp(url).call(LIST_ROLES, {"limit": 1}).content

    window.get(f"{gateway.url}/tokens")
    window.one("#name").send_keys("a colleague")
    window.one("input[name=role][value=issuer]").click()
    window.one("form.card button.primary").click()
    window.until(lambda: "amk_" in window.text, "the new token")
    token = next(word for word in window.text.split() if word.startswith("amk_"))
    assert gateway.request("GET", "/integrated-account", token=token).status == 200
    window.get(f"{gateway.url}/tokens")
    assert token not in window.page_source
    window.labelled("Revoke a colleague", "a").click()
    window.one("form.card button").click()
    eventually(lambda: gateway.request("GET", "/integrated-account", token=token).status == 401, 2, "its end")


def test_with_the_keyboard_alone(window, gateway):
    window.get(gateway.url)
    window.one("#token")
    # The field already has the focus.
    window.press(*gateway.api_token, Keys.ENTER)
    window.until(lambda: "No accounts exist" in window.text, "the overview")
    focus = lambda: window.execute_script("return document.activeElement.textContent.trim()")
    window.press(Keys.TAB)
    assert focus() == "Skip to content"
    for _ in range(12):
        window.press(Keys.TAB)
        if focus() == "Add an account":
            break
    assert focus() == "Add an account"
    outline = "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow"
    assert window.execute_script(outline) != "nonenone", "the focused element has no outline"
    window.press(Keys.ENTER)
    window.one("#base_url")


def test_on_a_phone_in_light_and_dark_mode(gateway):
    gateway.server(gateway.account(Airflow(3).url, name="a production of a rather long name"), name="n" * 60)
    colours = {}
    for dark in [False, True]:
        with browser(dark=dark) as window:
            window.phone()
            sign_in(window, gateway)
            for path in ["/", "/accounts/new", "/servers", "/servers/new", "/audit-log", "/tokens"]:
                window.get(gateway.url + path)
                window.one("main h1")
                wide = window.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, (path, wide)
            colours[dark] = window.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colours[True] != colours[False], colours


def test_without_scripts(gateway):
    with browser(javascript=False) as window:
        sign_in(window, gateway)
        add_account(window, Airflow(3).url)
        url = create_server(window, "plain")
        assert Mcp(url).call(LIST_ROLES, {"limit": 1}).content


def test_texts_of_others_are_escaped(window, gateway):
    evil = "<img src=x onerror=alert(1)>"
    account = gateway.account(Airflow(3).url, name=evil)
    server = gateway.server(account, name=f"</td><script>alert(2)</script>{evil}")
    Mcp(server["url"], client=evil).call(LIST_ROLES, {"limit": 1})
    Mcp(server["url"], client=evil).call(evil)
    sign_in(window, gateway)
    for path in ["/", "/servers", "/audit-log", f"/accounts/{account}", f"/audit-log?tool={evil}", "/audit-log?since=<img src=x>"]:
        window.get(gateway.url + path)
        window.one("main h1")
        assert window.execute_script("return document.querySelectorAll('main img, main script').length") == 0, path
        assert evil in window.text or "since" in path, path


def test_a_session_is_limited_to_its_browser(window, gateway):
    sign_in(window, gateway)
    [cookie] = [each for each in window.get_cookies() if each["httpOnly"]]
    assert cookie["sameSite"] == "Strict" and gateway.api_token not in cookie["value"]
    connection = Connection(gateway.url)
    held = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    form = {"Content-Type": "application/x-www-form-urlencoded", **held}
    body = "name=forged&base_url=http%3A%2F%2F127.0.0.1%3A1&auth=none"
    own = {"Origin": gateway.url}
    for headers, sent in [
        ({**form, **own}, body),
        ({**form, **own}, body + "&csrf="),
        ({**form, **own}, body + "&csrf=guessed"),
        ({**form, "Origin": "http://evil.example"}, body),
        ({**form, "Sec-Fetch-Site": "cross-site"}, body),
    ]:
        reply = connection.request("POST", "/accounts", sent, headers)
        assert reply.status in (400, 403, 422), (headers, reply.status)
    assert gateway.api("GET", "/integrated-account")["result"] == []
    # The session cookie is valid only for the page. Programs use a token.
    assert connection.request("GET", "/integrated-account", headers=held).status == 401

    page = connection.request("GET", "/", headers=held)
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy and "base-uri 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff" and "no-store" in page.headers["cache-control"]

    # Without a session, every page redirects to the login.
    for path in ["/", "/servers", "/audit-log", "/tokens", "/accounts/new"]:
        reply = connection.request("GET", path)
        assert reply.status in (302, 303, 307) and reply.headers["location"].startswith("/login"), (path, reply.status)
    assert "evil.example" not in connection.request("GET", "/login?next=//evil.example/").headers.get("location", "")

    window.labelled("Sign out", "button").click()
    window.until(lambda: "/login" in window.current_url, "the sign-in")
    token = gateway.api("POST", "/api-token", {"name": "short", "role": "admin"})
    window.one("#token").send_keys(token["token"])
    window.labelled("Sign in", "button").click()
    window.until(lambda: "Overview" in window.text, "the overview")
    gateway.api("DELETE", f"/api-token/{token['id']}")
    window.get(gateway.url + "/servers")
    window.until(lambda: "/login" in window.current_url, "the end of the session with its token")


def test_an_invalid_token_is_reported_and_not_kept(window, gateway):
    window.get(gateway.url)
    window.one("#token").send_keys("amk_wrong")
    window.labelled("Sign in", "button").click()
    window.until(lambda: window.all("#token-wrong"), "the message")
    assert "amk_wrong" not in window.page_source
    assert window.one("#token").get_attribute("aria-invalid") == "true"
