"""A model class that does not call `__init__` of `nn.Module`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_classes import ModelClass, concerned, model_classes
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

PATTERN = (
    r"before Module\.__init__\(\) call"
    r"|has no attribute '_(?:modules|parameters|buffers|(?:forward|backward)_\w*hooks)'"
)


class ParentInitMissing(Fault):
    """The error of a module that was never set up."""

    id = "M01"
    title = "`super().__init__()` is missing"
    severity = "F"
    stage = "model"
    component = "nn-module"
    hints = (
        "Look at the first line of the model's `__init__`.",
        "nn.Module sets up the registers for layers in its own `__init__`. Until that has run, no"
        " layer can be stored on self.",
        "Call the parent's `__init__` before the first layer is stored.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, with the class that lacks the call."""
        for raised in errors(evidence, exercise, "AttributeError", PATTERN):
            classes = evidence.once(model_classes)
            lacking = [c for c in classes if c.method("__init__") and not calls_parent(c)]
            about = [c for c in concerned(evidence, raised) if c in lacking] or lacking[-1:]
            name = about[-1].name if about else "the model's class"
            line = about[-1].cell.line(about[-1].node) if about else None
            here = about and about[-1].cell.read.cell == raised.end.cell
            yield self.at(
                raised.end, exercise, line=line if here else None, observed=raised.said,
                expected=f"super().__init__() as the first line of `__init__` of {name}",
                because="without it a module has no place to keep its layers and parameters",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The call goes."""
        for cell, call in solution.calls("__init__"):
            statement = solution.statement(cell, call)
            if statement is not None and solution.text(cell, call).startswith("super("):
                yield Mutant("no call of the parent", (solution.without(cell, statement),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A layer before the call, and another attribute that is not there."""
        written = (
            "from torch import nn\nclass M(nn.Module):\n    def __init__(self):\n"
            "        self.layer = nn.Linear(2, 1)\nM()"
        )
        missing = Scene().cell("2", written)
        missing.ends(
            "raised", "AttributeError", "cannot assign module before Module.__init__() call", line=4
        )
        other = Scene().cell("2", "m.layer")
        other.error("AttributeError", "'M' object has no attribute 'layer'", {})
        return [
            Example("a layer before the call", missing.evidence(), "2", True),
            Example("a name that is not there", other.evidence(), "2", False),
        ]


def calls_parent(model: ModelClass) -> bool:
    """Whether its `__init__` calls the one of its parent."""
    made = model.method("__init__")
    return made is not None and any(
        isinstance(n, ast.Attribute) and n.attr == "__init__" for n in ast.walk(made)
    )
