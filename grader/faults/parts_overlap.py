"""Two parts of a data set share samples."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Edit, Mutant, Solution
from grader.scene import Scene

FEW = 10
"""Samples up to which a part is a look at the data."""


class PartsOverlap(Fault):
    """Two parts that were cut from one tensor, with more samples than it has."""

    id = "D05"
    title = "two parts of the data share samples"
    severity = "F"
    stage = "data"
    component = "data-split"
    sure = False
    hints = (
        "Add up the lengths of the parts. What is the length of the whole?",
        "Each sample belongs to one part. One that is in both is learned by heart and then counted"
        " as a test.",
        "Let one part end where the other begins.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Two parts cut one after the other, whose lengths add up to more than the whole."""
        cuts: dict[tuple[int, str], list[tuple[OpSeen, TensorSeen, TensorSeen]]] = {}
        for op in evidence.of(exercise, OpSeen):
            if op.op == "getitem" and op.inputs and op.outputs:
                whole, part = evidence.tensor(op, op.inputs[0]), evidence.tensor(op, op.outputs[0])
                if whole is not None and part is not None and is_part(part, whole):
                    cuts.setdefault((op.cell, whole.handle), []).append((op, whole, part))
        for of_one in cuts.values():
            for (_, _, first), (op, whole, second) in pairwise(of_one):
                lengths = first.shape[0], second.shape[0]
                if sum(lengths) > whole.shape[0] and first.handle != second.handle:
                    yield self.at(
                        op, exercise,
                        observed=f"{lengths[0]} and {lengths[1]} of {whole.shape[0]} samples",
                        expected="parts that add up to the whole",
                        because=f"{sum(lengths) - whole.shape[0]} or more are in both parts",
                    )  # fmt: skip
                    return

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The second parts of a cell begin twelve samples earlier, all at the same place."""
        cuts: dict[tuple[int, str], list[Edit]] = {}
        for cell, node in solution.nodes(ast.Assign):
            text = solution.text(cell, node)
            starts = {
                solution.text(cell, n.lower) for n in ast.walk(node)
                if isinstance(n, ast.Slice) and n.lower is not None and n.upper is None
            }  # fmt: skip
            if len(starts) != 1 or "sizes" in text:
                continue
            (start,) = starts
            earlier = text.replace(f"[{start}:]", f"[{start} - 12:]")
            few = start.isdigit() and int(start) <= FEW
            if earlier != text and not few:
                cuts.setdefault((cell, start), []).append(solution.instead(cell, node, earlier))
        for edits in cuts.values():
            yield Mutant("cut earlier", tuple(edits))

    @classmethod
    def examples(cls) -> list[Example]:
        """Parts that overlap, parts that meet, and the same part twice."""

        def scene(*lengths: int) -> Evidence:
            built = Scene().cell("1")
            whole = built.tensor([120, 1], random=True)
            parts = {n: built.tensor([n, 1], random=True) for n in lengths}
            for length in lengths:
                built.op("getitem", [whole], [parts[length]])
            return built.evidence()

        return [
            Example("parts that overlap", scene(96, 36), "1", True),
            Example("parts that meet", scene(96, 24), "1", False),
            Example("the same part twice", scene(96, 96), "1", False),
            Example("a look at the first rows", scene(118, 5), "1", False),
        ]


def is_part(part: TensorSeen, whole: TensorSeen) -> bool:
    """Whether it is a part of the samples of a data set, and no mere look at some."""
    if "bound" not in part.ways or not whole.shape or part.shape[1:] != whole.shape[1:]:
        return False
    return len(part.shape) == len(whole.shape) and FEW < part.shape[0] < whole.shape[0]
