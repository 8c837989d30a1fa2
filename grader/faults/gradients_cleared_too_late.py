"""Gradients are cleared between backward and step, so that nothing is left to step on."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import moved, passes
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import order_of, seen_at
from grader.training_runs import TrainingRun, runs_of


class GradientsClearedTooLate(Fault):
    """Losses go backward, and each step finds the gradients of the model empty."""

    id = "T04"
    title = "gradients are cleared between backward and step"
    severity = "F"
    stage = "loop"
    component = "loop-order"
    hints = (
        "Follow the calls below the forward pass, and note what the gradients are after each.",
        "backward() writes the gradients and step() reads them. What is cleared in between is"
        " nothing that a step could use.",
        "Clear the gradients at another place of the loop, so that nothing stands between the"
        " backward and the step.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs with a backward before each step, and no step with a gradient."""
        for run in runs_of(evidence, exercise):
            last = run.parts[-1]
            if run.steps < 2 or run.backwards < run.steps or not last.covered:
                continue
            idle = sum(p.idle for p in run.parts)
            if idle == 0 and run.without_gradient and self._cleared(evidence, run):
                yield self.at(
                    seen_at(evidence, last, "zero_grad"), exercise,
                    observed=f"{run.backwards} backwards, then {run.steps} steps that found no"
                    " gradient",
                    expected="steps that use what backward made",
                    because="every gradient is gone before the step, so no parameter ever changes",
                )  # fmt: skip

    def _cleared(self, evidence: Evidence, run: TrainingRun) -> bool:
        """Whether gradients went missing; zeros may also be what backward made."""
        if not run.only_zeros:
            return True
        return order_of(evidence, run.parts[-1].cell)[:3] == ["backward", "zero_grad", "step"]

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The clearing goes below the backward, and sets gradients to zeros or to nothing."""
        for each in passes(solution):
            cell, text = each.cell, solution.text(each.cell, each.clear)
            edits = moved(solution, cell, each.clear, below=each.backward)
            yield Mutant("cleared below backward", edits)
            zeros = solution.after(cell, each.backward, text.replace("()", "(set_to_none=False)"))
            yield Mutant("set to zeros below backward", (edits[0], zeros))

    @classmethod
    def examples(cls) -> list[Example]:
        """Cleared before the step, cleared at its place, and zeros of another cause."""

        def loop(order: str, **more: object) -> Evidence:
            source = f"for _ in range(300):\n    {order}"
            return Scene().cell("3", source).trains(**more).evidence()

        right = "opt.zero_grad(); loss.backward(); opt.step()"
        wrong = "loss.backward(); opt.zero_grad(); opt.step()"
        lost = {"without_gradient": 10, "moved": False}
        zeros = {"zero_gradient": 10, "moved": False}
        return [
            Example("cleared before the step", loop(wrong, **lost), "3", True),
            Example("set to zeros before the step", loop(wrong, **zeros), "3", True),
            Example("parameters that decay all the same", loop(wrong, zero_gradient=10), "3", True),
            Example("a network whose gradients are zeros", loop(right, **zeros), "3", False),
            Example("steps before backwards", loop(right, **lost, idle=1), "3", False),
            Example("cleared in each pass", loop(right), "3", False),
        ]
