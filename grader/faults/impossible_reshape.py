"""A tensor is given a shape that its numbers do not fill."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

PATTERN = r"shape '\[([-\d, ]*)\]' is invalid for input of size (\d+)|requested resize to|view size"


class ImpossibleReshape(Fault):
    """The error of torch for it, with the tensor and the shape."""

    id = "X04"
    title = "a tensor cannot have this shape"
    severity = "F"
    stage = "crash"
    component = "tensor-ops"
    hints = (
        "Multiply the numbers of the new shape.",
        "Another shape holds the same numbers, no more and no fewer, so the product of its sizes"
        " stays as it was.",
        "Choose sizes with the same product. One of them may be -1 and is then worked out.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "RuntimeError", PATTERN):
            found = re.search(PATTERN, raised.end.evalue or "")
            shape, size = (found.group(1), found.group(2)) if found else (None, None)
            if shape is None:
                because = "a shape must hold as many numbers as there are, in the order they lie in"
            else:
                because = f"there are {size} numbers, and the shape [{shape}] cannot hold them"
            yield self.at(
                raised.end, exercise,
                observed=f"{raised.with_shapes()}: {raised.said}".removeprefix(": "),
                expected="sizes whose product is the number of elements",
                because=because,
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A squeeze becomes a shape with too few places, a reshape one with too many."""
        for cell, call in solution.calls("squeeze"):
            if isinstance(call.func, ast.Attribute) and not call.args and not call.keywords:
                text = f"{solution.text(cell, call.func.value)}.reshape(3, 7)"
                yield Mutant("an impossible shape", (solution.replaced(cell, call, text),))
        for cell, call in solution.calls("unsqueeze"):
            if isinstance(call.func, ast.Attribute):
                text = f"{solution.text(cell, call.func.value)}.reshape(7, -1)"
                yield Mutant("seven rows", (solution.replaced(cell, call, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Nine numbers in ten places, and sizes that differ elsewhere."""
        nine, other = Scene(), Scene()
        nine.cell("2", "a.reshape(2, 5)").error(
            "RuntimeError", "shape '[2, 5]' is invalid for input of size 9", {"a": [9]}
        )
        other.cell("2", "a + b").error(
            "RuntimeError", "The size of tensor a (9) must match the size of tensor b (5)",
            {"a": [9], "b": [5]},
        )  # fmt: skip
        return [
            Example("nine numbers in ten places", nine.evidence(), "2", True),
            Example("a sum of two sizes", other.evidence(), "2", False),
        ]
