"""A solution with something changed in it, as a hand-in: a mistake, or another way to write it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.assignment import Assignment
from grader.errors import AuthorError
from grader.exercises import place
from grader.fault import Fault
from grader.notebook import Cell, Notebook, parse_cell
from grader.planting import Mutant, Solution
from grader.submission import read_submission
from grader.variation import NEW_CELL, Variation

Way = tuple[str, Callable[[Solution], Iterator[Mutant]]]
"""What a kind of change is called, and what makes it."""


class Planted(NamedTuple):
    """A solution with a change in it.

    Attributes:
        by: id of the mistake, or name of the variation.
        what: how it was made.
        exercises: ids of those whose cells were edited.
        cells: of the whole notebook.
        diff: the lines that changed, as `diff -u` has them.
    """

    by: str
    what: str
    exercises: tuple[str, ...]
    cells: tuple[Cell, ...]
    diff: str


def planted(path: Path, assignment: Assignment, faults: Iterable[Fault]) -> Iterator[Planted]:
    """A solution with each of some mistakes made in it, in each place where it can be made.

    Args:
        path: of the solution's notebook or script.
        assignment: tells which cell answers which exercise.
        faults: the mistakes.

    Raises:
        AuthorError: the solution cannot be read.
    """
    return changed(path, assignment, [(fault.id, fault.plant) for fault in faults])


def varied(
    path: Path, assignment: Assignment, variations: Iterable[Variation]
) -> Iterator[Planted]:
    """A solution written in other ways, each of which is as correct as the solution is.

    Args:
        path: of the solution's notebook or script.
        assignment: tells which cell answers which exercise.
        variations: the ways.

    Raises:
        AuthorError: the solution cannot be read.
    """
    return changed(path, assignment, [(one.name, one.vary) for one in variations])


def changed(path: Path, assignment: Assignment, ways: Iterable[Way]) -> Iterator[Planted]:
    """A solution with each change that some ways know; what comes out the same comes once."""
    notebook = read_submission(path, "solution", assignment).notebook
    if not isinstance(notebook, Notebook):
        raise AuthorError([f"{path}: {notebook.reason}"])
    exercise_of = place(notebook, assignment).exercise
    code = notebook.code
    solution = Solution.of([c.source for c in code], [exercise_of.get(c.index) for c in code])
    seen = {solution.sources}
    for name, make in ways:
        for mutant in make(solution):
            sources = tuple(solution.with_edits(mutant.edits))
            if sources in seen or not all(map(readable, sources)):
                continue
            seen.add(sources)
            edited = {solution.exercises[e.cell] for e in mutant.edits}
            yield Planted(
                name, mutant.what, tuple(sorted(e for e in edited if e is not None)),
                parted(notebook, dict(zip([c.index for c in code], sources, strict=True))),
                difference(solution.sources, sources),
            )  # fmt: skip


def readable(source: str) -> bool:
    """Whether a cell is still Python."""
    return parse_cell(source) is not None


def parted(notebook: Notebook, sources: dict[int, str]) -> tuple[Cell, ...]:
    """The cells of a notebook with other sources, those parted in which a new one begins."""
    found: list[Cell] = []
    for cell in notebook.cells:
        for source in sources.get(cell.index, cell.source).split(f"{NEW_CELL}\n"):
            found.append(Cell(len(found), cell.kind, source.rstrip("\n")))
    return tuple(found)


def as_notebook(cells: Iterable[Cell]) -> str:
    """Cells as the text of a notebook that was never run."""
    never_run: dict[str, object] = {"execution_count": None, "outputs": []}
    told: list[dict[str, object]] = [
        {"cell_type": c.kind, "id": f"cell-{c.index}", "metadata": {}, "source": c.source,
         **(never_run if c.kind == "code" else {})}
        for c in cells
    ]  # fmt: skip
    return json.dumps({"cells": told, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def difference(before: Sequence[str], after: Sequence[str]) -> str:
    """The lines that changed, with the cell they are in."""
    told = []
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        lines = list(difflib.unified_diff(old.split("\n"), new.split("\n"), n=1, lineterm=""))
        if lines:
            told += [f"code cell {number}", *lines[3:]]
    return "\n".join(told)
