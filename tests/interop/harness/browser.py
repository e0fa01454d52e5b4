# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium for tests of the agent's page, driven by selenium.

It knows the page's elements by their ids and judges nothing. What the page's console says is kept:
a refused script or style would be there.
"""

import shutil

from .waiting import wait_until

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = Keys = None

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

# Notes when the first row of a member was drawn, in the time of the page.
FIRST_ROW = """
new MutationObserver((_, watch) => {
  if (!document.querySelector("#grid-body .row")) return;
  watch.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.firstRow = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""


def missing():
    """Why no browser can be driven here, or None."""
    if webdriver is None:
        return "selenium is missing (Debian: apt install python3-selenium)"
    if CHROMIUM is None or DRIVER is None:
        return "chromium is missing (Debian: apt install chromium chromium-driver)"
    return None


class Browser:
    """One window. The verbs are an operator's: open, type, click, press; the questions are about text."""

    def __init__(self, width=1600, height=1000, phone=False, dark=False):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        # Tests run as root in containers, where Chromium's sandbox cannot.
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--window-size={width},{height}", "--no-first-run", "--disable-background-networking"):
            options.add_argument(flag)
        if phone:
            options.add_experimental_option(
                "mobileEmulation", {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2}})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.driver.set_script_timeout(30)
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": FIRST_ROW})
        self.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self.console = []

    def close(self):
        self.driver.quit()

    def open(self, url, limit=20):
        self.driver.get(url)
        self.wait_for("the first member is shown", lambda: self.rows(), limit)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def run_later(self, script, *arguments):
        """The script calls its last argument with its result."""
        return self.driver.execute_async_script(script, *arguments)

    # --- questions

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def rows(self):
        """The members that are in the document, from the top: {name: text of its row}."""
        return dict(self.run("""
            return [...document.querySelectorAll("#grid-body .row:not([hidden])")]
              .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
              .map((row) => [row.querySelector(".c-name").textContent, [...row.children].map((cell) =>
                (cell.querySelector(".state") ?? cell).lastChild?.textContent ?? "").join(" ")])"""))

    def records(self):
        return self.run("return [...document.querySelectorAll('#records .record .what')].map((e) => e.innerText)")

    def shown(self, selector):
        return self.run("const e = document.querySelector(arguments[0]);"
                        "return e !== null && e.checkVisibility()", selector)

    def cpu_ms(self):
        """What the page's main thread has computed since it was opened: other work on the machine, which may
        be a lot, does not count."""
        metrics = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return 1000 * next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    def complaints(self):
        """Errors in the console since the start, without those of requests that failed."""
        self.console += self.driver.get_log("browser")
        return [entry["message"] for entry in self.console
                if entry["level"] == "SEVERE" and entry["source"] != "network"]

    def wait_for(self, what, predicate, limit=10):
        return wait_until(predicate, limit, what, saw=lambda: self.text("body")[:3000])

    # --- verbs

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        self.find(selector).click()

    def click_member(self, name):
        self.wait_for(f"{name} is in the list", lambda: name in self.rows())
        self.run("""[...document.querySelectorAll("#grid-body .row:not([hidden])")]
            .find((row) => row.querySelector(".c-name").textContent === arguments[0]).click()""", name)

    def button(self, words):
        """Clicks the visible button with these words."""
        assert self.run("""
            const found = [...document.querySelectorAll("button")].find(
              (button) => button.checkVisibility() && button.innerText.trim() === arguments[0]);
            found?.click();
            return found !== undefined""", words), f"no button {words!r}; the page:\n{self.text('body')[:2000]}"

    def type(self, selector, text):
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def press(self, *keys):
        """Keys, to whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def focused(self):
        return self.run("return document.activeElement.id")

    def active_row(self):
        """The member that the list's keyboard is at."""
        return self.run("""const id = document.getElementById("grid").getAttribute("aria-activedescendant");
            return id ? document.querySelector("#" + id + " .c-name").textContent : null""")

    def picture(self, path):
        self.driver.save_screenshot(str(path))
