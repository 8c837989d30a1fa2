"""An accuracy that holds a model's scores against labels."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.score_operations import comparisons, whole


class AccuracyOfScores(Fault):
    """A comparison with `==` of numbers that are not whole with others that are."""

    id = "B06"
    title = "accuracy is counted from scores, not from labels"
    severity = "F"
    stage = "metrics"
    component = "logits-probs-labels"
    sure = False
    hints = (
        "Print the first five of both things that the accuracy compares.",
        "An accuracy counts equal labels. Logits and probabilities are no labels, and are hardly"
        " ever equal to one.",
        "Turn the scores into labels first: round probabilities of two classes, take the position"
        " of the largest score of several.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The first such comparison in each cell that calls a model."""
        cells = {call.cell for call in evidence.of(exercise, ModelCalled)}
        for op, one, other in comparisons(evidence, exercise):
            if op.cell not in cells or one.shape != other.shape or max(one.shape, default=0) < 2:
                continue
            scores, labels = (one, other) if whole(one) is False else (other, one)
            if whole(scores) is False and whole(labels):
                cells.discard(op.cell)
                shown = f" such as {scores.values[0]:.4g}" if scores.values else ""
                yield self.at(
                    op, exercise,
                    observed=f"{scores.shape} numbers{shown} compared with labels",
                    expected="labels on both sides of the comparison",
                    because="a score hardly ever equals a label, so the accuracy means nothing",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """What turns scores of two classes into labels goes."""
        for cell, equal in solution.nodes(ast.Compare):
            sides = [equal.left, *equal.comparators]
            if isinstance(equal.ops[0], ast.Eq) and all(isinstance(s, ast.Compare) for s in sides):
                bare = [solution.text(cell, s.left) for s in sides if isinstance(s, ast.Compare)]
                text = " == ".join(bare)
                yield Mutant("scores", (solution.replaced(cell, equal, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Scores, labels, and the predictions of two models."""

        def compared(left: list[float], right: list[float]) -> Evidence:
            scene = Scene().cell("4").calls("m1", train_grad=3)
            pair = [scene.tensor([3], left), scene.tensor([3], right)]
            return scene.op("eq", pair, [scene.tensor([3], [0, 0, 0], dtype="bool")]).evidence()

        return [
            Example("scores and labels", compared([0.2, -1.5, 0.7], [0, 1, 1]), "4", True),
            Example("labels on the left", compared([0, 1, 1], [0.2, -1.5, 0.7]), "4", True),
            Example("labels and labels", compared([0, 0, 1], [0, 1, 1]), "4", False),
            Example("two models", compared([0.2, 0.5, 0.7], [0.2, 0.4, 0.7]), "4", False),
        ]
