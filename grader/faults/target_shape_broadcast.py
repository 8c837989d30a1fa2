"""Prediction and target have different shapes, and every one is compared with every other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod

from grader.evidence import Evidence
from grader.facts import OutputSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import given_otherwise, loss_made, passes
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import loss_at, seen_at
from grader.training_runs import runs_of

POINT_BY_POINT = ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")
WARNED = re.compile(
    r"Using a target size \(torch\.Size\(\[([\d, ]*)\]\)\) that is different to the input size"
    r" \(torch\.Size\(\[([\d, ]*)\]\)\)"
)


class TargetShapeBroadcast(Fault):
    """Told by the shapes that a loss of points was given, or by torch's own warning."""

    id = "L05"
    title = "prediction and target are broadcast to a table"
    severity = "F"
    stage = "loss"
    component = "shape"
    folds = ("T17",)
    hints = (
        "Print the shapes of the two tensors that enter the loss.",
        "A column of shape [N, 1] minus a row of shape [N] is a table of N by N, so every"
        " prediction is compared with every target.",
        "Bring both to one shape before the loss: give the one a dimension of size 1, or take it"
        " from the other.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs whose loss was given two shapes that make a larger one together."""
        told: set[int] = set()
        for run in runs_of(evidence, exercise):
            loss, last = run.loss, run.parts[-1]
            if loss is None or loss.kind not in POINT_BY_POINT or run.backwards < 2:
                continue
            given, target = loss.input_shape, loss.target_shape
            if given is not None and target is not None and grows(given, target):
                told.add(last.cell)
                yield self.at(
                    loss_at(evidence, last), exercise,
                    observed=f"a prediction of shape {given} and a target of shape {target}",
                    expected="two tensors of one shape", because=self._so(given, target),
                )  # fmt: skip
        for output in evidence.of(exercise, OutputSeen):
            warned = WARNED.search(output.text)
            if warned and output.channel == "stderr" and output.cell not in told:
                target, given = ([int(n) for n in re.findall(r"\d+", s)] for s in warned.groups())
                if grows(given, target):
                    told.add(output.cell)
                    yield self.at(
                        seen_at(evidence, output, "mse_loss", "l1_loss", "backward"), exercise,
                        observed=f"a prediction of shape {given} and a target of shape {target}",
                        expected="two tensors of one shape", because=self._so(given, target),
                    )  # fmt: skip

    def _so(self, given: list[int], target: list[int]) -> str:
        pairs = prod(broadcast(given, target) or [])
        return (
            f"{prod(given)} predictions become {pairs} differences, so the model learns the mean of"
            " the targets"
        )

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The target loses its last dimension, or the prediction does."""
        for each in passes(solution):
            if loss_made(solution, each) in ("L1Loss", "MSELoss"):
                for position, what in enumerate(("prediction", "target")):
                    edit = given_otherwise(solution, each, position, "{}.squeeze()")
                    yield Mutant(f"{what} squeezed", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A column and a row, two columns, a single target, and the warning alone."""

        def fed(given: list[int], target: list[int], kind: str = "mse_loss") -> Evidence:
            told = {"kind": kind, "origin": "linear", "input_shape": given, "target_shape": target}
            return Scene().cell("3").trains(loss=told).evidence()

        warned = Scene().cell("3").prints(
            "UserWarning: Using a target size (torch.Size([80])) that is different to the input"
            " size (torch.Size([80, 1])). This will likely lead to", "stderr")  # fmt: skip
        return [
            Example("a column and a row", fed([80, 1], [80]), "3", True),
            Example("torch's warning", warned.evidence(), "3", True),
            Example("two columns", fed([80, 1], [80, 1]), "3", False),
            Example("one target for all", fed([80, 1], [1]), "3", False),
            Example("a row of one", fed([1, 1], [1]), "3", False),
            Example("classes", fed([80, 3], [80], "cross_entropy"), "3", False),
        ]


def broadcast(one: list[int], two: list[int]) -> list[int] | None:
    """The shape that two shapes make together, if they do."""
    longest = max(len(one), len(two))
    pairs = zip([1] * (longest - len(one)) + one, [1] * (longest - len(two)) + two, strict=True)
    sizes = [(a, b) for a, b in pairs]
    if any(a != b and 1 not in (a, b) for a, b in sizes):
        return None
    return [max(a, b) for a, b in sizes]


def grows(one: list[int], two: list[int]) -> bool:
    """Whether two shapes make one together that is larger than both."""
    together = broadcast(one, two)
    return together is not None and prod(together) > max(prod(one), prod(two))
