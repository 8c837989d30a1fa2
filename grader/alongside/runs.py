"""Runs of cells in a student's kernel: which of them count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

Fact = dict[str, Any]

CHANGED = 0.85
"""From this likeness on a cell without a name is taken for an earlier one that was changed."""
MOST_COMPARED = 4_000
"""Characters of a cell."""


class Run(Protocol):
    """One run of one cell, as the kernel tells it.

    Attributes:
        number: counts the runs of the kernel, from 1.
        at: seconds since 1970 when it started.
        count: what the notebook shows beside it, as in "In [7]".
        cell: what the notebook calls the cell; empty where it does not say.
        source: its text.
        asked: the exercise that its `%%check` line names; None where there is no such line.
        outputs: what it showed, as a notebook holds it.
        error: what it raised: `ename`, `evalue`, `line`; empty where it raised nothing.
        facts: what the probes saw.
        ended: whether it has run to its end.
    """

    number: int
    at: float
    count: int
    cell: str
    source: str
    asked: str | None
    outputs: list[dict[str, Any]]
    error: dict[str, Any]
    facts: list[Fact]
    ended: bool


class Standing(NamedTuple):
    """A cell, as far as its runs tell.

    Attributes:
        last: its last run.
        first: the number of its first run.
        may_be: places of the exercises that it may be of, as its text tells.
        place: the one of them that it ran among; None where nothing tells.
    """

    last: Run
    first: int
    may_be: tuple[int, ...]
    place: int | None


MayBe = Callable[[str], tuple[int, ...]]
"""Gives the places of the exercises, in order, that a text may be of."""


def untold(source: str) -> tuple[int, ...]:
    """That nothing tells of which exercise a text is."""
    return ()


def latest(runs: Iterable[Run], may_be: MayBe = untold) -> list[Run]:
    """The last run of each cell, in the order they ran.

    Where the notebook does not name its cells, one that is nearly another is that one, changed;
    unless it is of another exercise, of which there is no such cell yet.
    """
    return [cell.last for cell in by_cell(runs, may_be)]


def first_runs(runs: Iterable[Run], may_be: MayBe = untold) -> dict[int, int]:
    """By the number of the last run of each cell, that of its first."""
    return {cell.last.number: cell.first for cell in by_cell(runs, may_be)}


def by_cell(runs: Iterable[Run], may_be: MayBe) -> list[Standing]:
    """The cells, in the order of their last runs."""
    found: list[Standing] = []
    now = 0
    for run in runs:
        places = may_be(run.source)
        if len(places) == 1:
            now = places[0]
        place = next((p for p in places if p >= now), None)
        made = Standing(run, run.number, places, place)
        earlier = same_cell(found, made)
        if earlier is not None:
            found.remove(earlier)
            made = earlier._replace(last=run)
        found.append(made)
    return found


def same_cell(found: Sequence[Standing], made: Standing) -> Standing | None:
    """The cell that ran once more; None where it is a new one."""
    run = made.last
    if run.cell:
        return next((cell for cell in found if cell.last.cell == run.cell), None)
    others = [cell for cell in found if not cell.last.cell]
    text = run.source.strip()
    same = next((cell for cell in others if cell.last.source.strip() == text), None)
    if same is not None or not others:
        return same
    like = [likeness(cell.last.source, run.source, least=CHANGED) for cell in others]
    nearest = others[like.index(max(like))]
    if max(like) < CHANGED:
        return None
    elsewhere = None not in (made.place, nearest.place) and made.place != nearest.place
    there = any((c.may_be, c.place) == (made.may_be, made.place) for c in others)
    return None if elsewhere and not there else nearest


@lru_cache(4096)  # every check compares all cells that ran again
def likeness(one: str, other: str, *, least: float) -> float:
    """How alike the texts of two cells are, from 0 to 1; 0 where it is less than what is asked."""
    pair = one.strip()[:MOST_COMPARED], other.strip()[:MOST_COMPARED]
    matcher = SequenceMatcher(None, *pair, autojunk=False)
    return matcher.ratio() if all(pair) and matcher.quick_ratio() >= least else 0.0


def last_error(runs: Sequence[Run]) -> Run | None:
    """The last run that raised; None where none did, or its cell has run to its end since."""
    standing = latest(runs)
    return next((r for r in reversed(standing) if r.error), None)
