"""Writes the mistake notebooks of assignments: their solution, with an answer or two changed.

    python assignments/make_mistakes.py [ID ...]

What is changed stands in `assignments/<id>/mistakes.toml`: a table for each notebook, in which an
exercise has the code of its cell, a list of cells, or "" for the starter's own cell. Notebooks
are written anew, byte for byte the same each time. What they must lose is in
`mistakes/expect.toml`, written by hand.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from grader.assignment import Assignment, load_assignment
from grader.exercises import place
from grader.headings import HEADING
from grader.notebook import Notebook, parse_notebook

COURSE = Path(__file__).resolve().parents[1]
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}

Item = tuple[str, str]


def notebooks(folder: Path) -> dict[str, bytes]:
    """Every mistake notebook of an assignment's folder by its file name."""
    assignment = load_assignment(COURSE, folder.name)
    solution = answers(folder / "solution.ipynb", assignment)
    starter = answers(folder / "starter.ipynb", assignment)
    mistakes = tomllib.loads((folder / "mistakes.toml").read_text(encoding="utf-8"))
    return {
        f"{name}.ipynb": as_file(changed(solution, starter, changes))
        for name, changes in mistakes.items()
    }


def answers(path: Path, assignment: Assignment) -> dict[str, list[Item]]:
    """The cells of each exercise, of text its heading only."""
    notebook = parse_notebook(path.read_bytes())
    if not isinstance(notebook, Notebook):
        sys.exit(f"{path}: {notebook.reason}")
    found: dict[str, list[Item]] = {}
    exercise_of = place(notebook, assignment).exercise
    for cell in notebook.cells:
        if (exercise := exercise_of.get(cell.index)) is None:
            continue
        lines = cell.source.splitlines()
        heading = next((line for line in lines if HEADING.match(line)), "")
        text = cell.source if cell.kind == "code" else heading
        found.setdefault(exercise, []).append((cell.kind, text))
    return found


def changed(
    solution: dict[str, list[Item]], starter: dict[str, list[Item]], changes: dict[str, Any]
) -> list[Item]:
    """The solution's cells with other answers to some exercises."""
    cells: list[Item] = []
    for exercise, own in solution.items():
        if exercise not in changes:
            cells += own
            continue
        answer = changes[exercise]
        sources = answer if isinstance(answer, list) else [answer]
        given = [source for kind, source in starter[exercise] if kind == "code"]
        cells += [item for item in own if item[0] != "code"]
        cells += [("code", source.strip()) for source in (sources if answer else given)]
    return cells


def as_file(cells: list[Item]) -> bytes:
    """Cells as a notebook without outputs."""
    written: list[dict[str, Any]] = []
    for number, (kind, source) in enumerate(cells):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"c{number}", "metadata": {},
                                "source": source.splitlines(keepends=True)}  # fmt: skip
        written.append(cell | ({"execution_count": None, "outputs": []} if kind == "code" else {}))
    book = {"cells": written, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def main() -> None:
    """Write the notebooks of the assignments named, or of all that have a mistakes.toml."""
    folders = [COURSE / "assignments" / name for name in sys.argv[1:]]
    for folder in folders or sorted(p.parent for p in COURSE.glob("assignments/*/mistakes.toml")):
        written = notebooks(folder)
        (folder / "mistakes").mkdir(exist_ok=True)
        for old in (folder / "mistakes").glob("*.ipynb"):
            old.unlink()
        for name, data in written.items():
            (folder / "mistakes" / name).write_bytes(data)
        print(f"{folder.name}: {len(written)} notebooks")


if __name__ == "__main__":
    main()
