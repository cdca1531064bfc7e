"""Headless Chromium (a package of Debian), driven by DevTools: go, see, click, take a picture."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium")
SECONDS = 60
_TEXT = "document.body ? document.body.innerText : ''"


class Chromium:
    """A browser with one page of its own; a folder holds its profile."""

    def __init__(self, folder: Path, *, width: int = 1440, height: int = 900) -> None:
        assert PROGRAM, "ask for PROGRAM first"
        self._numbers = itertools.count(1)
        self._open_connections = ExitStack()
        self._process = subprocess.Popen(  # noqa: S603 - fixed arguments
            [
                *(PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                *("--remote-debugging-port=0", f"--user-data-dir={folder}"),
                *(f"--window-size={width},{height}", "--hide-scrollbars", "about:blank"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._page = self._open(folder / "DevToolsActivePort")

    def _open(self, told: Path) -> ClientConnection:
        """Connect to the page that the browser began with, once it has said on which port."""
        until = time.monotonic() + SECONDS
        while not (told.exists() and told.read_text(encoding="utf-8").strip()):
            assert time.monotonic() < until, "Chromium does not start"
            time.sleep(0.1)
        port = told.read_text(encoding="utf-8").split()[0]
        while True:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
            if pages:
                address = pages[0]["webSocketDebuggerUrl"]
                return self._open_connections.enter_context(connect(address, max_size=None))
            assert time.monotonic() < until, "Chromium has no page"
            time.sleep(0.1)

    def _do(self, method: str, **parameters: object) -> dict:
        number = next(self._numbers)
        self._page.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self._page.recv(timeout=SECONDS))
            if told.get("id") == number:
                assert "error" not in told, told
                return told["result"]

    def run(self, script: str) -> object:
        """What a script in the page gives."""
        found = self._do("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def text(self) -> str:
        """All that a person can read on the page, upper and lower case as it is written."""
        return str(self.run(_TEXT))

    def go(self, address: str) -> None:
        """Open an address; what is on it is there once it is seen."""
        self._do("Page.navigate", url=address)

    def see(self, *texts: str) -> str:
        """Wait until all of the texts are on the page; returns all that is on it."""
        until = time.monotonic() + SECONDS
        while True:
            shown = self.text()
            missing = [one for one in texts if one not in shown]
            if not missing:
                return shown
            assert time.monotonic() < until, f"{missing} is not on the page:\n{shown[:3000]}"
            time.sleep(0.3)

    def click(self, words: str) -> None:
        """Click what shows exactly these words: a button, a link, a tab."""
        until = time.monotonic() + SECONDS
        script = f"""(() => {{
            const all = [...document.querySelectorAll('button, a, [role=tab], [role=button]')];
            const found = all.filter(one => one.innerText.trim() === {json.dumps(words)});
            if (found.length) found[found.length - 1].click();
            return found.length;
        }})()"""
        while not self.run(script):
            assert time.monotonic() < until, f"{words!r} cannot be clicked:\n{self.text()[:3000]}"
            time.sleep(0.3)

    def picture(self, file: Path) -> Path:
        """Keep what the page looks like as a PNG."""
        shown = self._do("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(shown["data"]))
        return file

    def close(self) -> None:
        """End the browser."""
        self._open_connections.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
