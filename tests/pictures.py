"""Takes the README's picture of a report: the sample hand-in of bo, as a browser shows it.

    python tests/pictures.py

Grades the hand-in and writes docs/report.png. Wants Chromium.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from test_in_a_browser import FOUND

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
PICTURE = ROOT / "docs" / "report.png"
WIDTH, HEIGHT, SCALE = 860, 908, 1.35


def main() -> None:
    """Grade, open, take the picture."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            [sys.executable, "-m", "grader", "grade", f"submissions/{ID}/bo", "-a", ID, "-o", out],
            check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        PICTURE.parent.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=FOUND)
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE,
                color_scheme="light",
            )  # fmt: skip
            page.goto((Path(out) / ID / "bo" / "report.html").as_uri())
            page.screenshot(path=PICTURE)
            browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
