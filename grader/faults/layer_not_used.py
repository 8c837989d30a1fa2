"""A layer that is made and takes no part."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_classes import classes_of
from grader.planting import Mutant, Solution
from grader.scene import Scene


class LayerNotUsed(Fault):
    """A layer that models of the class have, and no code reads."""

    id = "M06"
    title = "a layer is never used"
    severity = "W"
    stage = "model"
    component = "nn-module"
    hints = (
        "Which of the attributes made in `__init__` appear in `forward`?",
        "A layer that is not called takes no part in the computation. Its weights stay as they"
        " were made.",
        "Call it in `forward` where it belongs, or take it out.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Layers of `__init__` that a model holds and nothing reads."""
        for model in classes_of(evidence, exercise):
            held = {path.split(".")[0] for m in model.seen(evidence) for path, _ in m.layers}
            if model.method("forward") is None:
                continue
            for kept in model.kept():
                if kept.name in held and model.layers_in(kept.value):
                    if not model.reads(kept.name):
                        yield self.at(
                            model.cell.read, exercise, line=kept.line,
                            observed=f"self.{kept.name} of {model.name} is made and never called",
                            expected="every layer in use in `forward`",
                            because="its weights take no part in any prediction, and never change",
                        )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A layer more, after the last line of an `__init__`."""
        for cell, node in solution.nodes(ast.FunctionDef):
            text = solution.text(cell, node)
            if node.name == "__init__" and "super()" in text:
                spare = "self.spare = torch.nn.Linear(2, 2)"
                yield Mutant("a spare layer", (solution.after(cell, node.body[-1], spare),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A layer nobody reads, and two that are read."""
        start = (
            "from torch import nn\nclass Line(nn.Module):\n    def __init__(self):\n"
            "        self.layer = nn.Linear(1, 1)\n    def forward(self, x):\n        return "
        )
        through = "[child(x) for child in self.children()]"
        return [
            Example("never read", Scene().cell("2", f"{start}x").model().evidence(), "2", True),
            Example("called", Scene().cell("2", f"{start}self.layer(x)").model().evidence(),
                    "2", False),
            Example("called with all others", Scene().cell("2", start + through).model().evidence(),
                    "2", False),
        ]  # fmt: skip
