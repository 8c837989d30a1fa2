"""A loss for numbers is used on classes, or one for classes on numbers."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from grader.data_parts import same
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.fault import Example, Fault
from grader.fed import trained_on
from grader.finding import Diagnosis
from grader.loop_edits import other_loss
from grader.model_facts import LossSeen
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import runs_of

NUMBERS = ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")
BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
EXACT = 1e-4
MOST_CLASSES = 20


class LossOfAnotherTask(Fault):
    """Told by the numbers of all tensors that may have been the target, by their shape."""

    id = "L11"
    title = "a loss of another kind of task"
    severity = "W"
    stage = "loss"
    component = "loss-choice"
    sure = False
    folds = ("T17", "T20")
    hints = (
        "Is a number predicted here, or a class?",
        "How far one class number is from another means nothing. And a cross-entropy measures"
        " probabilities of classes, not distances.",
        "For numbers use a loss of distances. For two classes use a binary cross-entropy on"
        " logits, for more the cross-entropy over a column for each.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs whose loss does not go with the targets."""
        for run in runs_of(evidence, exercise):
            loss, last = run.loss, run.parts[-1]
            wrong = self._wrong(evidence, loss) if loss and run.backwards > 1 else None
            if wrong is not None:
                observed, expected, because = wrong
                yield self.at(
                    seen_at(evidence, last, "backward"), exercise,
                    observed=observed, expected=expected, because=because,
                )  # fmt: skip

    def _wrong(self, evidence: Evidence, loss: LossSeen) -> tuple[str, str, str] | None:
        given = loss.input_shape or []
        if loss.kind in ("cross_entropy", "nll_loss"):
            if given[1:] == [1]:
                return (f"a cross-entropy over one column, of shape {given}",
                        "a column for each class, or a loss for numbers",
                        "the softmax of one column is always 1, so nothing is learned")  # fmt: skip
            return None
        targets = like_targets(evidence, loss.target_shape or [])
        labels = [is_labels(t) for t in targets]
        if loss.kind in NUMBERS and labels and all(labels):
            return (f"{loss.kind} of targets that are class numbers", "a cross-entropy",
                    "distances between class numbers mean nothing, so the loss says little about"
                    " the classes")  # fmt: skip
        if loss.kind in BINARY and targets and not any(map(in_0_to_1, targets)):
            return (f"{loss.kind} of targets outside of 0 to 1", "a loss for numbers",
                    "a binary cross-entropy measures probabilities, not distances")  # fmt: skip
        return None

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """Another loss class."""
        for was, others in (
            ("BCEWithLogitsLoss", ("MSELoss", "L1Loss")),
            ("BCELoss", ("MSELoss",)),
            ("L1Loss", ("CrossEntropyLoss", "BCEWithLogitsLoss")),
        ):
            for other in others:
                for _, edit in other_loss(solution, was, other):
                    yield Mutant(f"{other} for {was}", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """Distances of labels, one column, targets that are no probabilities, and what fits."""

        def fed(kind: str, given: list[int], targets: list[float]) -> Evidence:
            scene = Scene().cell("3")
            scene.tensor([len(targets)], targets)
            told = {"kind": kind, "origin": "linear", "input_shape": given,
                    "target_shape": [len(targets)]}  # fmt: skip
            return scene.trains(loss=told).evidence()

        labels, numbers = [0.0, 1.0, 1.0, 0.0], [0.9, 1.1, 1.2, 1.0]
        return [
            Example("a squared error of labels", fed("mse_loss", [4], labels), "3", True),
            Example("a cross-entropy of one column", fed("cross_entropy", [4, 1], numbers), "3",
                    True),
            Example("a binary loss of numbers", fed(BINARY[1], [4], numbers), "3", True),
            Example("a binary loss of labels", fed(BINARY[1], [4], labels), "3", False),
            Example("a squared error of numbers", fed("mse_loss", [4], numbers), "3", False),
            Example("a cross-entropy of three columns", fed("cross_entropy", [4, 3], labels), "3",
                    False),
        ]  # fmt: skip


def by_shape(evidence: Evidence) -> dict[tuple[int, ...], list[TensorSeen]]:
    """Tensors that were bound to names and are no model's inputs, by their shapes."""
    found: dict[tuple[int, ...], list[TensorSeen]] = {}
    fed = trained_on(evidence)
    for tensor in evidence.everywhere(TensorSeen):
        if "bound" in tensor.ways and not tensor.requires_grad and prod(tensor.shape) > 1:
            if any(t.shape == tensor.shape and same(t, tensor) for t in fed):
                continue
            found.setdefault(tuple(tensor.shape), []).append(tensor)
    return found


def like_targets(evidence: Evidence, shape: list[int]) -> list[TensorSeen]:
    """Tensors that may have been the target, or of which it may have been a batch."""
    held = evidence.once(by_shape)
    alike = held.get(tuple(shape), [])
    if alike or not shape:
        return alike
    return [t for s, ts in held.items() if s[1:] == tuple(shape[1:]) and s[0] > shape[0]
            for t in ts]  # fmt: skip


def is_labels(tensor: TensorSeen) -> bool:
    """Whether all its numbers are whole and few, as those of classes are."""
    if tensor.values is not None:
        numbers = set(tensor.values)
        return len(numbers) <= MOST_CLASSES and all(float(n).is_integer() for n in numbers)
    if tensor.stats and len(tensor.stats) == 4:
        low, high, mean, spread = tensor.stats
        ends = (low, high) == (0.0, 1.0)
        return ends and abs(spread**2 - mean * (1 - mean)) < EXACT * 10
    return False


def in_0_to_1(tensor: TensorSeen) -> bool:
    """Whether all its numbers lie from 0 to 1."""
    numbers = tensor.values or (tensor.stats or [])[:2]
    return bool(numbers) and min(numbers) >= 0 and max(numbers) <= 1
