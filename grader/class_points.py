"""How the hand-ins of a class stand and what their points come to: one count, one way to tell it.

The terminal, the class page and `grader regrade` all tell these numbers in these words. A hand-in
with withheld points is no low score: it may still come to anything from what it has earned to that
and all that is withheld. So its points are told as a range, and so are quartiles that hang on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import quantiles
from typing import NamedTuple, Protocol

from grader.legible import points
from grader.standing import NOT_RUN_KINDS, Kind

NONE = "\u2013"
"""Points of what did not run."""


class Counted(Protocol):
    """What is to be known of a hand-in; both a row of the class page and an outcome tell it."""

    @property
    def kind(self) -> Kind:
        """How it stands."""

    @property
    def earned(self) -> float:
        """Points for certain."""

    @property
    def withheld(self) -> float:
        """Points that could not be judged."""

    @property
    def possible(self) -> float:
        """All points there are."""


class Range(NamedTuple):
    """A number that is not settled yet lies in a range."""

    low: float
    high: float

    def __str__(self) -> str:
        """One number where that is settled."""
        low, high = points(self.low), points(self.high)
        return low if low == high else f"{low}\u2013{high}"


def ran(one: Counted) -> bool:
    """Whether there are points to speak of."""
    return one.kind not in NOT_RUN_KINDS.values()


def range_of(one: Counted) -> Range:
    """The points for certain, and those that it may still come to."""
    return Range(one.earned, min(one.possible, one.earned + one.withheld))


def in_words(one: Counted) -> str:
    """Its points in words."""
    return str(range_of(one)) if ran(one) else NONE


def quartiles(rows: Sequence[Counted]) -> tuple[Range, Range, Range]:
    """Lower quartile, median and upper quartile; each as it is at least and at most."""
    lows = cut([range_of(r).low for r in rows])
    highs = cut([range_of(r).high for r in rows])
    first, second, third = (Range(*pair) for pair in zip(lows, highs, strict=True))
    return first, second, third


def cut(values: Sequence[float]) -> list[float]:
    """The quartiles of at least one value."""
    return quantiles([*values] * (2 if len(values) == 1 else 1), n=4, method="inclusive")


def summary(rows: Sequence[Counted], absent: int = 0) -> list[tuple[str, str]]:
    """What a class comes to: numbers, and what each of them is.

    Args:
        rows: all hand-ins to an assignment.
        absent: how many of its roster handed in nothing.
    """
    graded = sum(row.kind == "graded" for row in rows)
    waiting = len(rows) - graded
    found = [
        (str(len(rows)), "hand-in" if len(rows) == 1 else "hand-ins"),
        (str(graded), "graded"),
        (str(waiting), "needs a person" if waiting == 1 else "need a person"),
    ]
    if absent:
        found.append((str(absent), "no hand-in"))
    there = [row for row in rows if ran(row) and row.possible > 0]
    if there:
        lower, median, upper = quartiles(there)
        possible = points(max(row.possible for row in there))
        found += [(str(median), f"median of {possible}"), (f"{lower} to {upper}", "middle half")]
    return found
