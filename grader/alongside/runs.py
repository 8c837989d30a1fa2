"""Runs of cells in a student's kernel: which of them count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any, Protocol

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


def latest(runs: Iterable[Run]) -> list[Run]:
    """The last run of each cell, in the order they ran.

    Where the notebook does not name its cells, one that is nearly another is that one, changed.
    """
    return [last for last, _ in by_cell(runs)]


def first_runs(runs: Iterable[Run]) -> dict[int, int]:
    """By the number of the last run of each cell, that of its first."""
    return {last.number: first for last, first in by_cell(runs)}


def by_cell(runs: Iterable[Run]) -> list[tuple[Run, int]]:
    """The last run of each cell with the number of its first, in the order of the last ones."""
    found: list[tuple[Run, int]] = []
    for run in runs:
        earlier = next((one for one in found if same_cell(one[0], run)), None)
        if earlier is not None:
            found.remove(earlier)
        found.append((run, earlier[1] if earlier else run.number))
    return found


def same_cell(one: Run, other: Run) -> bool:
    """Whether two runs are of one cell."""
    if one.cell or other.cell:
        return one.cell == other.cell
    texts = one.source, other.source
    return texts[0].strip() == texts[1].strip() or likeness(*texts, least=CHANGED) >= CHANGED


def likeness(one: str, other: str, *, least: float) -> float:
    """How alike the texts of two cells are, from 0 to 1; 0 where it is less than what is asked."""
    pair = one.strip()[:MOST_COMPARED], other.strip()[:MOST_COMPARED]
    matcher = SequenceMatcher(None, *pair, autojunk=False)
    return matcher.ratio() if all(pair) and matcher.quick_ratio() >= least else 0.0


def last_error(runs: Sequence[Run]) -> Run | None:
    """The last run that raised; None where none did, or its cell has run to its end since."""
    standing = latest(runs)
    return next((r for r in reversed(standing) if r.error), None)
