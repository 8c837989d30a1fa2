"""The optimizer never steps."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import passes
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import TrainingRun, runs_of, unseen

A_LOOP = 3
"""Backwards that make a loop; fewer are somebody's look at gradients."""


class StepMissing(Fault):
    """Losses go backward time and again, and no parameter changes."""

    id = "T07"
    title = "step() is missing"
    severity = "F"
    stage = "loop"
    component = "loop-order"
    hints = (
        "Print a parameter before and after one pass. Is it another?",
        "backward() makes gradients and changes no parameter. Changing them is the optimizer's"
        " part.",
        "Let the optimizer step at the end of each pass. The call needs its parentheses.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs of backwards in cells that finished, in an exercise where nothing steps."""
        runs = runs_of(evidence, exercise)
        if unseen(evidence, exercise) or any(run.steps for run in runs):
            return
        for run in runs:
            last = run.parts[-1]
            if run.backwards >= A_LOOP and run.moved is False and self._finished(evidence, run):
                yield self.at(
                    seen_at(evidence, last, "backward"), exercise,
                    observed=f"{run.backwards} backwards and no step",
                    expected="a step after each backward",
                    because="the gradients are made and never used, so the model stays as it was",
                )  # fmt: skip

    def _finished(self, evidence: Evidence, run: TrainingRun) -> bool:
        cells = {part.cell for part in run.parts}
        ends = evidence.endings(run.parts[0].exercise or "")
        return not any(end.cell in cells and end.ending != "finished" for end in ends)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The step goes, or loses its parentheses."""
        for each in passes(solution):
            named = solution.text(each.cell, each.step).removesuffix("()")
            yield Mutant("no step", (solution.without(each.cell, each.step),))
            yield Mutant("no parentheses", (solution.instead(each.cell, each.step, named),))

    @classmethod
    def examples(cls) -> list[Example]:
        """No step, steps by hand, one look at gradients, and a cell that ended early."""

        def loop(**more: object) -> Scene:
            told = {"steps": 0, "optimizer": None, "moved": False, **more}
            return Scene().cell("3", "loss.backward()").trains(**told)

        return [
            Example("no step", loop().evidence(), "3", True),
            Example("parameters changed by hand", loop(moved=True).evidence(), "3", False),
            Example("one look at gradients", loop(backwards=1).evidence(), "3", False),
            Example("a cell that ended early",
                    loop().ends("raised", "NameError", "name 'opt' is not defined").evidence(),
                    "3", False),
            Example("an ordinary loop", Scene().cell("3").trains().evidence(), "3", False),
        ]  # fmt: skip
