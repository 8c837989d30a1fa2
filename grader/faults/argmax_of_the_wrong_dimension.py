"""argmax along the points, not along the classes."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.score_operations import OF_CLASSES, losses_of, origin

OF_SCORES = {"linear", "softmax", "log_softmax", *OF_CLASSES}


class ArgmaxOfTheWrongDimension(Fault):
    """The position of the largest score is looked for over the points, or over everything."""

    id = "B09"
    title = "argmax runs along the wrong dimension"
    severity = "F"
    stage = "metrics"
    component = "logits-probs-labels"
    sure = False
    folds = ("B08", "X04", "X06", "X22")
    hints = (
        "Which dimension of the scores holds the classes? How long is what argmax gives?",
        "A row holds the scores of one point, one for each class. There has to be one label for"
        " each row.",
        "Tell argmax to look along the dimension of the classes.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The first such argmax in each cell, of what a layer or softmax gave."""
        if not losses_of(evidence, exercise) <= OF_CLASSES:
            return
        told: set[int] = set()
        for op in evidence.of(exercise, OpSeen):
            if op.op != "argmax" or not op.inputs or op.cell in told:
                continue
            scores, made = evidence.tensor(op, op.inputs[0]), origin(evidence, op, op.inputs[0])
            if scores is None or len(scores.shape) != 2 or min(scores.shape) < 2:
                continue
            if made is None or made.by is None or made.by.op not in OF_SCORES:
                continue
            dim = op.inputs[1] if len(op.inputs) > 1 else op.named.get("dim")
            if dim in (None, 0, -2):
                told.add(op.cell)
                count = "one label" if dim is None else f"{scores.shape[1]} labels"
                yield self.at(
                    op, exercise,
                    observed=f"{count} for scores of shape {scores.shape}",
                    expected=f"{scores.shape[0]} labels, one for each row",
                    because="the largest score is looked for among the points, not among the"
                    " classes",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """Along the points, and along everything."""
        for cell, call in solution.calls("argmax"):
            for keyword in call.keywords:
                if keyword.arg == "dim":
                    yield Mutant("dim=0", (solution.replaced(cell, keyword.value, "0"),))
                    text = f"{solution.text(cell, call.func)}()"
                    yield Mutant("no dim", (solution.replaced(cell, call, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Along points, along everything, along classes, and of one point."""

        def found(dim: int | None, points: int = 5) -> Evidence:
            scene = Scene().cell("4").trains(loss={"kind": "cross_entropy", "origin": "linear"})
            shape = [points, 3] if points > 1 else [3]
            x, scores = scene.tensor([points, 2]), scene.tensor(shape, random=False)
            labels = scene.tensor([3], [1.0] * 3)
            inputs = [scores] if dim is None else [scores, dim]
            return scene.op("linear", [x], [scores]).op("argmax", inputs, [labels]).evidence()

        return [
            Example("along points", found(0), "4", True),
            Example("along everything", found(None), "4", True),
            Example("along classes", found(1), "4", False),
            Example("of one point", found(0, points=1), "4", False),
        ]
