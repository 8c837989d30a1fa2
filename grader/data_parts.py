"""Which part of the data a tensor is: told by its numbers, under any name, shape and order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import prod

from grader.evidence import Evidence
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


def share(
    evidence: Evidence, part: TensorSeen, beside: list[TensorSeen] | None = None
) -> float | None:
    """Which share of the data a tensor is; None where it is no part of any.

    Data was there before its part, and has rows of the same width: a grid that is drawn later is
    none. With `beside`, only data counts that holds one of these tensors as well.
    """
    wholes = [w for w in evidence.once(data) if w.cell <= part.cell and width(w) == width(part)]
    if beside is not None:
        wholes = [w for w in wholes if any(within(t, w) for t in beside)]
    sizes = [size(w) for w in wholes if within(part, w)]
    if not sizes:
        known = beside is not None and any(same(part, t) for t in beside)
        return 1.0 if known else None
    return size(part) / max(sizes)


def width(tensor: TensorSeen) -> int:
    """How many numbers a row holds."""
    return prod(tensor.shape[1:])


def data(evidence: Evidence) -> list[TensorSeen]:
    """Tensors that could be all of the data: each content once."""
    found: dict[tuple[int, object], TensorSeen] = {}
    for t in evidence.everywhere(TensorSeen):
        if t.of != "number" and size(t) > 1 and (t.values or t.stats):
            key = tuple(t.values) if t.values is not None else t.digest or tuple(t.stats or ())
            found.setdefault((size(t), key), t)
    return list(found.values())


def apart(one: TensorSeen, two: TensorSeen) -> bool:
    """Whether two tensors have no numbers in common, as far as all of them are known."""
    if one.values is None or two.values is None:
        return False
    return set(rounded(one.values)).isdisjoint(rounded(two.values))
