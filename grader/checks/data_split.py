"""Data was split into a part to train on and a part to test on."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import product
from math import prod

from pydantic import Field

from grader.check import Check, Example
from grader.data_parts import rounded, within
from grader.evidence import Evidence, number
from grader.facts import CellRead, ModelCalled, TensorSeen
from grader.fed import inputs, trained_on
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.notebook import parse_cell
from grader.scene import Scene

DATASET_PARTS = ("random_split", "Subset")
"""What parts a `Dataset` without touching its numbers."""
ROUNDING = 1
"""Rows by which a part may differ from its exact share."""
ALIKE = 0.1
"""Share of the rows of a part that may be in the other one too: data may repeat a point."""
MOST = 200
"""Tensors that are compared with each other: a loop leaves thousands, a split a handful."""


class DataSplit(Check):
    """A tensor was split into two parts that together hold all its rows, in any order.

    A split with another share earns half; so does one whose smaller part is made first and is the
    one that a model is trained on. Where nothing is trained, either part may be the larger one.
    Where the whole is not seen, a model that is trained on the one part and tested on the other
    tells of both. Parts of a `Dataset` are seen where they are used, in a later exercise.
    """

    kind = "data_split"
    reads_operations = False

    train: float = Field(0.8, gt=0, lt=1, description="share of the rows in the first part")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Every three tensors of which two could be parts of the third."""
        seen = [t for t in evidence.of(exercise, TensorSeen) if rows(t) > 1 and t.of != "number"]
        wanted = f"{self.train:.0%} of the rows and the rest"
        fed = evidence.once(trained_on)
        right: Finding | None = None
        other: Finding | None = None
        own = {t.seq for t in seen}
        lazily = any(parts_a_dataset(c.source) for c in evidence.of(exercise, CellRead))
        if lazily and not any(parted(seen)):
            seen += used_later(evidence, seen)
        for whole, one, two in parted(seen):
            if whole.seq not in own:
                continue
            where = (whole.seq, one.seq, two.seq)
            larger, smaller = max(rows(one), rows(two)), min(rows(one), rows(two))
            text = f"{larger} and {smaller} of {rows(whole)} rows"
            share = max(self.train, 1 - self.train)
            if abs(larger - share * rows(whole)) > ROUNDING:
                other = other or partly(0.5, "the data is split in another way", expected=wanted,
                                        actual=text, where=where)  # fmt: skip
            elif self._swapped(one, two, fed):
                return partly(0.5, "the parts are swapped: the smaller one is trained on",
                              expected=wanted, actual=f"{smaller} of {rows(whole)} rows are"
                              " trained on", where=where)  # fmt: skip
            else:
                right = right or passed(f"split into {text}", where=where)
        return (
            right
            or other
            or self._by_use(evidence, exercise, wanted)
            or (no_evidence("the parts of a Dataset were not seen in use") if lazily else None)
            or failed("no two parts that make up the data were found", expected=wanted)
        )

    def _by_use(self, evidence: Evidence, exercise: str, wanted: str) -> Finding | None:
        """What the parts are that a model is trained on and tested on, where no whole was seen.

        In a cell that trains, not every tensor is seen; what a model is called on is.
        """
        for call in evidence.of(exercise, ModelCalled):
            learnt = inputs(evidence, call, trained=True)
            known = set().union(*(points(t) for t in learnt))
            for one, two in product(learnt, inputs(evidence, call)):
                if one.values is None or two.values is None or one.shape[1:] != two.shape[1:]:
                    continue
                share = rows(one) / (rows(one) + rows(two))
                apart = len(known & points(two)) <= ALIKE * rows(two)
                if apart and abs(share - self.train) * (rows(one) + rows(two)) <= ROUNDING:
                    return passed(
                        f"trained on {rows(one)} rows, and tested on {rows(two)} others",
                        where=(one.seq, two.seq),
                    )
        return None

    def _swapped(self, one: TensorSeen, two: TensorSeen, fed: list[TensorSeen]) -> bool:
        """Whether the part that was made first and trained on has the size of the other.

        Training on the test part of a right split is no mistake of the split, and a part for tests
        may well be made first; so both have to be seen.
        """
        first, second = sorted((one, two), key=lambda t: t.seq)
        if (rows(first) - rows(second)) * (self.train - 0.5) >= 0:
            return False
        return any(within(t, first) and not within(t, second) for t in fed) and not any(
            within(t, second) for t in fed
        )

    @classmethod
    def examples(cls) -> list[Example]:
        """Splits in order and shuffled, in halves, and none."""

        def split(at: int, step: int = 1, train: slice | None = None, loop: int = 0) -> Evidence:
            scene = Scene().cell("1")
            values = [float((i * step) % 100) for i in range(100)]
            scene.tensor([100, 1], sorted(values))
            scene.tensor([at, 1], values[:at])
            scene.tensor([100 - at, 1], values[at:])
            for i in range(loop):
                scene.tensor([3], [float(i), 0.5, 0.25], ways=("output",))
            if train is not None:
                scene.cell("3").trains()
                fed = scene.tensor([len(values[train]), 1], values[train])
                scene.calls("m1", (fed,), train_grad=300)
            return scene.evidence()

        first, last = slice(20), slice(20, 100)
        most, rest = slice(80), slice(80, 100)
        drawn = Scene().cell("1")
        for part in (range(100), range(80), range(80, 100)):
            drawn.tensor([len(part), 1], [i / 7 for i in part])
        again = drawn.evidence().facts[2:]
        drawn.cell("1")
        for i in range(300):
            drawn.tensor([3], [float(i), 0.5, 0.25], ways=("output",))
        later = [f.model_copy(update={"cell": 1, "ways": ["input"]}) for f in again]
        seen = drawn.evidence()
        seen = Evidence(
            header=seen.header, facts=number([*seen.facts[:4], *later, *seen.facts[4:]])
        )

        def used(*train: slice, test: slice) -> Evidence:
            values = [i / 7 for i in range(100)]
            scene = Scene().cell("7").trains()
            *fed, asked = [scene.tensor([len(values[s]), 1], values[s], ways=("input",))
                           for s in (*train, test)]  # fmt: skip
            scene.calls("m1", tuple(fed), train_grad=300).calls("m1", (asked,), eval_quiet=10)
            calls = [f for f in scene.evidence().facts if isinstance(f, ModelCalled)]
            both = calls[0].model_copy(update={"data": [d for c in calls for d in c.data]})
            return Evidence(header=scene.evidence().header, facts=number(
                [*(f for f in scene.evidence().facts if f not in calls), both]))  # fmt: skip

        def lazy(*later: range, said: str = "") -> Evidence:
            scene = Scene().cell("1", f"{said}train, test = random_split(data, (80, 20))")
            for part in (range(100), *later):
                scene.tensor([len(part), 1], [i / 7 for i in part])
                scene.cell("4")
            return scene.evidence()

        return [
            Example("parts of a Dataset, used later", {}, lazy(range(80), range(80, 100)), "1",
                    "passed"),
            Example("such parts in a comment", {},
                    lazy(range(80), range(80, 100), said="# "), "1", "failed"),
            Example("parts of a Dataset, never used", {}, lazy(), "1", "no_evidence"),
            Example("parts in use, and no whole", {}, used(most, test=rest), "7", "passed"),
            Example("tested on what was trained on", {}, used(most, test=slice(60, 80)), "7",
                    "failed"),
            Example("trained on both parts", {}, used(most, rest, test=rest), "7", "failed"),
            Example("a split of 80 to 20", {}, split(80), "1", "passed"),
            Example("a shuffled split", {}, split(80, step=7), "1", "passed"),
            Example("the smaller part first, to test on", {}, split(20, 7, last), "1", "passed"),
            Example("the smaller part first, to train on", {}, split(20, 7, first), "1", "partly"),
            Example("trained on the second part", {}, split(80, 7, rest), "1", "passed"),
            Example("the smaller part first, nothing trained", {}, split(20), "1", "passed"),
            Example("a split before a loop", {}, split(80, loop=300), "1", "passed"),
            Example("a split whose parts are drawn before a loop", {}, seen, "1", "passed"),
            Example("halves", {}, split(50), "1", "partly"),
            Example("nothing", {}, Scene().cell("1").evidence(), "1", "failed"),
        ]  # fmt: skip


def parts_a_dataset(source: str) -> bool:
    """Whether a cell calls what parts a `Dataset`."""
    if not any(name in source for name in DATASET_PARTS):
        return False
    tree = parse_cell(source)
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)] if tree else []
    names = (getattr(f, "attr", getattr(f, "id", "")) for f in calls)
    return any(name in DATASET_PARTS for name in names)


def used_later(evidence: Evidence, wholes: list[TensorSeen]) -> list[TensorSeen]:
    """Tensors after these that could be parts of one: another has the rest of its rows."""
    last = max((t.cell for t in wholes), default=0)
    later = [t for t in evidence.everywhere(TensorSeen) if t.cell > last and rows(t)]
    sizes = {(rows(t), *t.shape[1:]) for t in later}
    whole = {(rows(w), *w.shape[1:]) for w in wholes}
    fitting = {(part, *row) for part, *row in sizes
               if any((all_of_it - part, *row) in sizes for all_of_it, *width in whole
                      if width == row)}  # fmt: skip
    return [t for t in later if (rows(t), *t.shape[1:]) in fitting][: MOST // 2]


def rows(tensor: TensorSeen) -> int:
    """How many rows a tensor has."""
    return tensor.shape[0] if tensor.shape else 0


def points(tensor: TensorSeen) -> set[tuple[float, ...]]:
    """The different rows of a tensor whose numbers are known."""
    values = rounded(tensor.values or [])
    width = max(1, prod(tensor.shape[1:]))
    return {tuple(values[i : i + width]) for i in range(0, len(values), width)}


def parted(seen: list[TensorSeen]) -> Iterator[tuple[TensorSeen, TensorSeen, TensorSeen]]:
    """A tensor and two others whose rows together are its own, of at most `MOST` tensors.

    What has a name comes first, and then the latest: a loop makes thousands after a split.
    """
    found: dict[str, TensorSeen] = {}
    for t in seen:  # a later cell may see one again that has its name from an earlier one
        if "bound" in t.ways or t.handle not in found:
            found[t.handle] = t
    each = sorted(found.values(), key=lambda t: "bound" in t.ways)
    latest = each[-MOST:]
    numbers = {t.seq: Counter(t.values) for t in latest if t.values is not None}
    small: dict[object, TensorSeen] = {
        (*t.shape, frozenset(numbers[t.seq].items())): t for t in latest if t.seq in numbers
    }
    for whole in latest:
        for one in latest:
            rest = rows(whole) - rows(one)
            if one.shape[1:] != whole.shape[1:] or not 0 < rest <= rows(one):
                continue
            size = [rest, *whole.shape[1:]]
            if whole.seq not in numbers:
                others = (t for t in latest if t.shape == size and t is not one)
                yield from ((whole, one, two) for two in others if fit(whole, one, two))
            elif one.seq in numbers:
                left = numbers[whole.seq] - numbers[one.seq]
                two = small.get((*size, frozenset(left.items())))
                if two is not None and left.total() == prod(size) and two is not one:
                    yield whole, one, two


def fit(whole: TensorSeen, one: TensorSeen, two: TensorSeen) -> bool:
    """Whether the extremes of two parts are those of a tensor too large to be known whole."""
    told, first, second = extremes(whole), extremes(one), extremes(two)
    if told is None or first is None or second is None:
        return False
    return told == (min(first[0], second[0]), max(first[1], second[1]))


def extremes(tensor: TensorSeen) -> tuple[float, float] | None:
    """Smallest and largest number of a tensor; None where they are not known."""
    known = tensor.values if tensor.values is not None else (tensor.stats or [])[:2]
    return (min(known), max(known)) if known else None
