"""Two random tensors are multiplied element by element where a matrix product is meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault, possible
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene

PRODUCTS = {"matmul", "mm", "mv", "bmm", "dot", "einsum", "inner", "tensordot", "linear", "addmm"}
DRAWS = {"rand", "randn", "randint", "rand_like", "randn_like", "to", "cuda", "T", "t"}


class ElementByElement(Fault):
    """A `*` of two drawn matrices, in an exercise without any matrix product."""

    id = "X02"
    title = "`*` multiplies element by element"
    severity = "F"
    stage = "result"
    component = "matmul-shape"
    hints = (
        "What shape should the result have, and what shape has it?",
        "The star multiplies numbers that stand at the same place. A matrix product multiplies rows"
        " with columns, and has an operator of its own.",
        "Use the operator or function for matrix products. Its inner sizes have to be equal.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Possible: that a product was meant is the task's, not the run's, to say."""
        ops = evidence.of(exercise, OpSeen)
        if any(op.op in PRODUCTS for op in ops):
            return
        drawn = {h for op in evidence.everywhere(OpSeen) if op.op in DRAWS for h in op.outputs}
        for op in ops:
            given = [evidence.tensor(op, i) for i in op.inputs]
            one, other = (*given, None, None)[:2]
            if op.op not in ("mul", "multiply") or one is None or other is None:
                continue
            if len(one.shape) == len(other.shape) == 2 and {one.handle, other.handle} <= drawn:
                out = evidence.tensor(op, op.outputs[0]) if op.outputs else None
                yield possible(self.at(
                    op, exercise,
                    observed=f"{one.shape} * {other.shape}{f' gives {out.shape}' if out else ''}",
                    expected="a matrix product, if the task asks for one",
                    because="`*` multiplies the numbers that stand at the same place",
                ))  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A star in place of the operator of matrix products."""
        for cell, node in solution.nodes(ast.BinOp):
            if isinstance(node.op, ast.MatMult):
                left, right = solution.text(cell, node.left), node.right
                plain = solution.text(cell, right).removesuffix(".T")
                yield Mutant("a star", (solution.replaced(cell, node, f"{left} * {plain}"),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Two drawn matrices, a weighting by numbers that were not drawn, and a product beside."""

        def scene(*, random: bool = True, product: bool = False) -> Evidence:
            built = Scene().cell("3")
            one = built.tensor([7, 7], random=True)
            other = built.tensor([1, 7], random=random)
            if product:
                built.op("matmul", [one, other], [built.tensor([7, 1])])
            return built.op("mul", [one, other], [built.tensor([7, 7])]).evidence()

        return [
            Example("two drawn matrices", scene(), "3", True),
            Example("a weighting", scene(random=False), "3", False),
            Example("a product beside it", scene(product=True), "3", False),
        ]
