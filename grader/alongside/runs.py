"""Runs of cells in a student's kernel: which of them count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

Fact = dict[str, Any]


class Run(Protocol):
    """One run of one cell, as the kernel tells it.

    Attributes:
        number: counts the runs of the kernel, from 1.
        at: seconds since 1970 when it started.
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
    cell: str
    source: str
    asked: str | None
    outputs: list[dict[str, Any]]
    error: dict[str, Any]
    facts: list[Fact]
    ended: bool


def latest(runs: Iterable[Run]) -> list[Run]:
    """The last run of each cell, in the order they ran.

    Where the notebook does not name its cells, those of one text are one cell.
    """
    found: dict[str, Run] = {}
    for run in runs:
        key = run.cell or run.source.strip()
        found.pop(key, None)
        found[key] = run
    return list(found.values())


def last_error(runs: Sequence[Run]) -> Run | None:
    """The last run that raised; None where none did, or its cell has run to its end since."""
    standing = latest(runs)
    return next((r for r in reversed(standing) if r.error), None)
