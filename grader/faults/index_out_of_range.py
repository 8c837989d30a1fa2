"""An index or a dimension that a tensor does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

PATTERN = (
    r"out of bounds for (?:dimension|axis)|Dimension out of range|too many indices|invalid index"
)


class IndexOutOfRange(Fault):
    """The error of torch or NumPy for it, with the tensor's shape."""

    id = "X25"
    title = "an index or dimension is not there"
    severity = "F"
    stage = "result"
    component = "tensor-ops"
    hints = (
        "Print the shape of the tensor, and count its dimensions.",
        "Dimensions and positions are counted from 0. A tensor of shape [800] has only dimension 0,"
        " and positions 0 to 799.",
        "Use a dimension and a position that the shape has.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "IndexError", PATTERN):
            yield self.at(
                raised.end, exercise, observed=raised.with_shapes() or raised.said,
                expected="an index within the shape",
                because=" ".join((raised.end.evalue or "").rstrip(". ").split()),
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A dimension that is too high."""
        for cell, call in solution.calls("squeeze", "unsqueeze", "argmax", "softmax"):
            for keyword in call.keywords:
                if keyword.arg == "dim" and isinstance(keyword.value, ast.Constant):
                    yield Mutant("dim=4", (solution.replaced(cell, keyword.value, "4"),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A dimension too high, and a label without an output."""

        def scene(said: str) -> Evidence:
            return Scene().cell("4").error("IndexError", said, {"x": [800]}).evidence()

        high = "Dimension out of range (expected to be in range of [-1, 0], but got 1)"
        return [
            Example("a dimension too high", scene(high), "4", True),
            Example("a label without an output", scene("Target 2 is out of bounds."), "4", False),
        ]
