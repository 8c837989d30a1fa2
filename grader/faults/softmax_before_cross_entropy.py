"""A softmax stands before a cross-entropy, which has one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log

from grader.evidence import Evidence
from grader.fault import Example, Fault, harmless
from grader.finding import Diagnosis
from grader.loop_edits import given_otherwise, loss_made, passes, returned
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import loss_at
from grader.training_runs import runs_of


class SoftmaxBeforeCrossEntropy(Fault):
    """What the loss was given came out of a softmax, as its graph tells."""

    id = "L01"
    title = "softmax before the cross-entropy"
    severity = "F"
    stage = "loss"
    component = "loss-choice"
    folds = ("T17", "T20")
    hints = (
        "Does the loss expect raw scores, or probabilities?",
        "Cross-entropy applies a softmax itself. Given probabilities, it sees scores between 0 and"
        " 1 only, so its value cannot get near 0 and its gradients are small.",
        "Leave the softmax out on the way to the loss. Use it where you want to read probabilities"
        " off the logits.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs whose cross-entropy was given what a softmax made."""
        for run in runs_of(evidence, exercise):
            loss = run.loss
            if loss is None or loss.kind != "cross_entropy" or run.backwards < 2:
                continue
            last = run.parts[-1]
            at = loss_at(evidence, last)
            if loss.origin == "softmax":
                yield self.at(
                    at, exercise,
                    observed="the cross-entropy is given the output of a softmax",
                    expected="logits",
                    because=self._floor(loss.input_shape or []),
                )  # fmt: skip
            elif loss.origin == "log_softmax" and loss.module == "CrossEntropyLoss":
                yield harmless(self.at(
                    at, exercise,
                    observed="the cross-entropy is given the output of a log-softmax",
                    expected="logits",
                    because="the log-softmax is applied twice, which changes nothing",
                ))  # fmt: skip

    def _floor(self, shape: list[int]) -> str:
        """How low the loss can get, by the number of classes."""
        if len(shape) < 2 or shape[1] < 2:
            return "the softmax is applied twice, which flattens the gradients"
        lowest = log(exp(1) + shape[1] - 1) - 1
        return (
            f"the softmax is applied twice, so with {shape[1]} classes the loss stays above"
            f" {lowest:.2f}"
        )

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A softmax in the call of the loss, or at the end of the model."""
        for each in passes(solution):
            if loss_made(solution, each) == "CrossEntropyLoss":
                text = "torch.softmax({}, dim=1)"
                yield Mutant("softmax into loss", (given_otherwise(solution, each, 0, text),))
        if any(solution.calls("CrossEntropyLoss")):
            for name, edits in returned(solution, "({}).softmax(dim=1)", wide=True):
                yield Mutant(f"softmax at the end of {name}", edits)

    @classmethod
    def examples(cls) -> list[Example]:
        """A softmax before it, logits, logarithms, and a softmax before another loss."""

        def fed(kind: str, origin: str, module: str | None = None) -> Evidence:
            told = {"kind": kind, "origin": origin, "module": module, "input_shape": [240, 3],
                    "target_shape": [240]}  # fmt: skip
            return Scene().cell("3").trains(loss=told).evidence()

        return [
            Example("probabilities", fed("cross_entropy", "softmax", "CrossEntropyLoss"), "3",
                    True),
            Example("log-probabilities, which do no harm",
                    fed("cross_entropy", "log_softmax", "CrossEntropyLoss"), "3", True),
            Example("logits", fed("cross_entropy", "linear", "CrossEntropyLoss"), "3", False),
            Example("NLLLoss of log-probabilities", fed("cross_entropy", "linear", "NLLLoss"), "3",
                    False),
            Example("a softmax before a squared error", fed("mse_loss", "softmax"), "3", False),
        ]  # fmt: skip
