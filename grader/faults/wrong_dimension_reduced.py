"""Probabilities or labels are taken along the samples instead of the classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene

OPERATIONS = {"softmax", "log_softmax", "argmax"}


class WrongDimensionReduced(Fault):
    """A softmax or argmax with dim=0 of what a linear layer gave out."""

    id = "X06"
    title = "softmax or argmax goes along the samples"
    severity = "W"
    stage = "metrics"
    component = "tensor-ops"
    hints = (
        "Sum the result along each dimension. Which sums are 1?",
        "The argument dim names the dimension the operation goes along. For outputs of shape"
        " [samples, classes] that is the one of the classes.",
        "Let the operation go along the last dimension.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Operations of this kind, the first of each."""
        told: set[str] = set()
        ops = evidence.of(exercise, OpSeen)
        outputs = {(op.cell, str(h)) for op in ops if op.op == "linear" for h in op.outputs}
        for op in ops:
            if op.op not in OPERATIONS or not op.inputs or op.op in told or op.error:
                continue
            tensor = evidence.tensor(op, op.inputs[0])
            dim = op.named.get("dim", op.inputs[1] if len(op.inputs) > 1 else None)
            from_layer = tensor is not None and (op.cell, tensor.handle) in outputs
            if tensor is None or not from_layer or len(tensor.shape) != 2 or dim not in (0, -2):
                continue
            if isinstance(dim, int) and tensor.shape[0] > 1:
                told.add(op.op)
                yield self.at(
                    op, exercise, observed=f"{op.op} of {tensor.shape} with dim={dim}",
                    expected="dim=1, the dimension of the classes",
                    because="each sample is compared with other samples, not class with class",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The dimension of a softmax."""
        for cell, call in solution.calls("softmax"):
            for keyword in call.keywords:
                if keyword.arg == "dim" and isinstance(keyword.value, ast.Constant):
                    yield Mutant("dim=0", (solution.replaced(cell, keyword.value, "0"),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Along the samples, along the classes, and of something else."""

        def scene(dim: int, *, of_layer: bool = True) -> Evidence:
            built = Scene().cell("4")
            x, logits = built.tensor([5, 2]), built.tensor([5, 3])
            if of_layer:
                built.op("linear", [x], [logits])
            return built.op("softmax", [logits, dim], [built.tensor([5, 3])]).evidence()

        return [
            Example("along the samples", scene(0), "4", True),
            Example("along the classes", scene(1), "4", False),
            Example("of something else", scene(0, of_layer=False), "4", False),
        ]
