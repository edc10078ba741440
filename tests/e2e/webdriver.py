"""Real Chromium for the tests, driven by Selenium with the driver that belongs to the browser."""

import base64
import contextlib
import tempfile

from conftest import setting
from selenium import webdriver
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

WHOLE_PAGE = """
    const page = document.documentElement;
    return {x: 0, y: 0, width: page.clientWidth, height: Math.min(page.scrollHeight, 1400), scale: 1};
"""


class Browser(webdriver.Chrome):
    """Browser window."""

    def all(self, css):
        return self.find_elements(By.CSS_SELECTOR, css)

    def one(self, css, seconds=10):
        """Waits for a visible element and returns the first one."""
        return self.until(lambda: next((each for each in self.all(css) if each.is_displayed()), None), f"an element {css}", seconds)

    def labelled(self, label, css="input, select, textarea, button, a"):
        """Returns the control with this accessible name, as users of a screen reader find it."""
        matching = lambda: [each for each in self.all(css) if each.is_displayed() and label.lower() in each.accessible_name.lower()]
        return self.until(lambda: next(iter(matching()), None), f"a control with the label {label!r}")

    def until(self, check, what, seconds=10):
        wait = WebDriverWait(self, seconds, poll_frequency=0.05, ignored_exceptions=[WebDriverException])
        try:
            return wait.until(lambda _: check())
        except TimeoutException:
            text = self.find_element(By.TAG_NAME, "body").text
            raise AssertionError(f"not within {seconds} s: {what}, at {self.current_url}:\n{text}") from None

    @property
    def text(self):
        return self.one("body").text

    def press(self, *keys):
        """Sends keys to the focused element."""
        ActionChains(self).send_keys(*keys).perform()

    def shift_insert(self):
        """Pastes the clipboard with Shift+Insert."""
        ActionChains(self).key_down(Keys.SHIFT).send_keys(Keys.INSERT).key_up(Keys.SHIFT).perform()

    def phone(self):
        """Reduces the window to the size of a phone."""
        size = {"width": 375, "height": 812, "deviceScaleFactor": 2, "mobile": True}
        self.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def screenshot(self):
        """Returns a screenshot of the whole page as PNG."""
        whole = {"captureBeyondViewport": True, "format": "png", "clip": self.execute_script(WHOLE_PAGE)}
        return base64.b64decode(self.execute_cdp_cmd("Page.captureScreenshot", whole)["data"])

    def problems(self):
        """Returns the errors and warnings of the console, such as blocked scripts and styles and failed requests."""
        return [entry["message"] for entry in self.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


@contextlib.contextmanager
def browser(dark=False, javascript=True):
    """Opens a window of a headless Chromium with a new profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = setting("E2E_CHROMIUM")
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    arguments += ["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]
    arguments += ["--window-size=1280,900", "--force-prefers-reduced-motion"]
    if dark:
        arguments.append("--blink-settings=preferredColorScheme=0")
    if not javascript:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory() as profile:
        for argument in [*arguments, f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        with Browser(options, webdriver.ChromeService(setting("E2E_CHROMEDRIVER"))) as window:
            yield window
