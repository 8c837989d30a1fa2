"""A figure was drawn: how many axes, and what lies in them. Its beauty is not judged."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.figures import figures_of, unseen_figures
from grader.finding import Finding, failed, partly, passed
from grader.model_facts import Axes, Drawn
from grader.scene import Scene

What = Literal["line", "points", "contour", "area", "bars", "image"]


class Plotted(Check):
    """Something was drawn, in figures that the exercise showed or saved.

    All of its figures count together. Axes without anything drawn in them do not count. Half is
    earned by a figure that shows less than what is asked for.
    """

    kind = "plotted"
    reads_operations = False

    axes: int = Field(1, ge=1, description="axes in which something is drawn")
    of: list[What] = Field([], description="kinds of drawing that count; any if left out")
    series: int = Field(1, ge=1, description="different things drawn, such as train and test data")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Everything drawn in the exercise."""
        figures = figures_of(evidence, exercise)
        axes = [a for f in figures for a in f.axes if self._drawn(a)]
        where = tuple(f.seq for f in figures)
        wanted = f"{self.axes} axes" if self.axes > 1 else "a figure"
        if self.series > 1:
            wanted += f" with {self.series} things drawn"
        if not axes:
            what = "a figure was shown, with nothing of the kind in it" if where else "no figure"
            return unseen_figures(evidence, exercise) or failed(
                "no figure of the kind asked for was shown", expected=wanted, actual=what,
                where=where,
            )  # fmt: skip
        most = sum(len({(d.what, d.count, d.label, d.x, d.y) for d in self._drawn(a)})
                   for a in axes)  # fmt: skip
        seen = f"{len(axes)} axes, {most} things drawn"
        if len(axes) < self.axes or most < self.series:
            return partly(0.5, "the figure shows less than what is asked for", expected=wanted,
                          actual=seen, where=where)  # fmt: skip
        return passed(f"drawn: {seen}", where=where)

    def _drawn(self, axes: Axes) -> list[Drawn]:
        return [d for d in axes.drawn if d.count and (not self.of or d.what in self.of)]

    @classmethod
    def examples(cls) -> list[Example]:
        """Figures with enough, too little and nothing in them."""
        two = Scene().cell("1").plots([("points", 80), ("points", 20)]).evidence()
        apart = Scene().cell("1").plots([("contour", 9)], [("contour", 9)]).evidence()
        bare = Scene().cell("1").plots([]).evidence()
        nothing = Scene().cell("1").evidence()
        shown = [("points", 80)]
        again = Scene().cell("1").plots(shown, figure=1).plots(shown, figure=1).evidence()
        return [
            Example("a figure", {}, two, "1", "passed"),
            Example("two things in it", {"series": 2}, two, "1", "passed"),
            Example("three asked for", {"series": 3}, two, "1", "partly"),
            Example("two axes", {"axes": 2, "of": ["contour"]}, apart, "1", "passed"),
            Example("one of two axes", {"axes": 2}, two, "1", "partly"),
            Example("drawings of another kind", {"of": ["contour"]}, two, "1", "failed"),
            Example("one figure, saved and shown", {"series": 2}, again, "1", "partly"),
            Example("empty axes", {}, bare, "1", "failed"),
            Example("nothing", {}, nothing, "1", "failed"),
        ]
