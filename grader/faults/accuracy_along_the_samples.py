"""An accuracy counts labels that come from a softmax along the samples, and is another one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import ModelCalled, OpSeen, TensorSeen, TrainingSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.scene import Scene
from grader.score_operations import OF_CLASSES, comparisons, origin

SQUASHES = ("softmax", "log_softmax")


class AccuracyAlongTheSamples(Fault):
    """Labels from a softmax over the samples are compared, and more or fewer of them are right.

    The labels that the scores themselves give are worked out again. Where as many of those are
    right, the number that is shown is true, and this tells nothing. Neither does it where a loss is
    given such a softmax, in the exercise or where its models were trained, because the model learns
    for it then.
    """

    id = "B10"
    title = "accuracy is counted after a softmax along the samples"
    severity = "F"
    stage = "metrics"
    component = "logits-probs-labels"
    folds = ("X06",)
    hints = (
        "Sum what softmax gave along each dimension. Which sums are 1?",
        "The probabilities of one point add up to 1. For scores of shape [points, classes] softmax"
        " has to go along the classes.",
        "Let softmax go along the dimension of the classes, before the labels are taken.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The first such comparison in each cell."""
        if any(learns_for_it(evidence, op) for op in learning(evidence, exercise)):
            return
        told: set[int] = set()
        for op, *sides in comparisons(evidence, exercise):
            for given, targets in zip(op.inputs, reversed(sides), strict=True):
                squashed = along_the_samples(evidence, op, given)
                if op.cell in told or squashed is None:
                    continue
                scores = evidence.tensor(squashed, squashed.inputs[0])
                labels = evidence.tensor(op, given)
                counts = right_of_both(scores, labels, targets)
                if counts is None or counts[0] == counts[1]:
                    continue
                told.add(op.cell)
                number = len(targets.values or ())
                yield self.at(
                    op, exercise, observed=f"{counts[0]} of {number} labels are right",
                    expected=f"{counts[1]} of {number}, by the scores of the same points",
                    because="each point is compared with other points, so the accuracy is not that"
                    " of the model",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A softmax along the samples comes before the labels of a comparison."""
        for cell, equal in solution.nodes(ast.Compare):
            left = equal.left
            if not (isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute)):
                continue
            if called(left) == "argmax" and left.keywords:
                scores = left.func.value
                text = f"{solution.text(cell, scores)}.softmax(dim=0)"
                yield Mutant("softmax", (solution.replaced(cell, scores, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """An accuracy that is another one, ones that are not, and a model that learns so."""
        scores = [3.0, 2.0, 0.1, 0.0, 9.0, 0.0]

        def counted(
            labels: list[float],
            *,
            dim: int = 0,
            learns: bool = False,
            told: bool = True,
            before: Scene | None = None,
        ) -> Evidence:
            scene = before or Scene()
            scene.cell("7").calls("m1", eval_quiet=1)
            x = scene.tensor([3, 4])
            logits = f"t{int(x[1:]) + 1}"
            if told:
                scene.tensor([3, 2], scores)
            else:
                scene.large([3, 2], 0.0, 9.0)
            soft = scene.tensor([3, 2], [0.0] * 6)
            picked = scene.tensor([3], labels, dtype="int64")
            targets = scene.tensor([3], [0, 0, 0], dtype="int64")
            scene.op("linear", [x], [logits]).op("softmax", [logits, dim], [soft])
            if learns:
                scene.op("cross_entropy", [soft, targets], [0.5])
            scene.op("argmax", [soft, 1], [picked])
            return scene.op("eq", [picked, targets], [scene.tensor([3], [0, 0, 0])]).evidence()

        def learnt(exercise: str, model: str = "m1") -> Scene:
            scene = Scene().cell(exercise).trains(model=model)
            logits, soft = scene.tensor([3, 2], scores), scene.tensor([3, 2], [0.0] * 6)
            targets = scene.tensor([3], [0, 0, 0], dtype="int64")
            scene.op("softmax", [logits, 0], [soft])
            return scene.op("cross_entropy", [soft, targets], [0.5])

        other = learnt("5", "m2").cell("4").trains()
        unnumbered = Scene().cell("7")
        none, soft = unnumbered.tensor([3, 0], []), unnumbered.tensor([3, 0], [])
        picked = unnumbered.tensor([3], [1, 1, 0], dtype="int64")
        targets = unnumbered.tensor([3], [0, 0, 0], dtype="int64")
        unnumbered.op("softmax", [none, 0], [soft]).op("argmax", [soft, 1], [picked])
        unnumbered.op("eq", [picked, targets], [True])
        return [
            Example("fewer are right", counted([1, 1, 0]), "7", True),
            Example("as many are right", counted([0, 0, 0]), "7", False),
            Example("along the classes", counted([1, 1, 0], dim=1), "7", False),
            Example("a model that learns for it", counted([1, 1, 0], learns=True), "7", False),
            Example("one that learned for it in another cell",
                    counted([1, 1, 0], before=learnt("7")), "7", False),
            Example("one that learned for it in another exercise",
                    counted([1, 1, 0], before=learnt("4")), "7", False),
            Example("another model learned for it", counted([1, 1, 0], before=other), "7", True),
            Example("scores of no class", unnumbered.evidence(), "7", False),
            Example("scores that are not known", counted([1, 1, 0], told=False), "7", False),
        ]  # fmt: skip


def learning(evidence: Evidence, exercise: str) -> list[OpSeen]:
    """The operations of an exercise and of those that trained a model which it calls.

    Where none of these trainings was seen, the model may be of any.
    """
    models = {c.model for c in evidence.of(exercise, ModelCalled)}
    own = {t.exercise for t in evidence.everywhere(TrainingSeen) if t.model in models}
    ops = evidence.everywhere(OpSeen)
    return [op for op in ops if op.exercise == exercise or op.exercise in own] if own else ops


def learns_for_it(evidence: Evidence, op: OpSeen) -> bool:
    """Whether an operation is a loss of classes that is given such a softmax."""
    if op.op not in OF_CLASSES or not op.inputs:
        return False
    made = origin(evidence, op, op.inputs[0])
    return made is not None and made.by is not None and is_along_the_samples(evidence, made.by)


def along_the_samples(evidence: Evidence, op: OpSeen, labels: object) -> OpSeen | None:
    """The softmax along the samples from whose result labels were taken, class by class."""
    taken = origin(evidence, op, labels)
    if taken is None or taken.by is None or taken.by.op != "argmax" or not taken.by.inputs:
        return None
    if dimension(taken.by) not in (1, -1):
        return None
    made = origin(evidence, taken.by, taken.by.inputs[0])
    if made is None or made.by is None or not is_along_the_samples(evidence, made.by):
        return None
    return made.by


def is_along_the_samples(evidence: Evidence, op: OpSeen) -> bool:
    """Whether an operation is a softmax of scores along their first dimension of two."""
    scores = evidence.tensor(op, op.inputs[0]) if op.op in SQUASHES and op.inputs else None
    return scores is not None and len(scores.shape) == 2 and dimension(op) in (0, -2)


def dimension(op: OpSeen) -> object:
    """The dimension that an operation was told to go along; None for all."""
    return op.named.get("dim", op.inputs[1] if len(op.inputs) > 1 else None)


def right_of_both(
    scores: TensorSeen | None, labels: TensorSeen | None, targets: TensorSeen
) -> tuple[int, int] | None:
    """How many labels are right, and how many of those that the scores give; None if unknown."""
    known = [t.values for t in (scores, labels, targets) if t is not None and t.values is not None]
    if len(known) < 3 or scores is None or len(scores.shape) != 2:
        return None
    numbers, own, wanted = known
    points, classes = scores.shape
    if not classes or not (len(own) == len(wanted) == points and len(numbers) == points * classes):
        return None
    rows = [numbers[i * classes : (i + 1) * classes] for i in range(points)]
    by_scores = [row.index(max(row)) for row in rows]
    right = sum(a == b for a, b in zip(own, wanted, strict=True))
    return right, sum(a == b for a, b in zip(by_scores, wanted, strict=True))
