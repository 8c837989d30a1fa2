"""The step stands above the backward."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault, harmless
from grader.finding import Diagnosis
from grader.loop_edits import moved, passes
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import order_of, seen_at
from grader.training_runs import runs_of


class StepBeforeBackward(Fault):
    """The first step has no backward before it, and the last backward no step after it.

    Where gradients are cleared in between, no step has any; where they are not, each step uses
    those of the pass before, which trains.
    """

    id = "T05"
    title = "the step comes before the backward"
    severity = "F"
    stage = "loop"
    component = "loop-order"
    hints = (
        "Which call makes the gradients? Is it above or below the step?",
        "A step uses the gradients that are there. Those of the present batch are there once"
        " backward() has run.",
        "Put the step below the backward, at the end of each pass.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs that begin with a step and have as many backwards as steps."""
        for run in runs_of(evidence, exercise):
            last = run.parts[-1]
            idle = sum(p.idle for p in run.parts)
            paired = run.steps >= 2 and abs(run.backwards - run.steps) <= idle
            if not (paired and idle and 2 * idle <= run.steps and last.covered):
                continue
            at = seen_at(evidence, last, "step")
            if run.without_gradient:
                yield self.at(
                    at, exercise,
                    observed=f"{run.steps} steps before their backward, none of which had a"
                    " gradient",
                    expected="a backward before each step",
                    because="the gradients are cleared before any step uses them, so no parameter"
                    " changes",
                )  # fmt: skip
            elif order_of(evidence, last.cell)[:2] == ["step", "backward"]:
                yield harmless(self.at(
                    at, exercise,
                    observed=f"{run.steps} steps, each before the backward of its pass",
                    expected="a backward before each step",
                    because="each step uses the gradients of the pass before, and the last pass is"
                    " lost",
                ))  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The backward goes below the step, and the clearing between them or above both."""
        for each in passes(solution):
            edits = moved(solution, each.cell, each.backward, below=each.step)
            yield Mutant("backward below step", edits)

    @classmethod
    def examples(cls) -> list[Example]:
        """A step above the backward with clearing, without, and an ordinary loop."""

        def loop(order: str, **more: object) -> Evidence:
            source = f"for _ in range(300):\n    {order}"
            return Scene().cell("3", source).trains(**more).evidence()

        right = "opt.zero_grad(); loss.backward(); opt.step()"
        lost = {"idle": 1, "without_gradient": 10, "moved": False}
        late = {"idle": 1, "without_gradient": 1}
        return [
            Example("cleared, stepped, then backward",
                    loop("opt.zero_grad(); opt.step(); loss.backward()", **lost), "3", True),
            Example("stepped on the gradients of the pass before",
                    loop("opt.step(); loss.backward()", **late), "3", True),
            Example("backward, then step", loop(right), "3", False),
            Example("a step too many at the start", loop(right, **late), "3", False),
            Example("no backward at all", loop("opt.step()", backwards=0, idle=300,
                    without_gradient=10, moved=False), "3", False),
        ]  # fmt: skip
