"""A `forward` that computes and gives nothing back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_classes import Function, ModelClass, model_classes
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene


class ForwardReturnsNothing(Fault):
    """An error about None, where a model's `forward` has no return that gives a value."""

    id = "M03"
    title = "`forward` returns nothing"
    severity = "F"
    stage = "model"
    component = "nn-module"
    hints = (
        "What does the model give back? Print its type.",
        "A Python function without a return gives None, whatever it has computed.",
        "End `forward` with a line that returns the last tensor it computes.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors about None, beside a class that can give nothing else."""
        silent = [c for c in evidence.once(model_classes) if returns_nothing(c)]
        for raised in errors(evidence, exercise, "AttributeError|TypeError", "NoneType"):
            before = [c for c in silent if c.cell.read.cell <= raised.end.cell]
            used = {o.type for o in raised.models()}
            before = [c for c in before if c.name in used] or before
            if before:
                yield self.at(
                    raised.end, exercise,
                    observed=f"`forward` of {before[-1].name} has no return with a value;"
                    f" {raised.said}",
                    expected="a return with the last tensor that it computes",
                    because="the model gives None, and the next line cannot work with that",
                )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The return of `forward` goes, its value is computed still."""
        for cell, node in solution.nodes(ast.FunctionDef):
            returns = [n for n in ast.walk(node) if isinstance(n, ast.Return) and n.value]
            if node.name == "forward" and len(returns) == 1 and returns[0].value:
                text = solution.text(cell, returns[0].value)
                yield Mutant("no return", (solution.instead(cell, returns[0], text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """No return, a return, and a None from elsewhere."""
        start = "from torch import nn\nclass M(nn.Module):\n    def forward(self, x):\n        "
        said = "'NoneType' object has no attribute 'size'"
        silent, fine = Scene().cell("2", f"{start}x * 2"), Scene().cell("2", f"{start}return x")
        for scene in (silent, fine):
            scene.error("AttributeError", said, {"y": [3]})
        other = Scene().cell("2", f"{start}x * 2").error("TypeError", "an int is needed", {})
        return [
            Example("no return", silent.evidence(), "2", True),
            Example("a return, and a None from elsewhere", fine.evidence(), "2", False),
            Example("another error", other.evidence(), "2", False),
        ]


def returns_nothing(model: ModelClass) -> bool:
    """Whether its `forward` has no return with a value, and is no generator."""
    forward = model.method("forward")
    if forward is None:
        return False
    inner = {
        id(n) for f in ast.walk(forward) if isinstance(f, Function | ast.Lambda) and f is not forward
        for n in ast.walk(f)
    }  # fmt: skip
    ways = ast.Return | ast.Yield | ast.YieldFrom | ast.Raise
    return not any(
        isinstance(n, ways) and getattr(n, "value", n) is not None
        for n in ast.walk(forward) if id(n) not in inner
    )  # fmt: skip
