"""A reshape that gives the shape of a transpose, with the numbers in another order."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene

PRODUCTS = {"matmul", "mm"}


class ReshapedInsteadOfTransposed(Fault):
    """A matrix whose sizes were swapped by a reshape, in a matrix product."""

    id = "X05"
    title = "reshape is used where axes should change places"
    severity = "F"
    stage = "result"
    component = "tensor-ops"
    sure = False
    hints = (
        "Print the tensor before and after this line. Are rows now columns?",
        "A reshape cuts the same row of numbers anew. Only a transpose makes rows of columns.",
        "Use the transpose of the tensor in the product.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Reshapes from (a, b) to (b, a), both more than 1, that go into a product."""
        ops = evidence.of(exercise, OpSeen)
        used = {(op.cell, i) for op in ops if op.op in PRODUCTS for i in map(str, op.inputs)}
        for op in ops:
            if op.op not in ("reshape", "view") or not op.inputs or not op.outputs:
                continue
            before, after = evidence.tensor(op, op.inputs[0]), evidence.tensor(op, op.outputs[0])
            if before is None or after is None or (op.cell, after.handle) not in used:
                continue
            shape = before.shape
            if (
                len(shape) == 2
                and min(shape) > 1
                and shape[0] != shape[1]
                and after.shape == shape[::-1]
            ):
                yield self.at(
                    op, exercise, observed=f"{op.op} makes {after.shape} of {shape}",
                    expected=f"the transpose, also of shape {after.shape}",
                    because="the shape is right, and the numbers stand at other places",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A transpose becomes a reshape, where it is one of more than a row."""
        many = {
            name.id for _, node in solution.nodes(ast.Assign) for name in node.targets
            if isinstance(name, ast.Name) and "(2, 3)" in ast.unparse(node.value)
        }  # fmt: skip
        for cell, node in solution.nodes(ast.Attribute):
            if node.attr == "T" and isinstance(node.value, ast.Name) and node.value.id in many:
                name = node.value.id
                for how in ("reshape", "view"):
                    text = f"{name}.{how}({name}.shape[1], {name}.shape[0])"
                    yield Mutant(f"a {how}", (solution.replaced(cell, node, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A matrix, a row that becomes a column, and a reshape that no product uses."""

        def scene(shape: list[int], *, product: bool = True) -> Evidence:
            built = Scene().cell("7")
            one, before = built.tensor([2, 3]), built.tensor(shape)
            after = built.tensor(shape[::-1])
            built.op("reshape", [before, *shape[::-1]], [after])
            if product:
                built.op("matmul", [one, after], [built.tensor([2, shape[0]])])
            return built.evidence()

        return [
            Example("a matrix in a product", scene([2, 3]), "7", True),
            Example("a row that becomes a column", scene([1, 3]), "7", False),
            Example("no product", scene([2, 3], product=False), "7", False),
        ]
