"""Which part of the data a tensor is: told by its numbers, under any name, shape and order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import prod

from grader.facts import TensorSeen

DIGITS = 5
"""Digits to which numbers of different precision are the same."""


def size(tensor: TensorSeen) -> int:
    """How many numbers a tensor holds."""
    return prod(tensor.shape)


def same(one: TensorSeen, two: TensorSeen) -> bool:
    """Whether two tensors hold the same numbers."""
    return size(one) == size(two) and within(one, two)


def within(part: TensorSeen, whole: TensorSeen) -> bool:
    """Whether all numbers of one tensor are among those of another; of large ones, could be."""
    if size(part) > size(whole):
        return False
    inside, outside = extent(part), extent(whole)
    if inside is not None and outside is not None:
        slack = 10**-DIGITS * max(1.0, *(abs(v) for v in outside))
        if not (outside[0] - slack <= inside[0] and inside[1] <= outside[1] + slack):
            return False  # mostly so, and much quicker to see
    if part.values is not None and whole.values is not None:
        return not Counter(rounded(part.values)) - Counter(rounded(whole.values))
    return inside is not None and outside is not None


def rounded(values: Iterable[float]) -> list[float]:
    """Numbers to so many digits that another precision makes no difference."""
    return [float(f"{v:.{DIGITS}g}") for v in values]


def extent(tensor: TensorSeen) -> tuple[float, float] | None:
    """The smallest and the largest number, where they are known."""
    if tensor.values:
        return min(tensor.values), max(tensor.values)
    return (tensor.stats[0], tensor.stats[1]) if tensor.stats else None
