"""The notebook that a kernel runs, as far as it is known, with the cells that ran in it.

A kernel is told sources and no headings. Where the notebook's file can be read, each cell that ran
is found in it: by the name that the notebook gave the cell, else by its text, else by the cell that
is most like it; one that is not in the file yet lies behind the one that ran before it. What ran
counts, whatever the file says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from grader.alongside.runs import Run, likeness
from grader.notebook import Cell, Notebook, Unreadable, parse_notebook

ALIKE = 0.6
"""From this likeness on a cell is taken for one that was changed."""


class Saved(NamedTuple):
    """The notebook's file.

    Attributes:
        path: where it lies.
        at: when it was saved, in seconds since 1970.
        cells: in order.
        names: what the notebook calls each cell; empty where it does not say.
    """

    path: Path
    at: float
    cells: tuple[Cell, ...]
    names: tuple[str, ...]


class Document(NamedTuple):
    """A notebook as it stands.

    Attributes:
        notebook: its cells; those that ran, with the text that ran.
        runs: of its code cells, by their index.
        behind: indexes of code cells whose text has not run yet.
        saved: whether its file could be read.
    """

    notebook: Notebook
    runs: dict[int, Run]
    behind: frozenset[int]
    saved: bool


def file_of(names: Mapping[str, object], environment: Mapping[str, str]) -> Path | None:
    """The notebook's file, where Jupyter or VS Code says which it is.

    Args:
        names: of the student's namespace.
        environment: of the kernel's process.
    """
    for told in (names.get("__vsc_ipynb_file__"), environment.get("JPY_SESSION_NAME")):
        if isinstance(told, str) and told.endswith(".ipynb") and Path(told).is_file():
            return Path(told)
    return None


def read(path: Path | None) -> Saved | None:
    """The file; None where it cannot be read."""
    if path is None:
        return None
    try:
        data, at = path.read_bytes(), path.stat().st_mtime
    except OSError:
        return None
    notebook = parse_notebook(data)
    if isinstance(notebook, Unreadable):
        return None
    raw = json.loads(data.decode("utf-8-sig"))["cells"]
    names = (raw[c.index].get("id") for c in notebook.cells)
    told = tuple(n if isinstance(n, str) else "" for n in names)
    return Saved(path, at, notebook.cells, told)


def of_runs(runs: Sequence[Run]) -> Document:
    """The notebook of which nothing but the cells that ran are known, in the order they ran."""
    cells = tuple(Cell(i, "code", run.source) for i, run in enumerate(runs))
    return Document(Notebook(cells), dict(enumerate(runs)), frozenset(), saved=False)


def of_file(saved: Saved, runs: Sequence[Run]) -> Document:
    """The notebook of a file, with the cells that ran.

    Args:
        saved: the file.
        runs: the last of each cell, in the order they ran.
    """
    found: dict[int, Run] = {}
    later: dict[int, list[Run]] = {}
    place = -1
    # some programs call cells otherwise than the file does; their names tell nothing then
    named = any(run.cell in saved.names for run in runs if run.cell)
    for run in runs:
        here = found_in(saved, run, found, named=named)
        if here is not None:
            place = here
            found[here] = run
        elif not is_gone(saved, run, named=named):
            later.setdefault(place, []).append(run)
    return merged(saved, found, later)


def found_in(saved: Saved, run: Run, taken: Mapping[int, Run], *, named: bool) -> int | None:
    """The place of the cell that ran; None where it is not in the file, or no code any more."""
    if run.cell and run.cell in saved.names:
        place = saved.names.index(run.cell)
        return place if saved.cells[place].kind == "code" else None
    free = [p for p, cell in enumerate(saved.cells) if cell.kind == "code" and p not in taken]
    same = [p for p in free if saved.cells[p].source.strip() == run.source.strip()]
    if same:
        return same[0]
    if run.cell and named:  # the notebook names its cells, and this one is new
        return None
    scores = [(likeness(saved.cells[p].source, run.source, least=ALIKE), -p) for p in free]
    best, place = max(scores, default=(0.0, 0))
    return -place if best >= ALIKE else None


def is_gone(saved: Saved, run: Run, *, named: bool) -> bool:
    """Whether the cell that ran is no code of the notebook any more, which was saved since."""
    return bool(run.cell) and named and saved.at > run.at


def merged(saved: Saved, found: Mapping[int, Run], later: Mapping[int, list[Run]]) -> Document:
    """The cells of the file and those that are not in it yet."""
    cells: list[Cell] = []
    runs: dict[int, Run] = {}
    behind: set[int] = set()

    def add(kind: Literal["code", "markdown", "raw"], source: str, run: Run | None) -> None:
        if run is not None:
            runs[len(cells)] = run
        cells.append(Cell(len(cells), kind, source if run is None else run.source))

    for place in range(-1, len(saved.cells)):
        if place >= 0:
            cell, run = saved.cells[place], found.get(place)
            if cell.kind == "code" and (run is None or changed(saved, cell, run)):
                behind.add(len(cells))
            add(cell.kind, cell.source, run)
        for run in later.get(place, ()):
            add("code", run.source, run)
    return Document(Notebook(tuple(cells)), runs, frozenset(behind), saved=True)


def changed(saved: Saved, cell: Cell, run: Run) -> bool:
    """Whether a cell reads otherwise in the file, which was saved since it ran."""
    return saved.at > run.at and cell.source.strip() != run.source.strip()
