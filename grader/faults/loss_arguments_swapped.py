"""The target comes first in the call of a loss, and the prediction second."""

from __future__ import annotations

from collections.abc import Iterator

from grader.cell_code import page_of
from grader.evidence import Evidence
from grader.fault import Example, Fault, harmless, possible
from grader.finding import Diagnosis
from grader.loop_edits import passes
from grader.planting import Mutant, Solution
from grader.raised import Raised, errors
from grader.scene import Scene
from grader.training_code import LossCall, loss_calls, of_a_model
from grader.training_runs import TrainingRun, runs_of

REFUSED = r"not implemented for '(?:Long|Int|Byte|Char|Short)'|target should be between 0 and 1"
REFUSED += r"|multi-target not supported|expected floating point type for target"
SYMMETRIC = ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")
BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
NO_SUCH_GUESS = 10.0
"""A binary cross-entropy above this is the logarithm of a label, not of a probability."""


class LossArgumentsSwapped(Fault):
    """Told by what the loss makes of it; which argument a model made is read from the code."""

    id = "L04"
    title = "prediction and target are swapped in the loss"
    severity = "F"
    stage = "loss"
    component = "loss-choice"
    folds = ("L03", "L07", "T13", "T15", "T17", "T20", "X07")
    hints = (
        "Which of its two arguments does the loss take for the prediction?",
        "Losses of torch are called with the prediction first and the target second. Most of them"
        " treat the two in different ways.",
        "Swap the two arguments, in the training and in the test.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Losses that refuse a label as prediction, or take it, with the model's output second."""
        swapped = [c for c in loss_calls(evidence, exercise) if self._swapped(evidence, c)]
        for raised in errors(evidence, exercise, "RuntimeError|NotImplementedError", REFUSED):
            at = [c for c in swapped if c.code.read.cell == raised.end.cell]
            if at or self._gradient_second(raised):
                yield self.at(
                    raised.end, exercise, observed=raised.with_shapes() or raised.said,
                    expected="the prediction first, then the target",
                    because="the loss takes the labels for predictions, and refuses them",
                )  # fmt: skip
        for run in runs_of(evidence, exercise):
            at = [c for c in swapped if c.code.read.cell == run.parts[-1].cell]
            if at and run.loss is not None and run.backwards > 1:
                yield self._trained(run, at[0], exercise)

    def _trained(self, run: TrainingRun, at: LossCall, exercise: str) -> Diagnosis:
        """What is to be said of a training with such a loss."""
        last, loss = run.parts[-1], run.loss
        kind = loss.kind if loss is not None else "other"
        alike = kind in SYMMETRIC
        told = self.at(
            last, exercise, line=at.code.line(at.call),
            observed=f"the loss is called with the target first; it goes from {last.first} to"
            f" {last.last}",
            expected="the prediction first, then the target",
            because="this loss is the same both ways round, others are not" if alike
            else "the loss takes labels for predictions, so its value means nothing",
        )  # fmt: skip
        if alike:
            return harmless(possible(told))
        impossible = min(run.losses, default=0.0) < 0 or float(last.first or 0) > NO_SUCH_GUESS
        return told if kind in BINARY and impossible else possible(told)

    def _swapped(self, evidence: Evidence, call: LossCall) -> bool:
        page = evidence.once(page_of)
        return of_a_model(page, call.second) and not of_a_model(page, call.first)

    def _gradient_second(self, raised: Raised) -> bool:
        gradients = [o.gradient for o in raised.tensors()]
        return gradients[:2] == [False, True]

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The two arguments change places."""
        for each in passes(solution):
            first, second = (solution.text(each.cell, a) for a in each.call.args)
            named = solution.text(each.cell, each.call.func)
            edit = solution.replaced(each.cell, each.call, f"{named}({second}, {first})")
            yield Mutant("swapped", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A loss that refuses it, one that takes it, one that does not mind, and none swapped."""
        head = "import torch\nfrom torch import nn\nmodel = nn.Linear(2, 1)\nloss_fn = nn.{}()\n"

        def loop(name: str, call: str, **more: object) -> Evidence:
            source = f"{head.format(name)}out = model(X)\nloss = loss_fn({call})"
            return Scene().cell("3", source).trains(**more).evidence()

        logits = {"kind": BINARY[1], "origin": "linear"}
        negative = {"loss": logits, "losses": [0.7, -2.0, -9.0]}
        crash = Scene().cell("3", head.format("CrossEntropyLoss") + "loss_fn(y, model(X))")
        crash.error("NotImplementedError", "\"log_softmax\" not implemented for 'Long'", {})
        labels = Scene().cell("3", head.format("CrossEntropyLoss") + "loss_fn(model(X).round(), y)")
        labels.error("NotImplementedError", "\"log_softmax\" not implemented for 'Long'", {})
        return [
            Example("a cross-entropy that refuses it", crash.evidence(), "3", True),
            Example("a binary one below 0", loop("BCEWithLogitsLoss", "y, out", **negative), "3",
                    True),
            Example("an absolute difference", loop("L1Loss", "y, out"), "3", True),
            Example("predictions first", loop("BCEWithLogitsLoss", "out, y", loss=logits), "3",
                    False),
            Example("labels made of predictions", labels.evidence(), "3", False),
        ]  # fmt: skip
