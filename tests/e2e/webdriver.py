"""Client of the W3C WebDriver protocol, limited to what the tests need, for a real Chromium with its own driver."""

import base64
import contextlib
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from conftest import setting
from gateway import free_port

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

WHOLE_PAGE = """
    const page = document.documentElement;
    return {x: 0, y: 0, width: page.clientWidth, height: Math.min(page.scrollHeight, 1400), scale: 1};
"""


class Failure(Exception):
    """Error that the driver reports."""


class Element:
    def __init__(self, browser, identifier):
        self.browser, self.path = browser, f"/element/{identifier}"

    @property
    def text(self):
        return self.browser.get(f"{self.path}/text")

    def attribute(self, name):
        return self.browser.get(f"{self.path}/attribute/{name}")

    @property
    def value(self):
        return self.browser.get(f"{self.path}/property/value")

    @property
    def label(self):
        """Accessible name that a screen reader announces."""
        return self.browser.get(f"{self.path}/computedlabel")

    @property
    def shown(self):
        return self.browser.get(f"{self.path}/displayed")

    def click(self):
        self.browser.post(f"{self.path}/click")

    def type(self, text):
        self.browser.post(f"{self.path}/value", {"text": text})

    def clear(self):
        self.browser.post(f"{self.path}/clear")

    def all(self, css):
        return self.browser.elements(f"{self.path}/elements", css)


class Browser:
    """Browser window."""

    def __init__(self, driver, session):
        self.base = f"{driver}/session/{session}"

    def get(self, path):
        return request("GET", self.base + path)

    def post(self, path, body=None):
        return request("POST", self.base + path, body or {})

    def open(self, url):
        self.post("/url", {"url": url})

    @property
    def url(self):
        return self.get("/url")

    @property
    def source(self):
        return self.get("/source")

    def elements(self, path, css):
        found = self.post(path, {"using": "css selector", "value": css})
        return [Element(self, each[ELEMENT]) for each in found]

    def all(self, css):
        return self.elements("/elements", css)

    def one(self, css, seconds=10):
        """Waits for a visible element and returns the first one."""
        return self.until(lambda: next((each for each in self.all(css) if each.shown), None), f"an element {css}", seconds)

    def labelled(self, label, css="input, select, textarea, button, a"):
        """Returns the control with this accessible name, as users of a screen reader find it."""
        matching = lambda: [each for each in self.all(css) if each.shown and label.lower() in each.label.lower()]
        return self.until(lambda: next(iter(matching()), None), f"a control called {label!r}")

    def until(self, check, what, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(Failure):
                if found := check():
                    return found
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}, at {self.url}:\n{self.text}")
            time.sleep(0.05)

    @property
    def text(self):
        return self.one("body").text

    def script(self, code, *arguments):
        return self.post("/execute/sync", {"script": code, "args": list(arguments)})

    def press(self, *keys):
        """Sends keys to the focused element."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def shift_insert(self):
        """Pastes the clipboard with Shift+Insert."""
        down, up = [{"type": "keyDown", "value": "\ue008"}, {"type": "keyDown", "value": "\ue016"}], [{"type": "keyUp", "value": "\ue008"}]
        self.post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": down + up}]})

    def phone(self):
        """Reduces the window to the size of a phone."""
        size = {"width": 375, "height": 812, "deviceScaleFactor": 2, "mobile": True}
        self.post("/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": size})

    def cookies(self):
        return self.get("/cookie")

    def screenshot(self):
        """Returns a screenshot of the whole page as PNG."""
        whole = {"captureBeyondViewport": True, "format": "png", "clip": self.script(WHOLE_PAGE)}
        answer = self.post("/goog/cdp/execute", {"cmd": "Page.captureScreenshot", "params": whole})
        return base64.b64decode(answer["data"])

    def problems(self):
        """Returns the errors and warnings of the console, such as blocked scripts and styles and failed requests."""
        entries = self.post("/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]


def request(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60) as answer:
            return json.loads(answer.read())["value"]
    except urllib.error.HTTPError as error:
        value = json.loads(error.read())["value"]
        raise Failure(f"{value['error']}: {value['message'].splitlines()[0]}") from None


@contextlib.contextmanager
def browser(dark=False, javascript=True):
    """Opens a window of a headless Chromium with a new profile."""
    port = free_port()
    driver = f"http://127.0.0.1:{port}"
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    arguments += ["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]
    arguments += ["--window-size=1280,900", "--force-prefers-reduced-motion"]
    if dark:
        arguments.append("--blink-settings=preferredColorScheme=0")
    options = {"binary": setting("E2E_CHROMIUM"), "args": arguments}
    if not javascript:
        options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
    with tempfile.TemporaryDirectory() as profile, tempfile.TemporaryFile() as log:
        arguments.append(f"--user-data-dir={profile}")
        process = subprocess.Popen([setting("E2E_CHROMEDRIVER"), f"--port={port}"], stdout=log, stderr=log)
        try:
            wait_until_ready(driver, process)
            capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            made = request("POST", f"{driver}/session", {"capabilities": {"alwaysMatch": capabilities}})
            window = Browser(driver, made["sessionId"])
            try:
                yield window
            finally:
                request("DELETE", window.base)
        finally:
            process.terminate()
            process.wait(10)


def wait_until_ready(driver, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            if request("GET", f"{driver}/status")["ready"]:
                return
        time.sleep(0.05)
    raise AssertionError("chromedriver does not answer")
