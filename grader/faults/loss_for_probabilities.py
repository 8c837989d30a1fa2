"""A loss for probabilities, or for their logarithms, is given logits."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import other_loss
from grader.planting import Mutant, Solution, called
from grader.raised import errors
from grader.scene import Scene
from grader.training_code import loss_at
from grader.training_runs import runs_of

OUTSIDE = "all elements of input should be between 0 and 1"
LOGITS = ("linear", "convolution", "mv", "relu", "tanh")
PROBABILITIES = ("softmax", "sigmoid")


class LossForProbabilities(Fault):
    """BCELoss says so itself; NLLLoss takes any numbers, and makes a loss below 0 of them."""

    id = "L03"
    title = "a loss for probabilities is given logits"
    severity = "F"
    stage = "loss"
    component = "loss-choice"
    hints = (
        "Read what the loss takes as its first argument.",
        "BCELoss takes probabilities and NLLLoss takes their logarithms. Raw scores of a linear"
        " layer are neither.",
        "Use the loss that takes logits, or put the activation that fits between the last layer"
        " and this loss.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The error of BCELoss, and runs on an NLLLoss of something else than logarithms."""
        for raised in errors(evidence, exercise, "RuntimeError", OUTSIDE):
            yield self.at(
                raised.end, exercise,
                observed="BCELoss is given numbers below 0 or above 1",
                expected="probabilities",
                because="BCELoss takes probabilities, and refuses everything else",
            )  # fmt: skip
        for run in runs_of(evidence, exercise):
            loss, last = run.loss, run.parts[-1]
            if loss is None or loss.kind != "nll_loss" or run.backwards < 2:
                continue
            if loss.origin in LOGITS or loss.origin in PROBABILITIES:
                given = "probabilities" if loss.origin in PROBABILITIES else "logits"
                yield self.at(
                    loss_at(evidence, last), exercise,
                    observed=f"NLLLoss is given {given}; the loss ends at {last.last}",
                    expected="logarithms of probabilities",
                    because=f"NLLLoss takes no logarithm itself, so it rewards large {given}"
                    " without an end",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """Another loss, or a model without its last activation."""
        for was, becomes in (("BCEWithLogitsLoss", "BCELoss"), ("CrossEntropyLoss", "NLLLoss")):
            for _, edit in other_loss(solution, was, becomes):
                yield Mutant(f"{becomes} for {was}", (edit,))
        if any(solution.calls("BCELoss")):
            for cell, back in solution.nodes(ast.Return):
                value = back.value
                if isinstance(value, ast.Call) and called(value) == "sigmoid" and value.args:
                    inner = solution.text(cell, value.args[0])
                    yield Mutant("no sigmoid", (solution.replaced(cell, value, inner),))
        for cell, layer in solution.calls("LogSoftmax"):
            for was, other in (("nothing", "nn.Identity()"), ("softmax", "nn.Softmax(dim=1)")):
                yield Mutant(f"{was} for log-softmax", (solution.replaced(cell, layer, other),))

    @classmethod
    def examples(cls) -> list[Example]:
        """The error, both kinds of numbers, and logarithms."""

        def fed(kind: str, origin: str) -> Evidence:
            told = {"kind": kind, "origin": origin, "module": None}
            return Scene().cell("3").trains(loss=told).evidence()

        crash = Scene().cell("3", "loss_fn(out, y)")
        crash.error("RuntimeError", OUTSIDE, {"out": [800], "y": [800]})
        target = Scene().cell("3").error("RuntimeError", OUTSIDE.replace("input", "target"), {})
        return [
            Example("BCELoss of logits", crash.evidence(), "3", True),
            Example("NLLLoss of logits", fed("nll_loss", "linear"), "3", True),
            Example("NLLLoss of probabilities", fed("nll_loss", "softmax"), "3", True),
            Example("NLLLoss of logarithms", fed("nll_loss", "log"), "3", False),
            Example("cross-entropy of logits", fed("cross_entropy", "linear"), "3", False),
            Example("targets outside of 0 to 1", target.evidence(), "3", False),
        ]  # fmt: skip
