"""A sigmoid stands before a loss that has one of its own."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import given_otherwise, loss_made, passes, returned
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import loss_at
from grader.training_runs import runs_of

PROBABILITIES = ("sigmoid", "softmax", "hardsigmoid")


class SigmoidBeforeLogitsLoss(Fault):
    """What the loss was given came out of a sigmoid, as its graph tells."""

    id = "L02"
    title = "sigmoid before BCEWithLogitsLoss"
    severity = "F"
    stage = "loss"
    component = "loss-choice"
    folds = ("T17", "T20")
    hints = (
        "Is the output a probability already when it reaches the loss?",
        "The loss with logits in its name applies a sigmoid itself. Given probabilities, it takes"
        " them for logits between 0 and 1.",
        "Give this loss what the last linear layer makes. Use the sigmoid to read probabilities"
        " and labels off it.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs whose loss wants logits and was given what a sigmoid made."""
        for run in runs_of(evidence, exercise):
            loss = run.loss
            if loss is None or loss.kind != "binary_cross_entropy_with_logits":
                continue
            if loss.origin in PROBABILITIES and run.backwards > 1:
                last = run.parts[-1]
                yield self.at(
                    loss_at(evidence, last), exercise,
                    observed=f"a loss that wants logits is given the output of a {loss.origin}",
                    expected="logits",
                    because="the sigmoid is applied twice, so with two classes of equal size the"
                    " loss stays above 0.50",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A sigmoid in the call of the loss, or at the end of the model."""
        for each in passes(solution):
            if loss_made(solution, each) == "BCEWithLogitsLoss":
                text = "torch.sigmoid({})"
                yield Mutant("sigmoid into loss", (given_otherwise(solution, each, 0, text),))
        if any(solution.calls("BCEWithLogitsLoss")):
            for name, edits in returned(solution, "torch.sigmoid({})", wide=False):
                yield Mutant(f"sigmoid at the end of {name}", edits)
        for cell, call in solution.calls("BCELoss"):
            named = solution.text(cell, call.func).removesuffix("BCELoss")
            edit = solution.replaced(cell, call.func, f"{named}BCEWithLogitsLoss")
            yield Mutant("loss with logits on probabilities", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A sigmoid before it, logits, small logits, and a sigmoid where it belongs."""

        def fed(kind: str, origin: str) -> Evidence:
            told = {"kind": kind, "origin": origin, "module": None}
            return Scene().cell("3").trains(loss=told).evidence()

        return [
            Example("probabilities", fed("binary_cross_entropy_with_logits", "sigmoid"), "3", True),
            Example("logits", fed("binary_cross_entropy_with_logits", "linear"), "3", False),
            Example("a loss for probabilities", fed("binary_cross_entropy", "sigmoid"), "3", False),
            Example("a layer within the model", fed("binary_cross_entropy_with_logits", "squeeze"),
                    "3", False),
        ]  # fmt: skip
