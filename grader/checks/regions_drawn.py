"""What a classifier decides was drawn: regions of the plane, with data lying in them."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example
from grader.data_parts import data
from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.figures import figures_of, unseen_figures
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.model_facts import Axes, Drawn
from grader.scene import Scene

AREAS = frozenset(["contour", "area", "image"])
MANY = 1500
"""So many points side by side are regions as well: a grid that was scattered."""
MOST = 1000
"""Sizes of data that are looked at: a hand-in has a handful."""
APART = 0.5
"""Sets in one figure are parts of the data, and not its classes, where one is so much smaller."""


class RegionsDrawn(Check):
    """The regions of a classifier were drawn, with the points of the data in them.

    Filled contours, pictures and meshes count, and so does a grid of many points. Each part of the
    data may have a figure or axes of its own, or all lie in the same; points as many as those of
    both parts together are both. Regions with fewer parts than asked for earn half. Regions in an
    exercise that calls no model go to a person.
    """

    kind = "regions_drawn"
    reads_operations = False

    parts: int = Field(1, ge=1, description="parts of the data that have to lie in regions")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Every axes of the exercise that has regions in it."""
        figures = figures_of(evidence, exercise)
        axes = [a for f in figures for a in f.axes if any(is_region(d) for d in a.drawn)]
        where = tuple(f.seq for f in figures)
        wanted = f"regions with {counted(self.parts)} of the data in them"
        if not axes:
            what = "a figure without regions" if where else "no figure"
            return unseen_figures(evidence, exercise) or failed(
                "no regions were drawn", expected=wanted, actual=what, where=where
            )
        if not evidence.of(exercise, ModelCalled):
            return no_evidence("regions were drawn, and no model was called in this exercise: whose"
                               " they are could not be told", expected=wanted)  # fmt: skip
        sizes = dict.fromkeys(t.shape[0] for t in evidence.once(data) if t.shape[1:] == [2])
        rows = set(list(sizes)[:MOST])
        parts = parts_in(axes, rows)
        if parts < self.parts:
            return partly(0.5, "not every part of the data lies in its regions", expected=wanted,
                          actual=f"{parts} of {counted(self.parts)}", where=where)  # fmt: skip
        return passed(f"regions with {counted(parts)} of the data", where=where)

    @classmethod
    def examples(cls) -> list[Example]:
        """Two figures, one with both parts, one part only, points without regions."""

        def story(*axes: list[tuple[str, int]]) -> Evidence:
            return Scene().cell("5").calls("m1", eval_quiet=2).plots(*axes).evidence()

        train, test = [("contour", 8), ("points", 800)], [("contour", 8), ("points", 200)]
        both = {"parts": 2}
        classes = [("contour", 8), ("points", 401), ("points", 399)]

        def split(*drawn: tuple[str, int]) -> Evidence:
            scene = Scene().cell("1")
            for rows in (1000, 800, 200, 401, 399, 104, 96):
                scene.large([rows, 2], -1 - rows, 2)
            return scene.cell("5").calls("m1", eval_quiet=1).plots([("contour", 8), *drawn]
                                                                   ).evidence()  # fmt: skip

        return [
            Example("all of the data at once", both, split(("points", 1000)), "5", "passed"),
            Example("its training part, whose classes are known", both, split(("points", 800)),
                    "5", "partly"),
            Example("its test part by classes", both, split(("points", 104), ("points", 96)), "5",
                    "partly"),
            Example("a figure for each part", both, story(train, test), "5", "passed"),
            Example("both parts in one", both, story(train + test), "5", "passed"),
            Example("one part", both, story(train), "5", "partly"),
            Example("the same part twice", both, story(train, train), "5", "partly"),
            Example("the classes of one part", both, story(classes), "5", "partly"),
            Example("regions alone, where nothing more is asked for", {}, story([("image", 1)]),
                    "5", "partly"),
            Example("a grid of points", {}, story([("points", 10_000), ("points", 200)]), "5",
                    "passed"),
            Example("regions of no model", both,
                    Scene().cell("5").plots(train, test).evidence(), "5", "no_evidence"),
            Example("points without regions", {}, story([("points", 800)]), "5", "failed"),
            Example("nothing", {}, Scene().cell("5").evidence(), "5", "failed"),
        ]  # fmt: skip


def counted(parts: int) -> str:
    """So many parts, in words."""
    return f"{parts} part" if parts == 1 else f"{parts} parts"


def is_region(drawn: Drawn) -> bool:
    """Whether something drawn fills the plane."""
    return drawn.count > 0 and (drawn.what in AREAS or is_grid(drawn))


def is_grid(drawn: Drawn) -> bool:
    """Whether these are so many points that they are no data."""
    return drawn.what == "points" and drawn.count >= MANY


def is_whole(size: int, rows: set[int]) -> bool:
    """Whether this many points are all of the data: two parts make it up, and it is no part itself.

    Args:
        size: how many points were drawn.
        rows: how many rows there are in any data of two columns.
    """
    made_up = any(2 * part > size > part and size - part in rows for part in rows)
    return made_up and not any(more - size in rows for more in rows if more > size)


def parts_in(axes: list[Axes], rows: set[int]) -> int:
    """How many parts of the data lie in regions; `rows` are those of all data that was seen.

    Each axes has one part, or several where sets of points differ much in size; the same points
    drawn twice are one part.
    """
    seen: set[tuple[object, ...]] = set()
    parts = 0
    for one in axes:
        sets = {(d.count, d.x, d.y) for d in one.drawn if d.what == "points" and not is_grid(d)}
        new = sets - seen
        seen |= sets
        if new:
            counts = [count for count, _, _ in new if count]
            together = any(is_whole(size, rows) for size in {sum(counts), max(counts, default=0)})
            parts += 1 + (together or min(counts, default=0) <= APART * max(counts, default=0) > 0)
    return parts
