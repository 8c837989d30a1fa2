"""The losses of a training as a curve: a drawing, and the same in words.

A point of the curve stands for so many losses as the evidence averaged; nothing else is smoothed.
Where there are more points than a page can show, the lowest and the highest of neighbours are
drawn, so that no spike goes missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from grader.curves import CurveVerdict, judge_curve
from grader.evidence import Evidence
from grader.model_facts import LossSeen
from grader.training_runs import TrainingRun, first_loss, runs_of

MOST_CURVES = 3
"""Trainings of an exercise that are drawn, the longest first."""
MOST_BINS = 300
WIDTH, HEIGHT, MARGIN = 1000, 140, 6
"""Of the drawing, which is stretched to the page's width; `MARGIN` above and below the curve."""
LOGARITHMIC_FROM = 100
"""How many times the smallest loss the largest one is, for a logarithmic scale."""
LABEL = 14
"""Height of a label."""
ROOM_FOR_A_LABEL = 14
"""Percent of the width."""

IN_WORDS: dict[CurveVerdict, str] = {
    "decreasing": "decreasing",
    "slow": "decreasing slowly",
    "converged": "converged",
    "chance": "staying where guessing would put it",
    "mean_only": "no better than predicting the mean",
    "flat": "flat",
    "noisy": "up and down, without getting lower",
    "increasing": "increasing",
    "diverging": "growing",
    "exploded": "exploding",
    "nan": "nan or infinite",
    "too_short": "too few losses to tell",
}


class Phase(NamedTuple):
    """What one cell trained: its number from 1, and its place in percent of the width."""

    cell: int
    start: float
    width: float

    @property
    def middle(self) -> float:
        """Where its label goes."""
        return round(self.start + self.width / 2, 2)

    @property
    def labelled(self) -> bool:
        """Whether there is room for its label."""
        return self.width >= ROOM_FOR_A_LABEL


class Scale(NamedTuple):
    """What the lower and the upper edge of a drawing stand for, and how it goes in between."""

    low: float
    high: float
    logarithmic: bool

    def height(self, value: float) -> float:
        """Where a loss lies, from the top."""
        if self.high == self.low:
            return HEIGHT / 2
        scaled = math.log if self.logarithmic else halved
        share = (scaled(value) - scaled(self.low)) / (scaled(self.high) - scaled(self.low))
        return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)


class Level(NamedTuple):
    """Where the curve starts or ends, by the numbers that the words say.

    Attributes:
        label: which of both, and its number.
        y: of its line.
        label_y: of the middle of its label; labels do not lie on each other.
    """

    label: str
    y: float
    label_y: float


class ShownCurve(NamedTuple):
    """A training's losses as a page shows them.

    Attributes:
        verdict: in words.
        start, end: of the judged curve, as text; empty where they are no numbers.
        losses: how many there were.
        not_numbers: how many of them were nan or infinite.
        by: the optimizer and its learning rate; empty where there was none.
        loss: what was minimised; empty where that is not known.
        path: of the drawing, as SVG writes it; empty where nothing can be drawn.
        highest, lowest: what its upper and lower edge stand for.
        logarithmic: its scale.
        levels: where it starts and ends; none where that is no number.
        phases: one for each cell that trained.
    """

    verdict: str
    start: str
    end: str
    losses: int
    not_numbers: int
    by: str
    loss: str
    path: str
    highest: str
    lowest: str
    logarithmic: bool
    levels: tuple[Level, ...]
    phases: tuple[Phase, ...]

    @property
    def in_words(self) -> str:
        """What the drawing shows, for those who do not see it."""
        way = f"from {self.start} to {self.end}, {self.verdict}" if self.start else self.verdict
        odd = f"; {self.not_numbers} are nan or infinite" if self.not_numbers else ""
        scale = f"; the scale is logarithmic, from {self.lowest} to {self.highest}"
        cells = f"; trained in {listed([p.cell for p in self.phases])}"
        seen = f"{way}{odd}{scale if self.logarithmic else ''}{cells}"
        return f"The loss at {self.losses} steps: {seen}."


class Point(NamedTuple):
    """A loss, and the number of losses up to it."""

    at: float
    value: float


def curves_of(evidence: Evidence, exercise: str) -> tuple[list[ShownCurve], int]:
    """The trainings of an exercise that are drawn, and how many more there are."""
    runs = [r for r in runs_of(evidence, exercise) if r.losses]
    return [shown_curve(evidence, r) for r in runs[:MOST_CURVES]], len(runs[MOST_CURVES:])


def shown_curve(evidence: Evidence, run: TrainingRun) -> ShownCurve:
    """One training."""
    before = first_loss(evidence, run)
    judged = judge_curve(
        run.losses,
        classes=classes_of(run.loss),
        first_ever=before if before != run.parts[0].first else None,
    )
    points, phases = along(run)
    finite = [p.value for p in points if math.isfinite(p.value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    scale = Scale(low, high, logarithmic=low > 0 and high / low >= LOGARITHMIC_FROM)
    return ShownCurve(
        verdict=IN_WORDS[judged.verdict],
        start=number(judged.start),
        end=number(judged.end),
        losses=run.backwards,
        not_numbers=sum(p.not_numbers for p in run.parts),
        by=optimized_by(run),
        loss=run.loss.kind if run.loss is not None and run.loss.kind != "other" else "",
        path=path(points, scale),
        highest=number(high) if finite else "",
        lowest=number(low) if finite else "",
        logarithmic=scale.logarithmic,
        levels=levels(judged.start, judged.end, scale),
        phases=phases,
    )


def along(run: TrainingRun) -> tuple[list[Point], tuple[Phase, ...]]:
    """The points of a run by the number of losses, and where each cell's begin and end."""
    counts = [len(p.losses) * p.per_point for p in run.parts]
    total = sum(counts)
    points: list[Point] = []
    phases = []
    before = 0
    for part, count in zip(run.parts, counts, strict=True):
        points += [Point(before + (i + 0.5) * part.per_point, float(v))
                   for i, v in enumerate(part.losses)]  # fmt: skip
        if count:
            start, width = 100 * before / total, 100 * count / total
            phases.append(Phase(part.cell + 1, round(start, 2), round(width, 2)))
        before += count
    return points, tuple(phases)


def levels(start: float, end: float, scale: Scale) -> tuple[Level, ...]:
    """Where a curve starts and ends."""
    if not (math.isfinite(start) and math.isfinite(end)):
        return ()
    ys = [min(HEIGHT - MARGIN, max(MARGIN, scale.height(v))) for v in (start, end)]
    middle = sum(ys) / 2
    if abs(ys[0] - ys[1]) >= LABEL:
        places = ys
    else:  # the upper one goes up and the lower one down, and both stay within the drawing
        middle = min(HEIGHT - MARGIN - LABEL / 2, max(MARGIN + LABEL / 2, middle))
        sign = -1 if ys[0] <= ys[1] else 1
        places = [middle + sign * LABEL / 2, middle - sign * LABEL / 2]
    return tuple(
        Level(f"{name} {number(value)}", round(y, 1), round(place, 1))
        for name, value, y, place in zip(("start", "end"), (start, end), ys, places, strict=True)
    )


def path(points: list[Point], scale: Scale) -> str:
    """The points as a line; it has a gap where a loss was no number."""
    if not points:
        return ""
    first, last = points[0].at, points[-1].at

    drawn, pen = [], "M"
    for point in thinned(points):
        if not math.isfinite(point.value):
            pen = "M"
            continue
        x = WIDTH * (point.at - first) / (last - first) if last > first else WIDTH / 2
        drawn.append(f"{pen}{x:.1f} {scale.height(point.value):.1f}")
        pen = "L"
    return " ".join(drawn) + ("h0.1" if len(drawn) == 1 else "")


def halved(value: float) -> float:
    """A number whose difference from any other is finite."""
    return value / 2


def thinned(points: list[Point]) -> Iterable[Point]:
    """The points, or the lowest and the highest of each of `MOST_BINS` parts where many."""
    if len(points) <= 2 * MOST_BINS:
        return points
    edges = [round(i * len(points) / MOST_BINS) for i in range(MOST_BINS + 1)]
    kept: list[Point] = []
    for start, end in pairwise(edges):
        here = points[start:end]
        odd = next((p for p in here if not math.isfinite(p.value)), None)
        pair = {min(here, key=lambda p: p.value), max(here, key=lambda p: p.value)}
        kept += sorted(pair) if odd is None else [odd]
    return kept


def classes_of(loss: LossSeen | None) -> int | None:
    """Between how many classes a loss decides; None where it does not, or that is not known."""
    if loss is None:
        return None
    if loss.kind.startswith("binary_cross_entropy"):
        return 2
    shape = loss.input_shape or []
    columns = shape[1] if len(shape) > 1 else 0
    return columns if loss.kind == "cross_entropy" and columns > 1 else None


def optimized_by(run: TrainingRun) -> str:
    """The optimizer's class and its learning rate."""
    if run.optimizer is None:
        return ""
    rate = run.optimizer.settings.get("lr")
    plain = isinstance(rate, (int, float)) and not isinstance(rate, bool)
    return f"{run.optimizer.type}, lr {rate:g}" if plain else run.optimizer.type


def number(value: float) -> str:
    """A loss to four digits; empty where it is no number."""
    return f"{value:.4g}" if math.isfinite(value) else ""


def listed(cells: list[int]) -> str:
    """Cells by their numbers."""
    numbers = [str(c) for c in dict.fromkeys(cells)]
    return f"cell {numbers[0]}" if len(numbers) == 1 else f"cells {', '.join(numbers)}"
