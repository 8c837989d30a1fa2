"""What a loss curve shows: does it go down, and if not, what does it do instead.

The definitions and their numbers were tried on 797 curves of real course notebooks, where
"every epoch lower" fails half of all correct trainings and "last below first" is blind to noise.
A curve is judged by robust ends: the median of its first and of its last part, against the noise
of its steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

CurveVerdict = Literal[
    "decreasing", "slow", "converged", "chance", "mean_only", "flat", "noisy", "increasing",
    "diverging", "exploded", "nan", "too_short",
]  # fmt: skip

GOES_DOWN: tuple[CurveVerdict, ...] = ("decreasing", "slow", "converged")
"""The verdicts that mean "the loss decreases"."""

MOST_POINTS = 200
BINS = 50
"""A curve of more than `MOST_POINTS` is averaged into so many equal parts."""
NO_SCALE = 1e-6
"""A curve that starts this close to 0 has no relative change; differences are compared with it."""


class Curve(NamedTuple):
    """A judged curve.

    Attributes:
        verdict: the first definition that fits.
        start: median of the first part.
        end: median of the last part.
        drop: how much lower the end is, relative to the start; negative where it rose.
        noise: how much neighbours differ, robustly, as a standard deviation.
    """

    verdict: CurveVerdict
    start: float
    end: float
    drop: float
    noise: float


def judge_curve(
    losses: Sequence[float],
    *,
    classes: int | None = None,
    first_ever: float | None = None,
    of_the_mean: float | None = None,
) -> Curve:
    """Judge the losses of one run, in order.

    Args:
        losses: one value per step or epoch.
        classes: number of classes where the loss is a cross-entropy (2 for a binary one).
        first_ever: the first loss ever seen of this model, where it was trained before.
        of_the_mean: in a regression, the loss of always predicting the targets' mean.
    """
    if any(not math.isfinite(v) for v in losses):
        return Curve("nan", math.nan, math.nan, math.nan, math.nan)
    values = binned(losses)
    if len(values) < 3:
        start, end = (values[0], values[-1]) if values else (math.nan, math.nan)
        return Curve("too_short", start, end, math.nan, math.nan)
    start, end = ends(values)
    noise = noise_of(values)
    scale = abs(start) if abs(start) > NO_SCALE else 1.0
    drop = (start - end) / scale
    limits = Limits(classes, first_ever, of_the_mean)
    return Curve(verdict(values, start, end, drop, noise, limits), start, end, drop, noise)


class Limits(NamedTuple):
    """What a curve is compared with besides itself; None where it is not known."""

    classes: int | None
    first_ever: float | None
    of_the_mean: float | None


def verdict(
    values: list[float], start: float, end: float, drop: float, noise: float, limits: Limits
) -> CurveVerdict:
    """The first definition that fits, from the certain to the vague."""
    if limits.classes is not None and limits.classes > 1:
        chance = math.log(limits.classes)
        if max(start, end) > 20 * chance:
            return "exploded"
        if abs(end - chance) <= 0.02 * chance and drop < 0.05:
            return "chance"
    first = limits.first_ever
    if first is not None and 0 <= end <= 0.05 * first:
        return "converged"
    if rises(start, end, noise):
        return "diverging"
    mean = limits.of_the_mean
    if mean is not None and end >= 0.95 * mean and 0 <= drop < 0.05:
        return "mean_only"
    return trend(values, start, end, drop, noise)


def rises(start: float, end: float, noise: float) -> bool:
    """Whether a loss at least doubled, beyond its noise."""
    return end - start > max(3 * noise, abs(start), NO_SCALE)


def trend(values: list[float], start: float, end: float, drop: float, noise: float) -> CurveVerdict:
    """Up, down, or neither; a negative loss has to leave its noise well behind."""
    tau = kendall(values)
    steady = start - end > (3 * noise if start < 0 else noise)
    if drop >= 0.10 and steady:
        return "decreasing"
    if drop >= 0.02 and (tau <= -0.5 or start - end >= 3 * noise):
        return "slow"
    if drop <= -0.10 and tau >= 0.3:
        return "increasing"
    better = start - min(values) > max(0.10 * abs(start), NO_SCALE)
    return "noisy" if better and drop < 0.10 and tau <= 0.3 else "flat"


def binned(losses: Sequence[float]) -> list[float]:
    """The values, or the means of `BINS` equal parts where there are many."""
    if len(losses) <= MOST_POINTS:
        return list(losses)
    edges = [round(i * len(losses) / BINS) for i in range(BINS + 1)]
    parts = (losses[a:b] for a, b in pairwise(edges))
    return [sum(v / len(part) for v in part) for part in parts]  # a plain sum could overflow


def ends(values: list[float]) -> tuple[float, float]:
    """Medians of the first part and of the last."""
    n = len(values)
    head = 1 if n < 20 else round(0.05 * n)
    tail = 1 if n < 5 else max(2, math.ceil(0.2 * n))
    return median(values[:head]), median(values[-tail:])


def noise_of(values: list[float]) -> float:
    """Spread of the differences between neighbours, as a standard deviation of one value."""
    steps = [b - a for a, b in pairwise(values)]
    middle = median(steps)
    return 1.4826 * median(abs(s - middle) for s in steps) / math.sqrt(2)


def kendall(values: list[float]) -> float:
    """Kendall's rank correlation of the values with their order, from -1 to 1."""
    n = len(values)
    signs = [
        (b > a) - (b < a)
        for i, a in enumerate(values) for b in values[i + 1 :]
    ]  # fmt: skip
    return sum(signs) / (n * (n - 1) / 2)
