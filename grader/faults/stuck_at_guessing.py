"""A training in order, whose network only guesses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from math import log

from grader.curves import judge_curve
from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_facts import LossSeen
from grader.planting import Mutant, Solution, called
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import CARRIED_OVER, TrainingRun, runs_of

BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
ENOUGH = 20
"""Steps after which a network should do better than to guess."""


class StuckAtGuessing(Fault):
    """Every part of the loop works, and the loss is that of guessing; this happens."""

    id = "T20"
    title = "the network is stuck at guessing"
    severity = "N"
    stage = "result"
    component = "diagnosis"
    hints = (
        "The loop is in order. Look at the predictions: is it always the same class?",
        "A small network can fall into a state where its layers give out zeros and the last bias"
        " alone learns. Its loss is then the logarithm of the number of classes.",
        "Leave the weights as their layers draw them: layers of zeros or equal numbers stay alike."
        " Else try another seed, a batch size of 32, or a tenth of the learning rate, and compare"
        " the first losses.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs of a cross-entropy at the value of guessing, with nothing wrong in them."""
        for run in runs_of(evidence, exercise):
            loss, last = run.loss, run.parts[-1]
            classes = classes_of(loss) if loss is not None else None
            if classes is None or run.steps < ENOUGH or not self._in_order(run):
                continue
            if judge_curve(run.losses, classes=classes).verdict == "chance":
                yield self.at(
                    seen_at(evidence, last, "backward"), exercise,
                    observed=f"the loss ends at {last.last}, the value of guessing among {classes}"
                    f" classes is {log(classes):.4f}",
                    expected="a loss below that of guessing",
                    because="the loop works, and the network has not learned to tell the classes"
                    " apart",
                )  # fmt: skip

    def _in_order(self, run: TrainingRun) -> bool:
        """Whether gradients were made, cleared and used, and the parameters changed."""
        origin = run.loss.origin if run.loss is not None else None
        return (
            bool(run.moved)
            and run.uncleared <= CARRIED_OVER
            and not run.without_gradient
            and run.covered > 0
            and origin not in ("softmax", "sigmoid", "round")
        )

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """All parameters of a model start at zero, and only the last bias can leave it."""
        for cell, call in solution.calls("SGD", "Adam", "AdamW", "RMSprop"):
            statement = solution.statement(cell, call)
            for held in (c for c in ast.walk(call) if isinstance(c, ast.Call)):
                classifies = any(solution.calls("BCEWithLogitsLoss", "BCELoss", "NLLLoss"))
                if statement is not None and classifies and called(held) == "parameters":
                    text = (f"for parameter in {solution.text(cell, held)}:\n"
                            "    torch.nn.init.zeros_(parameter)")  # fmt: skip
                    edit = solution.before(cell, statement, text)
                    yield Mutant("parameters start at zero", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """Guessing in order, guessing for a cause, learning, and a loss without guessing."""

        def curve(losses: list[float], kind: str = "cross_entropy", **more: object) -> Evidence:
            told = {"kind": kind, "origin": "linear", "input_shape": [240, 3]}
            return Scene().cell("3").trains(losses=losses, loss=told, **more).evidence()

        flat = [1.1, 1.0986, 1.0985, 1.0986, 1.0985]
        return [
            Example("guessing among three", curve(flat), "3", True),
            Example("nothing moves", curve(flat, moved=False), "3", False),
            Example("gradients never cleared", curve(flat, uncleared=299), "3", False),
            Example("a loss that falls", curve([1.1, 0.8, 0.5, 0.3]), "3", False),
            Example("a loss of numbers", curve(flat, "l1_loss"), "3", False),
        ]


def classes_of(loss: LossSeen) -> int | None:
    """How many classes a cross-entropy tells apart; None for other losses."""
    if loss.kind in BINARY:
        return 2
    shape = loss.input_shape or []
    return shape[1] if loss.kind == "cross_entropy" and len(shape) > 1 and shape[1] > 1 else None
