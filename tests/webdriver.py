"""Headless Chromium, driven as a person would use it, over W3C WebDriver (plain HTTP and JSON)."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

# How WebDriver names an element in JSON. https://www.w3.org/TR/webdriver2/#elements
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window."""

    def __init__(self, http: httpx.Client, session: str) -> None:
        self._http = http
        self._session = session

    def open(self, address: str) -> None:
        """Go to a page; returns when it is loaded."""
        self._do("POST", "url", {"url": address})

    def click(self, selector: str) -> None:
        """Click the one element that the CSS selector finds."""
        found = self._do("POST", "elements", {"using": "css selector", "value": selector})
        assert len(found) == 1, (selector, self.text)
        self._do("POST", f"element/{found[0][_ELEMENT]}/click", {})

    @property
    def address(self) -> str:
        """What the address bar shows."""
        return str(self._do("GET", "url"))

    @property
    def text(self) -> str:
        """What the page says."""
        return str(self.run("return document.body.innerText"))

    def says(self, text: str) -> bool:
        """Whether the page says this, or comes to say it: a click returns before the next page is there."""
        tries = 300
        while text not in self.text:
            tries -= 1
            if tries == 0:
                return False
            time.sleep(0.1)
        return True

    def run(self, script: str) -> Any:
        """What a script in the page returns."""
        return self._do("POST", "execute/sync", {"script": script, "args": []})

    def _do(self, method: str, what: str, given: object = None) -> Any:
        answer = self._http.request(method, f"/session/{self._session}/{what}", json=given)
        value = answer.json()["value"]
        assert answer.is_success, value
        return value


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with nothing in it, whose files lie in the folder."""
    driver = shutil.which("chromedriver")
    if driver is None:
        # CI installs it (.ci/setup); a person's machine may do without.
        assert "CI" not in os.environ, "chromedriver is missing"
        pytest.skip("chromedriver is not installed")
    process = subprocess.Popen(
        [driver, "--port=0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"HOME": str(folder)},
    )
    assert process.stdout is not None
    try:
        told = (re.search(r"started successfully on port (\d+)", line) for line in process.stdout)
        port = next(match[1] for match in told if match)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=60.0, trust_env=False
        ) as http:
            session = http.post("/session", json=_wanted(folder)).raise_for_status()
            number = session.json()["value"]["sessionId"]
            try:
                yield Browser(http, number)
            finally:
                http.delete(f"/session/{number}")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _wanted(folder: Path) -> dict[str, Any]:
    arguments = [
        "--headless=new",
        "--no-sandbox",  # tests run as root, in containers
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-proxy-server",
        f"--user-data-dir={folder / 'chromium'}",
    ]
    chrome = {"args": arguments}
    return {
        "capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": chrome}}
    }
