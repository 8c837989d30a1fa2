"""Takes the README's pictures as a browser shows them: a report, a class's page, a self-check.

    python tests/pictures.py

The report is that of the sample hand-in of bo. The class is the samples and the hand-ins that
chapter 00 keeps beside its solution, under names that are made up. The self-check is the one that a
test goes through in JupyterLab. Writes docs/report.png, docs/class.png and docs/selfcheck.png.
Wants Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from lab import Lab, running
from playwright.sync_api import sync_playwright
from test_in_a_browser import FOUND
from test_in_jupyterlab import ID as SELFCHECKED
from test_in_jupyterlab import LOOP, give_out, work

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
NAMES = (
    "Ada Bela Carlos Dunja Emeka Farah Goran Hana Ines Jiro Kofi Lena Mateo Nadia Olek Priya"
    " Quentin Rosa Sven Tariq Ulla Viktor Wen Ximena Yusuf Zora Anneliese Bogdan Chidi Dara Elif"
    " Felipe Greta Hugo Ivana Joao Kaito Leila Milan Noor"
)


class Picture(NamedTuple):
    """What is shown, below the folder of the records, and the size of the window."""

    file: str
    page: str
    width: int
    height: int
    scale: float


REPORT = Picture("report.png", f"{ID}/bo/report.html", 860, 908, 1.35)
SELFCHECK = Picture("selfcheck.png", f"assignments/{SELFCHECKED}/starter.ipynb", 860, 1010, 1.1)
CLASS = Picture("class.png", "index.html", 1240, 1500, 0.75)


def main() -> None:
    """Grade, open, take the pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "submissions" / ID, folder / "class")
        mistakes = sorted((ROOT / "assignments" / ID / "mistakes").glob("*.ipynb"))
        for student, mistake in zip(NAMES.split(), mistakes, strict=False):
            shutil.copy(mistake, folder / "class" / f"{student}.ipynb")
        subprocess.run(
            [sys.executable, "-m", "grader", "grade", folder / "class", "-a", ID,
             "-o", folder / "out"],
            check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for picture in (REPORT, CLASS):
            take(picture, folder / "out")
        take_selfcheck(folder / "lab")


def take(picture: Picture, out: Path) -> None:
    """Open a page and take its picture."""
    path = ROOT / "docs" / picture.file
    path.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=FOUND)
        page = browser.new_page(
            viewport={"width": picture.width, "height": picture.height},
            device_scale_factor=picture.scale, color_scheme="light",
        )  # fmt: skip
        page.goto((out / picture.page).as_uri())
        page.screenshot(path=path)
        browser.close()
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


def take_selfcheck(folder: Path) -> None:
    """Work in JupyterLab, and take the picture of what there is in the end."""
    course, home, path = folder / "course", folder / "home", ROOT / "docs" / SELFCHECK.file
    home.mkdir(parents=True)
    give_out(course)
    with running(course, home) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=FOUND)
        page = browser.new_page(
            viewport={"width": SELFCHECK.width, "height": SELFCHECK.height},
            device_scale_factor=SELFCHECK.scale, color_scheme="light",
        )  # fmt: skip
        lab = Lab(page, server, SELFCHECK.page)
        page.keyboard.press("Control+b")  # the list of files
        work(lab)
        lab.cell(lab.number_of(LOOP)).locator(".jp-InputPrompt").first.click()
        lab.cell(lab.number_of(LOOP)).evaluate("cell => cell.scrollIntoView()")
        page.locator(".jp-NotebookPanel-notebook").screenshot(path=path)
        browser.close()
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
