"""How the points of a class lie: quartiles and a histogram, honest about points not settled yet.

A hand-in with withheld points is no low score: it may still come to anything from what it has
earned to that and all that is withheld. So quartiles are ranges, and the histogram draws such a
hand-in lightly wherever it may come to lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grader.class_points import Range, quartiles, range_of
from grader.legible import points
from grader.pages.rows import Row

FEW, MANY = 10, 20
"""Bars for a class of up to `SMALL` hand-ins, and for a larger one."""
SMALL = 60
HEIGHT, TOP = 220, 16
"""Of the bars, in pixels, and the room above them for their counts."""
GAP, THIN = 0.5, 0.8
"""Percent of the width: between bars, and of the mark of a single number."""


class Bar(NamedTuple):
    """One bar, lengths in percent of the width and in pixels.

    Attributes:
        label: from which points to which.
        settled: hand-ins that came to these points.
        open: hand-ins that may still come to them.
        x, width: of the bar.
        y, height: of its settled part.
        open_y, open_height: of the part above it.
    """

    label: str
    settled: int
    open: int
    x: float
    width: float
    y: float
    height: float
    open_y: float
    open_height: float


class Scores(NamedTuple):
    """How the points of a class lie.

    Attributes:
        median, lower, upper: the quartiles.
        possible: the most points there are.
        settled, open: hand-ins whose points are settled, and others that ran.
        not_run: hand-ins that did not run, and have no points.
        bars: the histogram.
        ticks: labels below it, with their places in percent.
        half: where the middle half of the class is, in percent: its start and its width.
        middle: the same of the median.
    """

    median: Range
    lower: Range
    upper: Range
    possible: float
    settled: int
    open: int
    not_run: int
    bars: list[Bar]
    ticks: list[tuple[float, str]]
    half: tuple[float, float]
    middle: tuple[float, float]


def scores_of(rows: Sequence[Row]) -> Scores | None:
    """The points of those that ran; None where none did."""
    ran = [r for r in rows if r.ran and r.possible > 0]
    if not ran:
        return None
    lower, median, upper = quartiles(ran)
    possible = max(r.possible for r in ran)
    return Scores(
        median=median,
        lower=lower,
        upper=upper,
        possible=possible,
        settled=sum(r.settled for r in ran),
        open=sum(not r.settled for r in ran),
        not_run=len(rows) - len(ran),
        bars=bars_of(ran, possible),
        ticks=[(25.0 * i, points(possible * i / 4)) for i in range(5)],
        half=span(lower.low, upper.high, possible),
        middle=span(median.low, median.high, possible),
    )


def span(low: float, high: float, possible: float) -> tuple[float, float]:
    """Start and width in percent of all points; a single number can be seen too."""
    width = max(THIN, 100 * (high - low) / possible)
    start = min(100 - width, max(0.0, 50 * (low + high) / possible - width / 2))
    return round(start, 2), round(width, 2)


def bars_of(rows: Sequence[Row], possible: float) -> list[Bar]:
    """The histogram over the share of the possible points."""
    number = FEW if len(rows) <= SMALL else MANY
    settled, unsettled = [0] * number, [0] * number

    def place(earned: float, own: float) -> int:
        return min(number - 1, max(0, int(number * earned / own + 1e-9)))

    for row in rows:
        first = place(row.earned, row.possible)
        if row.settled:
            settled[first] += 1
            continue
        for each in range(first, place(range_of(row).high, row.possible) + 1):
            unsettled[each] += 1
    most = max(s + u for s, u in zip(settled, unsettled, strict=True))
    width = 100 / number
    bars = []
    for each in range(number):
        sure, maybe = (round(HEIGHT * n / most, 1) for n in (settled[each], unsettled[each]))
        low, high = possible * each / number, possible * (each + 1) / number
        last = each == number - 1
        bars.append(
            Bar(
                label=f"{points(low)} to {points(high) if last else f'under {points(high)}'}",
                settled=settled[each], open=unsettled[each],
                x=round(each * width + GAP / 2, 2), width=round(width - GAP, 2),
                y=round(TOP + HEIGHT - sure, 1), height=sure,
                open_y=round(TOP + HEIGHT - sure - maybe, 1), open_height=maybe,
            )
        )  # fmt: skip
    return bars
