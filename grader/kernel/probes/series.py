"""The losses of a run, in order, within bounds."""

from __future__ import annotations

import math

MOST = 1000
"""Points kept; when there are more, neighbours are averaged."""


class Series:
    """Numbers that keep coming; a bounded number of points stands for them.

    Args:
        most: how many, an even number.

    Attributes:
        count: how many numbers came.
        width: how many each point stands for.
        unlike_numbers: how many were nan or infinite.
        first, last: exactly as they came; None before the first.
    """

    __slots__ = ("_most", "_part", "_points", "_sum", "count", "first", "last", "unlike_numbers",
                 "width")  # fmt: skip

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._points: list[float] = []
        self._sum = 0.0
        self._part = 0
        self.width = 1
        self.count = 0
        self.unlike_numbers = 0
        self.first: float | None = None
        self.last: float | None = None

    def add(self, value: float) -> None:
        """Take the next number."""
        if self.count == 0:
            self.first = value
        self.count += 1
        self.last = value
        if not math.isfinite(value):
            self.unlike_numbers += 1
        self._sum += value
        self._part += 1
        if self._part == self.width:
            self._points.append(self._sum / self.width)
            self._sum, self._part = 0.0, 0
            if len(self._points) == self._most:
                pairs = zip(self._points[::2], self._points[1::2], strict=True)
                self._points = [(a + b) / 2 for a, b in pairs]
                self.width *= 2

    def points(self) -> list[float]:
        """The means of `width` numbers each, the last of what is left over."""
        rest = [self._sum / self._part] if self._part else []
        return self._points + rest
