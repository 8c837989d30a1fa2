"""Why a hand-in was not recognised: the exercises that were looked for, and the headings in it.

Made from the notebook's cells by the same rules as the placement of answers, so it shows what those
rules saw. A person can tell at a glance whether it is another homework or has other headings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grader.assignment import Assignment
from grader.executed import ExecutedCell
from grader.headings import by_number, by_text, headings
from grader.notebook import Cell, Notebook
from grader.outline import covers, outline

MOST = 40
"""Headings that are listed."""
MOST_TEXT = 160


class Sought(NamedTuple):
    """An exercise that was looked for.

    Attributes:
        id: of the exercise.
        title: what it is called.
        cell: from 1, where its heading is; None where none was found.
        by_number: whether nothing but the number in that heading tells.
    """

    id: str
    title: str
    cell: int | None
    by_number: bool


class HeadingIn(NamedTuple):
    """A heading in the hand-in, with its cell from 1."""

    cell: int
    text: str


class Recognition(NamedTuple):
    """What was looked for and what is there.

    Attributes:
        sought: the graded exercises.
        found: how many were found by the words of their headings.
        needed: how many it takes.
        headings: of the hand-in, in order.
        more: how many are not listed.
    """

    sought: list[Sought]
    found: int
    needed: int
    headings: list[HeadingIn]
    more: int


def recognition(cells: Sequence[ExecutedCell], assignment: Assignment) -> Recognition:
    """What was looked for in a notebook, and the headings that are there."""
    notebook = Notebook(tuple(Cell(c.number - 1, c.kind, c.source) for c in cells))
    said = by_text(notebook, {e.id: (e.title, *e.headings) for e in assignment.exercise})
    order = [e.id for e in assignment.exercise]
    whole = outline(notebook, order)
    counted = by_number(notebook, order, said)
    if covers(whole, [e.id for e in assignment.exercise if e.graded]):
        counted |= whole
    words, numbers = first_cells(said), first_cells(counted)
    sought = [
        Sought(e.id, e.title, words.get(e.id, numbers.get(e.id)), e.id not in words)
        for e in assignment.exercise if e.graded
    ]  # fmt: skip
    there = [
        HeadingIn(cell.index + 1, shortened(text))
        for kind in ("markdown", "code") for cell in notebook.cells if cell.kind == kind
        for text in headings(cell)
    ]  # fmt: skip
    return Recognition(
        sought=sought,
        found=sum(not s.by_number for s in sought),
        needed=(len(sought) + 1) // 2,
        headings=sorted(there[:MOST], key=lambda h: h.cell),
        more=max(0, len(there) - MOST),
    )


def first_cells(starts: dict[int, str]) -> dict[str, int]:
    """By exercise the first cell, from 1, that starts it."""
    return {exercise: cell + 1 for cell, exercise in sorted(starts.items(), reverse=True)}


def shortened(text: str) -> str:
    """A heading in one line that a list can hold."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_TEXT else f"{line[: MOST_TEXT - 1]}…"
