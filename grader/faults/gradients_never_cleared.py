"""Gradients are never cleared, so they add up."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_runs import CARRIED_OVER, runs_of


class GradientsNeverCleared(Fault):
    """Steps on gradients that hold those of all steps before."""

    id = "T02"
    title = "gradients are never cleared"
    severity = "F"
    stage = "loop"
    component = "loop-order"
    folds = ("T13", "T17")
    hints = (
        "Look at what happens to the gradients between two passes of the loop.",
        "backward() adds to the gradients that are there, it does not replace them. Without"
        " clearing, each step uses the sum of all gradients so far.",
        "Clear the gradients once in each pass, before backward(). The call needs its parentheses.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs in which nearly every backward added to gradients that a step had used."""
        for run in runs_of(evidence, exercise):
            cleared = sum(p.cleared for p in run.parts)
            if run.steps > 1 and run.uncleared > CARRIED_OVER and cleared <= CARRIED_OVER:
                yield self.at(
                    run.parts[-1], exercise,
                    observed=f"{run.steps} steps; {run.uncleared} of {run.backwards} backwards"
                    " added to what was there",
                    expected="gradients cleared once for each step",
                    because="each step uses the sum of all gradients so far, and overshoots",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The clearing goes, or loses its parentheses."""
        for cell, call in solution.calls("zero_grad"):
            statement = solution.statement(cell, call)
            if statement is not None:
                named = solution.text(cell, call.func)
                yield Mutant("no clearing", (solution.without(cell, statement),))
                yield Mutant("no parentheses", (solution.instead(cell, statement, named),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Never cleared, cleared in each pass, and accumulated on purpose."""

        def loop(**more: object) -> Evidence:
            return Scene().cell("3").trains(**more).evidence()

        batches = {"steps": 75, "cleared": 75, "accumulated": 225}
        return [
            Example("never cleared", loop(cleared=1, uncleared=299), "3", True),
            Example("cleared in each pass", loop(), "3", False),
            Example("accumulated over four batches", loop(**batches), "3", False),
            Example("a training that was resumed", loop(cleared=299, uncleared=1), "3", False),
        ]
