"""At which line of its file each cell of a hand-in begins."""

from __future__ import annotations

import json

from grader.notebook import Notebook

MOST_MISSED = 20
"""Cells that are searched for in vain, each through all of a file, before it is given up."""


def cell_lines(data: bytes, notebook: Notebook) -> dict[int, int]:
    """The line, from 1, of the first line of code of each code cell, by the cell's number from 1.

    Args:
        data: the file's bytes.
        notebook: its cells. One that cannot be found, as in a file of a single line, is left
            out; where many cannot, so are those after them.
    """
    lines = [plain(line) for line in data.decode("utf-8", "replace").splitlines()]
    found: dict[int, int] = {}
    start = missed = 0
    for cell in notebook.code:
        first = next((line for line in cell.source.splitlines() if line.strip()), None)
        if first is None:
            continue
        blank = next(n for n, line in enumerate(cell.source.splitlines()) if line == first)
        place = next((n for n in range(start, len(lines)) if lines[n] == first.rstrip()), None)
        if place is None:
            missed += 1
            if missed > MOST_MISSED:
                break
        else:
            found[cell.index + 1] = max(1, place + 1 - blank)
            start = place + 1
    return found


def plain(line: str) -> str:
    """A line of a script as it is, one of a notebook's file as the code that it holds."""
    inner = line.strip().removesuffix(",")
    if inner.startswith('"') and inner.endswith('"') and len(inner) > 1:
        try:
            text = json.loads(inner)
        except ValueError:
            return line.rstrip()
        return str(text).rstrip()
    return line.rstrip()
