"""Two lists of numbers beside each other: what was looked for, and what was there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from grader.alike import RELATIVE
from grader.audience import Told
from grader.check import Check
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.values import PRINTED, brief

MOST_SHOWN = 12


class Comparison(NamedTuple):
    """The first entries of both lists.

    Attributes:
        entries: expected, seen, and whether the two agree; empty where one list is longer.
        differing: how many of all entries do not agree.
        length: how many entries there are.
    """

    entries: tuple[tuple[str, str, bool], ...]
    differing: int
    length: int


def compared(told: Told, check: Check, evidence: Evidence) -> Comparison | None:
    """The numbers behind what an audience is told; None where it is told of no two lists.

    Only what the audience is told is looked up, so nothing comes in that it may not see.
    """
    wanted = check.wanted_numbers()
    if len(wanted) < 2 or told.expected != brief(wanted):
        return None
    tensors = evidence.of(told.mark.exercise, TensorSeen)
    seen = next((t.values for t in reversed(tensors) if t.values and brief(t.values) == told.seen),
                None)  # fmt: skip
    return None if seen is None else beside(wanted, seen)


def beside(wanted: list[float], seen: list[float]) -> Comparison:
    """Two lists, entry by entry."""
    length = max(len(wanted), len(seen))
    pairs = [
        (wanted[i] if i < len(wanted) else None, seen[i] if i < len(seen) else None)
        for i in range(length)
    ]
    entries = tuple((text(w), text(s), same(w, s)) for w, s in pairs[:MOST_SHOWN])
    return Comparison(entries, count(not same(w, s) for w, s in pairs), length)


def same(wanted: float | None, seen: float | None) -> bool:
    """Whether two entries agree, as checks compare them."""
    if wanted is None or seen is None:
        return False
    return math.isclose(wanted, seen, rel_tol=RELATIVE, abs_tol=PRINTED)


def text(value: float | None) -> str:
    """A number as torch prints it; empty where there is none."""
    return "" if value is None else f"{value:.4f}"


def count(claims: Iterable[bool]) -> int:
    """How many are true."""
    return sum(claims)
