"""The training stops while its loss still falls as it did."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault, possible
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.scene import Scene
from grader.training_code import goes_backward, seen_at
from grader.training_runs import TrainingRun, first_loss, runs_of

FEW = 3
"""Epochs that are too few to tell anything by their curve."""
LAST_PART = 0.25
STILL = 0.15
"""A part of the whole fall; an even fall has `LAST_PART` of it in the last part."""
LEARNED = 0.5
"""Below this part of its first value, a loss has fallen most of its way."""


class StoppedTooEarly(Fault):
    """Few epochs, and a loss that has not levelled off; how many were asked for, rubrics know."""

    id = "T17"
    title = "the training stops while the loss still falls"
    severity = "W"
    stage = "result"
    component = "loop-order"
    hints = (
        "Compare the number of epochs with the one that is asked for.",
        "An epoch is one pass over the training data. A loss that still falls at the end says that"
        " more passes would go on improving the model.",
        "Train for more epochs, until the loss levels off or the number asked for is reached.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The longest run of an exercise, if it ends on its way down."""
        for run in runs_of(evidence, exercise)[:1]:
            last = run.parts[-1]
            if not run.steps or not run.backwards or not run.moved or last.earlier:
                continue
            if any(e.cell == last.cell and e.ending != "finished"
                   for e in evidence.endings(exercise)):  # fmt: skip
                continue
            if run.epochs <= FEW or self._still_falls(evidence, run):
                yield possible(self.at(
                    seen_at(evidence, last, "backward"), exercise,
                    observed=f"{counted(run.epochs)}; the loss goes from {last.first} to"
                    f" {last.last}",
                    expected="epochs until the loss levels off",
                    because="the loss still falls at the end, so more epochs would improve the"
                    " model",
                ))  # fmt: skip

    def _still_falls(self, evidence: Evidence, run: TrainingRun) -> bool:
        losses = run.losses
        if len(losses) < 4:
            return False
        start = first_loss(evidence, run) or losses[0]
        before = losses[int(len(losses) * (1 - LAST_PART))]
        fall = losses[0] - losses[-1]
        far = losses[-1] > LEARNED * abs(start)
        return far and fall > 0 and before - losses[-1] > STILL * fall

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A tenth of the epochs, or two."""
        for cell, loop in solution.nodes(ast.For):
            over = loop.iter
            if not isinstance(over, ast.Call) or called(over) != "range":
                continue
            if goes_backward(loop) and isinstance(over.args[-1], ast.Constant):
                for count in ("2", "20"):
                    edit = solution.replaced(cell, over.args[-1], count)
                    yield Mutant(f"{count} epochs", (edit,))
        for cell, call in solution.nodes(ast.Call):
            for word in call.keywords:
                if word.arg == "epochs" and isinstance(word.value, ast.Constant):
                    edit = solution.replaced(cell, word.value, "2")
                    yield Mutant("2 epochs", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """Two epochs, a curve that ends on its way, one that levels off, and a flat one."""

        def curve(*losses: float, **more: object) -> Evidence:
            return Scene().cell("3").trains(losses=list(losses), **more).evidence()

        slope = [1.0 - 0.02 * n for n in range(20)]
        level = [1.0, 0.6, 0.3, 0.2, 0.15, 0.12, 0.11, 0.1, 0.1, 0.1]
        two = {"steps": 2, "backwards": 2, "cleared": 2}
        return [
            Example("two epochs", curve(1.0, 0.9, **two), "3", True),
            Example("a curve on its way down", curve(*slope), "3", True),
            Example("a curve that levels off", curve(*level), "3", False),
            Example("a cell that raised",
                    Scene().cell("3").trains(losses=[1.0, 0.9], **two).ends("raised", "NameError",
                    "name 'x' is not defined").evidence(), "3", False),
            Example("a training that goes on", curve(*slope, earlier=300), "3", False),
            Example("a loss that stays", curve(*[0.7] * 10), "3", False),
        ]  # fmt: skip


def counted(epochs: int) -> str:
    """How many epochs, in words."""
    return "1 epoch" if epochs == 1 else f"{epochs} epochs"
