"""Logits that are rounded, or cut at 0.5, as if they were probabilities."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.scene import Scene
from grader.score_operations import losses_of, origin

WITH_LOGITS = "binary_cross_entropy_with_logits"
SQUASHES = ("sigmoid", "softmax")
"""What makes probabilities, whatever loss they go into."""


class LogitsCutAtAHalf(Fault):
    """What a loss takes for logits, or a last linear layer gave, is rounded or held against 0.5."""

    id = "B07"
    title = "logits are rounded or cut at 0.5"
    severity = "F"
    stage = "metrics"
    component = "logits-probs-labels"
    hints = (
        "At which value of the logit does the class change that is the likelier one?",
        "The sigmoid turns a logit of 0 into a probability of 0.5. A logit of 0.5 stands for a"
        " probability of 0.62.",
        "Put the sigmoid before the rounding, or cut the logits where the probability is a half.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The first such operation in each cell, where the training's loss wants logits."""
        if losses_of(evidence, exercise) != {WITH_LOGITS}:
            return
        ops = evidence.of(exercise, OpSeen)
        given = [origin(evidence, op, op.inputs[0]) for op in ops
                 if op.op == WITH_LOGITS and op.inputs]  # fmt: skip
        logits = {
            made.handle for made in given
            if made is not None and (made.by is None or made.by.op not in SQUASHES)
        }  # fmt: skip
        told: set[int] = set()
        for op in ops:
            if op.cell in told or not cuts(op):
                continue
            made = origin(evidence, op, op.inputs[0])
            if made is None or not (
                made.handle in logits or (made.by is not None and made.by.op == "linear")
            ):
                continue
            told.add(op.cell)
            yield self.at(
                op, exercise,
                observed="logits are rounded" if op.op == "round" else "logits are cut at 0.5",
                expected="probabilities cut at 0.5, or logits cut at 0",
                because="a logit between 0 and 0.5 stands for the class 1, and counts as 0 here",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """Logits are cut elsewhere, or rounded without their sigmoid."""
        wants_logits = any(True for _ in solution.calls("BCEWithLogitsLoss"))
        for cell, compare in solution.nodes(ast.Compare) if wants_logits else ():
            limit = compare.comparators[0]
            if isinstance(limit, ast.Constant) and limit.value == 0 and isinstance(
                compare.ops[0], ast.Gt
            ):  # fmt: skip
                yield Mutant("cut at 0.5", (solution.replaced(cell, limit, "0.5"),))
        for cell, call in solution.calls("round") if wants_logits else ():
            inner = call.args[0] if call.args else None
            if isinstance(inner, ast.Call) and called(inner) == "sigmoid" and inner.args:
                text = solution.text(cell, inner.args[0])
                yield Mutant("rounded", (solution.replaced(cell, inner, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Logits cut at 0.5, at 0, after the sigmoid, and of a model that gives probabilities."""

        def labelled(
            limit: float, *, sigmoid: bool = False, within: bool = False, loss: str = WITH_LOGITS
        ) -> Evidence:
            scene = Scene().cell("4").trains(loss={"kind": loss, "origin": "linear"})
            x, y = scene.tensor([3, 2], [1.0] * 6), scene.tensor([3], [0, 1, 1])
            out = scene.tensor([3, 1], [0.2, -1.5, 0.7])
            scene.op("linear", [x], [out])
            flat = scene.tensor([3], [0.2, -1.5, 0.7])
            scene.op("sigmoid" if within else "squeeze", [out], [flat]).op(loss, [flat, y], [0.5])
            cut = flat
            if sigmoid:
                cut = scene.tensor([3], [0.55, 0.18, 0.67])
                scene.op("sigmoid", [flat], [cut])
            return scene.op("gt", [cut, limit], [scene.tensor([3], [0, 0, 1])]).evidence()

        return [
            Example("cut at a half", labelled(0.5), "4", True),
            Example("cut at 0", labelled(0), "4", False),
            Example("cut after the sigmoid", labelled(0.5, sigmoid=True), "4", False),
            Example("a model with a sigmoid of its own", labelled(0.5, within=True), "4", False),
            Example("a loss of probabilities", labelled(0.5, loss="binary_cross_entropy"), "4",
                    False),
        ]  # fmt: skip


def cuts(op: OpSeen) -> bool:
    """Whether an operation turns probabilities into labels."""
    if op.op == "round":
        return bool(op.inputs)
    return op.op in ("gt", "ge") and len(op.inputs) == 2 and op.inputs[1] == 0.5
