"""A matrix product of shapes that do not fit."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault, harmless
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import Raised, errors
from grader.scene import Scene

PATTERN = (
    r"shapes cannot be multiplied|size mismatch, got|inconsistent tensor size"
    r"|dimension out of range.*matmul|must match.*(?:matmul|mat1)"
)
PRODUCTS = ("matmul", "mm", "mv")


class ShapesDoNotMultiply(Fault):
    """An error that says so, outside of a layer of a model."""

    id = "X01"
    title = "the shapes of a matrix product do not fit"
    severity = "F"
    stage = "crash"
    component = "matmul-shape"
    hints = (
        "Write the two shapes side by side.",
        "The two inner sizes of a matrix product have to be equal. The outer ones are the shape of"
        " the result.",
        "Swap the two dimensions of one of the two tensors.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, with the shapes of what was multiplied."""
        for raised in errors(evidence, exercise, "RuntimeError", PATTERN):
            if raised.line is None or raised.line.layer is None:
                told = self.at(
                    raised.end, exercise,
                    observed=raised.with_shapes() or raised.said,
                    expected="inner sizes that are equal",
                    because=self._sizes(raised),
                )  # fmt: skip
                later = [
                    op for op in evidence.of(exercise, OpSeen)
                    if op.op in PRODUCTS and op.cell > raised.end.cell and not op.error
                ]  # fmt: skip
                yield harmless(told) if later else told  # the error was shown, and put right

    def _sizes(self, raised: Raised) -> str:
        shapes = [o.shape for o in raised.tensors() if o.shape]
        if len(shapes) == 2 and len(shapes[0]) == len(shapes[1]) == 2:
            return f"the inner sizes are {shapes[0][1]} and {shapes[1][0]}"
        return "the inner sizes of the product differ"

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A product without its transpose."""
        for cell, node in solution.nodes(ast.BinOp):
            right = node.right
            if isinstance(node.op, ast.MatMult) and isinstance(right, ast.Attribute):
                text = solution.text(cell, right.value)
                yield Mutant("no transpose", (solution.replaced(cell, right, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """The error of a product, that of a layer, and another one."""
        said = "mat1 and mat2 shapes cannot be multiplied (3x4 and 3x4)"
        product, layer = Scene(), Scene()
        product.cell("3", "a @ b").error("RuntimeError", said, {"a": [3, 4], "b": [3, 4]})
        layer.cell("3", "m(a)").error("RuntimeError", said, {"a": [3, 4]}, layer=("Linear", [3, 4]))
        other = Scene().cell("3", "a @ c").error("NameError", "name 'c' is not defined", {})
        return [
            Example("a product of 3 by 4 and 3 by 4", product.evidence(), "3", True),
            Example("a layer that was given something else", layer.evidence(), "3", False),
            Example("another error", other.evidence(), "3", False),
        ]
