"""A model with fewer outputs than there are classes, or more than the task has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen, TrainingSeen
from grader.fault import Example, Fault, harmless
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

TARGET = r"Target (-?\d+) is out of bounds"
SIZES = (
    r"Target size \(torch\.Size\(\[([\d, ]*)\]\)\) must be the same as input size"
    r" \(torch\.Size\(\[([\d, ]*)\]\)\)|target size \(torch\.Size\(\[([\d, ]*)\]\)\) that is"
    r" different to the input size \(torch\.Size\(\[([\d, ]*)\]\)\)"
)


class WrongNumberOfOutputs(Fault):
    """The error of a loss that meets a class without an output, or outputs without a label."""

    id = "M10"
    title = "the number of outputs does not fit the classes"
    severity = "F"
    stage = "model"
    component = "logits-probs-labels"
    folds = ("L09",)
    hints = (
        "Compare the size of the last layer with the number of classes.",
        "A task of many classes needs one output for each of them. A task of two, with a binary"
        " loss, needs one output in all.",
        "Set the outputs of the last layer from the number of different labels.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """A label that is too high, more than one output for a binary loss, or outputs to spare."""
        for raised in errors(evidence, exercise, "IndexError", TARGET):
            found = re.search(TARGET, raised.end.evalue or "")
            sizes = [o.shape for o in raised.given if o.shape and len(o.shape) > 1]
            outputs = f"{sizes[0][1]} outputs" if sizes else "too few outputs"
            yield self.at(
                raised.end, exercise,
                observed=f"{outputs}, and a label {found.group(1) if found else ''}",
                expected="one output for each class, with labels that start at 0",
                because="the loss looks for the output of a class that the model has none for",
            )  # fmt: skip
        for raised in errors(evidence, exercise, "ValueError", SIZES):
            found = re.search(SIZES, " ".join((raised.end.evalue or "").split()))
            target, given = (
                (shape(t) for t in found.groups() if t is not None) if found else ([], [])
            )
            if len(given) == 2 and given[1] > 1 and target in ([given[0]], [given[0], 1]):
                yield self.at(
                    raised.end, exercise, observed=f"an output of shape {given}, labels {target}",
                    expected="one output for each sample",
                    because="a binary loss compares one output with one label",
                )  # fmt: skip
        yield from self._to_spare(evidence, exercise)

    def _to_spare(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Outputs that no label ever asks for: legal, and worth knowing."""
        labels = [
            max(tensor.values) if tensor.values else tensor.stats[1] if tensor.stats else None
            for op in evidence.of(exercise, OpSeen) if op.op == "cross_entropy"
            for tensor in [evidence.tensor(op, op.inputs[1]) if len(op.inputs) > 1 else None]
            if tensor is not None and "int" in tensor.dtype
        ]  # fmt: skip
        highest = max((label for label in labels if label is not None), default=None)
        for run in evidence.of(exercise, TrainingSeen):
            outputs = run.loss.input_shape if run.loss else None
            if highest is None or not outputs or len(outputs) != 2 or run.loss is None:
                continue
            if run.loss.kind == "cross_entropy" and outputs[1] > highest + 1:
                yield harmless(self.at(
                    run, exercise, observed=f"{outputs[1]} outputs, labels up to {highest:g}",
                    expected=f"{highest + 1:g} outputs",
                    because="outputs without a class cost nothing, and are never right",
                ))  # fmt: skip
                return

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The last layer gets an output less, or one more where it has one."""
        for cell, call in solution.calls("Linear"):
            last = call.args[1] if len(call.args) > 1 else None
            if isinstance(last, ast.Constant) and last.value in (1, 3):
                other = "2"
                yield Mutant("two outputs", (solution.replaced(cell, last, other),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A label without an output, two outputs for a binary loss, and a missing squeeze."""
        few = Scene().cell("7", "loss_fn(m(X), y)")
        few.error("IndexError", "Target 2 is out of bounds.", {"X": [300, 2], "y": [300]})

        def sizes(target: str, given: str) -> Evidence:
            said = f"Target size (torch.Size([{target}])) must be the same as input size"
            scene = Scene().cell("7", "loss_fn(m(X), y)")
            return scene.error("ValueError", f"{said} (torch.Size([{given}]))", {}).evidence()

        return [
            Example("a label without an output", few.evidence(), "7", True),
            Example("two outputs for a binary loss", sizes("800", "800, 2"), "7", True),
            Example("a column and a row", sizes("800", "800, 1"), "7", False),
        ]


def shape(text: str) -> list[int]:
    """The sizes that an error names."""
    return [int(size) for size in text.split(",") if size.strip()]
