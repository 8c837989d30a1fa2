"""An accuracy that compares every prediction with every label."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from math import prod

from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.scene import Scene
from grader.score_operations import comparisons


class AccuracyOfAllPairs(Fault):
    """A comparison of `[n, 1]` with `[n]`, which makes a table of n by n."""

    id = "B08"
    title = "accuracy compares every prediction with every label"
    severity = "F"
    stage = "metrics"
    component = "metrics"
    hints = (
        "Print the shape of what the comparison of predictions and labels gives.",
        "Where two shapes differ, torch repeats what is missing. A column held against a row gives"
        " a table of all pairs.",
        "Bring predictions and labels to the same shape before they are compared.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The first such comparison in each cell that calls a model."""
        cells = {call.cell for call in evidence.of(exercise, ModelCalled)}
        for op, one, other in comparisons(evidence, exercise):
            sizes = prod(one.shape), prod(other.shape)
            if op.cell in cells and one.shape != other.shape and sizes[0] == sizes[1] > 1:
                result = evidence.tensor(op, op.outputs[0]) if op.outputs else None
                if result is not None and prod(result.shape) > sizes[0]:
                    cells.discard(op.cell)
                    yield self.at(
                        op, exercise,
                        observed=f"{one.shape} compared with {other.shape} gives {result.shape}",
                        expected="two tensors of the same shape",
                        because="each prediction counts for every label, so the result is far off",
                    )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The predictions get one dimension more before they are compared."""
        for cell, equal in solution.nodes(ast.Compare):
            left = equal.left
            if not isinstance(equal.ops[0], ast.Eq):
                continue
            if isinstance(left, ast.Call) and called(left) == "argmax" and left.keywords:
                text = solution.text(cell, left).removesuffix(")") + ", keepdim=True)"
                yield Mutant("keepdim", (solution.replaced(cell, left, text),))
            elif isinstance(left, ast.Compare):
                text = f"{solution.text(cell, left.left)}.unsqueeze(dim=1)"
                yield Mutant("unsqueeze", (solution.replaced(cell, left.left, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A column and a row, two rows, and a row with one number."""

        def compared(one: list[int], other: list[int], result: list[int]) -> Evidence:
            scene = Scene().cell("4").calls("m1", eval_quiet=3)
            made = [scene.tensor(shape, [1.0] * prod(shape)) for shape in (one, other, result)]
            return scene.op("eq", made[:2], made[2:]).evidence()

        return [
            Example("a column and a row", compared([5, 1], [5], [5, 5]), "4", True),
            Example("two rows", compared([5], [5], [5]), "4", False),
            Example("one number for all", compared([5], [1], [5]), "4", False),
        ]
