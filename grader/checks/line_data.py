"""Data on a straight line: `y = weight * X + bias`."""

from __future__ import annotations

import math
from typing import NamedTuple

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.scene import Scene

CLOSE = 1e-3
"""How far a number may lie from the line, relative to what is added up for it."""

TELLING = 3
"""Points that lie on a line by more than chance: any two do."""
MOST = 200
"""Tensors that are compared with each other: a loop leaves thousands, data a handful."""
SURE = 4.0
"""Standard errors by which a line through noise may differ from the one asked for."""
NOISY = 0.5
"""So far noise may scatter around a line, in parts of its rise: beyond, a constant may fit."""
FIRST = 60
"""Tensors among which the line is looked for, before noise is added to it."""
FEW = 10
"""Tensors that may be X: data is scaled or shuffled now and then, and no more."""
HELD = {"bound", "shown", "kept"}
"""Ways of a tensor that is data; what a formula makes on its way, such as X * X, is none."""


class LineData(Check):
    """Two tensors of equal size lie on a given line, under any names and shapes.

    Noise around the line is no mistake where the line itself was made first. Data on a line with
    another weight or bias, or with too few points, earns half.
    """

    kind = "line_data"

    weight: float = Field(description="the line's slope")
    bias: float = Field(description="its value at 0")
    points: int = Field(2, ge=2, description="at least how many points")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Every pair of tensors that could be X and y."""
        seen = [t for t in evidence.of(exercise, TensorSeen)
                if len(numbers(t)) >= 2 and HELD & set(t.ways)][-MOST:]  # fmt: skip
        best: tuple[tuple[bool, bool, int], Finding] | None = None
        wanted = f"y = {self.weight:g} X + {self.bias:g} with at least {self.points} points"
        for x in seen:
            for y in seen:
                fitted = line_through(numbers(x), numbers(y)) if x is not y else None
                if fitted is None or count(x) < min(self.points, TELLING):
                    continue
                finding = self._judge(fitted, count(x), (x.seq, y.seq), wanted)
                rank = (finding.verdict == "passed", self._right(fitted), count(x))
                if best is None or rank > best[0]:
                    best = (rank, finding)
        if best is None or best[1].verdict != "passed":
            every = evidence.of(exercise, TensorSeen)
            other = self._large(every) or self._noisy(every, seen)
            if other is not None:
                return other
        if best is None:
            return failed("no two tensors that lie on a line were found", expected=wanted)
        return best[1]

    def _large(self, seen: list[TensorSeen]) -> Finding | None:
        """Two tensors too large to travel whose statistics are those of the line."""
        told = [t for t in seen if t.values is None and t.stats and len(t.stats) == 4][-MOST:]
        for x in told:
            for y in told:
                if count(x) == count(y) >= self.points and self._maps(x, y):
                    return passed(f"{count(x)} points with the statistics of the line",
                                  where=(x.seq, y.seq))  # fmt: skip
        return None

    def _noisy(self, seen: list[TensorSeen], held: list[TensorSeen]) -> Finding | None:
        """Data that scatters around the line, made from numbers on the line itself."""
        enough = [t for t in seen if len(numbers(t)) >= max(self.points, TELLING)]
        made = list({tuple(numbers(t)): t for t in enough}.values())[:FIRST]
        on_it = [sorted(numbers(x)) for x in made if any(self._exact(x, y) for y in made)]
        beside: Finding | None = None
        across = [x for x in held if on_it and sorted(numbers(x)) in on_it][:FEW]
        for x in across:
            for y in held:
                fitted = fit(numbers(x), numbers(y)) if x is not y else None
                rise = abs(self.weight) * (max(numbers(x)) - min(numbers(x)))
                if fitted is None or not CLOSE * rise < fitted.scatter <= NOISY * rise:
                    continue
                where = (x.seq, y.seq)
                if abs(fitted.weight - self.weight) > SURE * fitted.weight_error:
                    continue
                if abs(fitted.bias - self.bias) <= SURE * fitted.bias_error:
                    return passed(f"{count(x)} points around the line", where=where)
                beside = beside or no_evidence(
                    "the line was made, and the data lies around one that is higher or lower"
                )
        return beside

    def _exact(self, x: TensorSeen, y: TensorSeen) -> bool:
        """Whether all points lie on the line."""
        a, b = numbers(x), numbers(y)
        size = abs(self.bias) + abs(self.weight) * max(map(abs, a))
        return (
            x is not y
            and len(a) == len(b)
            and all(
                abs(self.weight * v + self.bias - w) <= CLOSE * size
                for v, w in zip(a, b, strict=True)
            )
        )

    def _maps(self, x: TensorSeen, y: TensorSeen) -> bool:
        """Whether the line takes extremes, mean and spread of x to those of y."""
        low, high, mean, spread = x.stats or [0.0] * 4
        ends = sorted(self.weight * end + self.bias for end in (low, high))
        wanted = [*ends, self.weight * mean + self.bias, abs(self.weight) * spread]
        size = max(abs(v) for v in (*wanted, self.bias))
        return spread > 0 and all(
            abs(w - v) <= CLOSE * size for w, v in zip(wanted, y.stats or (), strict=True)
        )

    def _right(self, line: tuple[float, float]) -> bool:
        weight, bias = line
        return math.isclose(weight, self.weight, rel_tol=CLOSE, abs_tol=CLOSE) and math.isclose(
            bias, self.bias, rel_tol=CLOSE, abs_tol=CLOSE * max(1, abs(self.bias))
        )

    def _judge(
        self, line: tuple[float, float], points: int, where: tuple[int, ...], wanted: str
    ) -> Finding:
        weight, bias = line
        right = self._right(line)
        seen = f"y = {weight:.4g} X + {bias:.4g} with {points} points"
        if right and points >= self.points:
            return passed(seen, where=where)
        because = "the points lie on another line" if not right else "there are too few points"
        return partly(0.5, because, expected=wanted, actual=seen, where=where)

    @classmethod
    def examples(cls) -> list[Example]:
        """Lines, other lines, curves and none."""
        fields = {"weight": 0.3, "bias": 0.9, "points": 100}

        def data(weight: float, points: int, power: int = 1) -> Evidence:
            scene = Scene().cell("1")
            x = [i / 100 for i in range(points)]
            scene.tensor([points, 1], x)
            scene.tensor([points, 1], [v**power for v in x], ways=("output",))
            scene.tensor([points, 1], [weight * v**power + 0.9 for v in x])
            return scene.evidence()

        def noisy(weight: float, noise: float = 0.1, held: float = 0.3, off: float = 0) -> Evidence:
            scene = Scene().cell("1")
            x = [i / 100 for i in range(100)]
            scene.tensor([100, 1], x)
            scene.tensor([100, 1], [weight * v + 0.9 for v in x], ways=("output",))
            ups = [off + noise * (-1) ** n for n in range(100)]
            scene.tensor([100, 1], [held * v + 0.9 + up for v, up in zip(x, ups, strict=True)])
            return scene.evidence()

        return [
            Example("data on the line", fields, data(0.3, 100), "1", "passed"),
            Example("noise around the line", fields, noisy(0.3), "1", "passed"),
            Example("noise around another line", fields, noisy(0.7, held=0.7), "1", "failed"),
            Example(
                "noise around another than was made", fields, noisy(0.3, held=0.6), "1", "failed"
            ),
            Example("noise to one side", fields, noisy(0.3, 0.01, off=-0.06), "1", "no_evidence"),
            Example("the line made, and another kept", fields, noisy(0.3, 0, 0.4), "1", "partly"),
            Example(
                "the line made, and a constant kept", fields, noisy(0.3, 0, 0, 0.15), "1", "failed"
            ),
            Example(
                "the line made, and kept higher", fields, noisy(0.3, 0, off=0.1), "1", "partly"
            ),
            Example("another slope", fields, data(0.7, 100), "1", "partly"),
            Example("too few points", fields, data(0.3, 50), "1", "partly"),
            Example("a curve", fields, data(0.3, 100, power=2), "1", "failed"),
            Example("nothing", fields, Scene().cell("1").evidence(), "1", "failed"),
        ]


class Fit(NamedTuple):
    """The line of least squares: weight, bias, their standard errors, and the scatter around it."""

    weight: float
    bias: float
    weight_error: float
    bias_error: float
    scatter: float


def fit(x: list[float], y: list[float]) -> Fit | None:
    """The line of least squares through points; None where there is none."""
    n = len(x)
    if n < TELLING or n != len(y):
        return None
    centre, height = sum(x) / n, sum(y) / n
    across = sum((a - centre) * (a - centre) for a in x)
    if not 0 < across < math.inf or not math.isfinite(height):
        return None
    weight = sum((a - centre) * (b - height) for a, b in zip(x, y, strict=True)) / across
    bias = height - weight * centre
    off = sum((b - weight * a - bias) * (b - weight * a - bias) for a, b in zip(x, y, strict=True))
    if not math.isfinite(off):
        return None
    scatter = math.sqrt(off / (n - 2))
    return Fit(weight, bias, scatter / math.sqrt(across),
               scatter * math.sqrt(1 / n + centre * centre / across), scatter)  # fmt: skip


def numbers(tensor: TensorSeen) -> list[float]:
    """The numbers of a tensor; none where they did not travel."""
    return tensor.values if tensor.values is not None and tensor.of != "number" else []


def count(tensor: TensorSeen) -> int:
    """How many numbers a tensor holds."""
    return math.prod(tensor.shape)


def line_through(x: list[float], y: list[float]) -> tuple[float, float] | None:
    """Weight and bias of the line that all points lie on; None where there is none."""
    if len(x) != len(y):
        return None
    low, high = min(range(len(x)), key=x.__getitem__), max(range(len(x)), key=x.__getitem__)
    spread = x[high] - x[low]
    if not math.isfinite(spread) or spread <= 0 or x == y:
        return None
    weight = (y[high] - y[low]) / spread
    bias = y[low] - weight * x[low]
    size = max(abs(bias), *(abs(v) for v in y))
    if weight == 0 or not math.isfinite(size):
        return None
    on_it = all(abs(weight * a + bias - b) <= CLOSE * size for a, b in zip(x, y, strict=True))
    return (weight, bias) if on_it else None
