"""Data was split into a part to train on and a part to test on."""

from __future__ import annotations

from collections import Counter
from math import prod

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.finding import Finding, failed, partly, passed
from grader.scene import Scene

ROUNDING = 1
"""Rows by which a part may differ from its exact share."""


class DataSplit(Check):
    """A tensor was split into two parts that together hold all its rows, in any order.

    A split with another share earns half.
    """

    kind = "data_split"

    train: float = Field(0.8, gt=0, lt=1, description="share of the rows in the first part")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Every three tensors of which two could be parts of the third."""
        seen = [t for t in evidence.of(exercise, TensorSeen) if rows(t) > 1 and t.of != "number"]
        wanted = f"{self.train:.0%} of the rows and the rest"
        other: Finding | None = None
        for whole, one, two in parted(seen):
            where = (whole.seq, one.seq, two.seq)
            larger, smaller = max(rows(one), rows(two)), min(rows(one), rows(two))
            text = f"{larger} and {smaller} of {rows(whole)} rows"
            share = max(self.train, 1 - self.train)
            if abs(larger - share * rows(whole)) <= ROUNDING:
                return passed(f"split into {text}", where=where)
            other = other or partly(0.5, "the data is split in another way", expected=wanted,
                                    actual=text, where=where)  # fmt: skip
        return other or failed("no two parts that make up the data were found", expected=wanted)

    @classmethod
    def examples(cls) -> list[Example]:
        """Splits in order and shuffled, in halves, and none."""

        def split(at: int, step: int = 1) -> Evidence:
            scene = Scene().cell("1")
            values = [float((i * step) % 100) for i in range(100)]
            scene.tensor([100, 1], sorted(values))
            scene.tensor([at, 1], values[:at])
            scene.tensor([100 - at, 1], values[at:])
            return scene.evidence()

        return [
            Example("a split of 80 to 20", {}, split(80), "1", "passed"),
            Example("a shuffled split", {}, split(80, step=7), "1", "passed"),
            Example("halves", {}, split(50), "1", "partly"),
            Example("nothing", {}, Scene().cell("1").evidence(), "1", "failed"),
        ]


def rows(tensor: TensorSeen) -> int:
    """How many rows a tensor has."""
    return tensor.shape[0] if tensor.shape else 0


def parted(seen: list[TensorSeen]) -> list[tuple[TensorSeen, TensorSeen, TensorSeen]]:
    """A tensor and two others whose rows together are its own."""
    found = []
    for whole in seen:
        rest = [t for t in seen if t.shape[1:] == whole.shape[1:] and rows(t) < rows(whole)]
        for i, one in enumerate(rest):
            for two in rest[i + 1 :]:
                if rows(one) + rows(two) == rows(whole) and together(whole, one, two):
                    found.append((whole, one, two))
    return found


def together(whole: TensorSeen, one: TensorSeen, two: TensorSeen) -> bool:
    """Whether two parts hold the whole's numbers; of large ones, whether they could."""
    if whole.values is None or one.values is None or two.values is None:
        return prod(whole.shape) == prod(one.shape) + prod(two.shape) and whole.stats is not None
    return Counter(whole.values) == Counter(one.values) + Counter(two.values)
