"""Rows of numbers, and a quick search for those that agree with a given one.

A hand-in may hold thousands of tensors, and every check asks of every tensor whether its numbers
were seen before. So rows are kept by length and ordered by their first number; only rows near by
are compared, all at once.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

RELATIVE = 1e-4
"""How far two numbers may be apart for their size, and agree."""
WIDER = 1.01
MOST_AT_ONCE = 1_000_000
"""Numbers that are compared in one step."""

Row = Sequence[float]


class _Sorted(NamedTuple):
    """Rows of one length by their first number, and those that begin with none or infinity."""

    firsts: list[float]
    rows: list[int]
    matrix: np.ndarray[Any, np.dtype[np.float64]]


class Alike:
    """Rows of numbers, each told apart once.

    Args:
        rows: in any order; equal ones are one.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._place: dict[tuple[float, ...], int] = {}
        self._number = [self._place.setdefault(tuple(r), len(self._place)) for r in rows]

    def number(self, position: int) -> int:
        """Which of the different rows a given one is, counted from 0."""
        return self._number[position]

    def near(self, row: Row, tolerance: float, *, rows_lead: bool = True) -> list[int]:
        """The different rows that agree with one, as `values.agree` says, by their number.

        Args:
            row: to compare with.
            tolerance: absolute.
            rows_lead: whether they are the first of the two that are compared.
        """
        import numpy as np

        kept = self._by_length.get(len(row))
        if kept is None:
            return []
        first = row[0] if row else math.inf
        low, high = 0, len(kept.rows)
        if math.isfinite(first):
            reach = WIDER * (tolerance + WIDER * RELATIVE * abs(first))
            low, high = (bisect_left(kept.firsts, first - reach),
                         bisect_right(kept.firsts, first + reach))  # fmt: skip
        asked = np.array(row, dtype=np.float64)
        found: list[int] = []
        step = max(1, MOST_AT_ONCE // max(1, len(row)))
        for at in range(low, high, step):
            block = kept.matrix[at : min(high, at + step)]
            pair = (block, asked) if rows_lead else (asked, block)
            same = np.isclose(*pair, rtol=RELATIVE, atol=tolerance, equal_nan=True).all(axis=1)
            found += [kept.rows[at + i] for i in np.flatnonzero(same)]
        return found

    @cached_property
    def _by_length(self) -> dict[int, _Sorted]:
        import numpy as np

        by_length: dict[int, list[tuple[float, int, tuple[float, ...]]]] = {}
        for values, number in self._place.items():
            first = values[0] if values and math.isfinite(values[0]) else math.inf
            by_length.setdefault(len(values), []).append((first, number, values))
        kept = {}
        for length, rows in by_length.items():
            rows.sort(key=lambda r: r[:2])
            matrix = np.array([r[2] for r in rows], dtype=np.float64).reshape(len(rows), length)
            kept[length] = _Sorted([r[0] for r in rows], [r[1] for r in rows], matrix)
        return kept
