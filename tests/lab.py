"""A JupyterLab of its own, which knows nothing of whoever runs the tests, and its cells."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

TOKEN = "".join(("no", "secret"))
START_S, ANSWER_S = 180, 90
TRIES = 3
SETTINGS = {
    "apputils-extension/notification": {"checkForUpdates": False, "fetchNews": "false"},
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are in the page
    "codemirror-extension/plugin": {"defaultConfig": {"autoClosingBrackets": False}},
}
ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):(\d+)/lab")


@contextmanager
def running(folder: Path, home: Path) -> Iterator[str]:
    """A server for a folder; gives its address.

    Args:
        folder: what it shows.
        home: an empty folder for everything it keeps.
    """
    settings = home / "settings"
    for name, told in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told), encoding="utf-8")
    log = home / "server.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "JPY"))}
    environment |= {
        "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"), "JUPYTER_RUNTIME_DIR": str(home / "run"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings), "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "spaces"), "GRADER_HOME": str(home / "grader"),
    }  # fmt: skip
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0",
             f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"],
            stdout=out, stderr=out, env=environment, cwd=folder,
        )  # fmt: skip
        try:
            yield address(log, server)
        finally:
            server.terminate()
            server.wait(START_S)


def address(log: Path, server: subprocess.Popen[bytes]) -> str:
    """Where a server that is starting listens."""
    until = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < until:
        found = ADDRESS.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return f"http://127.0.0.1:{found[1]}"
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])


class Lab:
    """A notebook that is open in a browser.

    Args:
        page: of the browser.
        server: the server's address.
        notebook: its path below the server's folder.
    """

    def __init__(self, page: Page, server: str, notebook: str) -> None:
        self.page = page
        page.goto(f"{server}/lab/tree/{notebook}?token={TOKEN}")
        page.set_default_timeout(ANSWER_S * 1000)
        expect(self.cell(0)).to_be_visible(timeout=START_S * 1000)
        idle = page.locator(".jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator")
        expect(idle).to_have_attribute("data-status", "idle", timeout=START_S * 1000)

    def cell(self, number: int) -> Locator:
        """A cell, from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def number_of(self, text: str) -> int:
        """The number of the first cell that holds a text."""
        cells = self.page.locator(".jp-Notebook .jp-Cell").all_inner_texts()
        return next(n for n, shown in enumerate(cells) if text in shown)

    def insert(self, above: int, source: str) -> None:
        """Make a cell above another one, with some text."""
        self.cell(above).locator(".jp-InputPrompt").first.click()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("a")
        self.write(above, source)

    def write(self, number: int, source: str) -> None:
        """Replace the text of a cell."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, number: int) -> Locator:
        """Run a cell to its end; gives what it shows."""
        prompt = self.cell(number).locator(".jp-InputPrompt").first
        before = prompt.inner_text()
        for _ in range(TRIES):  # a busy browser may lose a key, and a cell that starts shows [*]
            self.cell(number).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            with suppress(AssertionError):
                expect(prompt).not_to_have_text(before, timeout=ANSWER_S / TRIES * 1000)
                break
        expect(prompt).not_to_have_text(before, timeout=1000)
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=ANSWER_S * 1000)
        return self.cell(number).locator(".jp-OutputArea-output").last
