"""A model class without a method `forward`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_classes import Function, ModelClass, concerned
from grader.planting import Edit, Mutant, Solution
from grader.raised import errors
from grader.scene import Scene


class ForwardMissing(Fault):
    """The error of a module that is called and cannot answer."""

    id = "M02"
    title = "the model has no method `forward`"
    severity = "F"
    stage = "model"
    component = "nn-module"
    hints = (
        "Look at the name and the indentation of the method that computes the output.",
        "Calling a model runs its method `forward`. A method with another name, or one within"
        " another method, is never found.",
        "Give the method its exact name, and indent it as deep as `__init__`.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, with what the class has instead."""
        for raised in errors(evidence, exercise, "NotImplementedError", 'required "forward"'):
            about = concerned(evidence, raised)
            yield self.at(
                raised.end, exercise,
                observed=instead(about[-1]) if about else raised.said,
                expected="a method `forward` at the level of the class",
                because="calling a model runs its method `forward`, and there is none",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """Another name, and a place within `__init__`."""
        for cell, node in solution.nodes(ast.ClassDef):
            functions = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
            forward = functions.get("forward")
            if forward is None or not node.bases:
                continue
            lines = solution.lines(cell)[forward.lineno - 1 : forward.end_lineno]
            named = lines[0].replace("forward", "foward")
            yield Mutant(
                "another name", (Edit(cell, forward.lineno, forward.lineno, named),)
            )  # fmt: skip
            made = functions.get("__init__")
            if made is not None and made.lineno < forward.lineno:
                text = "\n".join(f"    {line}" for line in lines)
                last = forward.end_lineno or forward.lineno
                yield Mutant("within another method", (Edit(cell, forward.lineno, last, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A slip in the name, a method within another, and another error of this class."""
        start = "from torch import nn\nclass M(nn.Module):\n"
        said = 'Module [M] is missing the required "forward" function'
        slip = Scene().cell("2", start + "    def foward(self, x):\n        return x")
        within = Scene().cell(
            "2", start + "    def __init__(self):\n        def forward(self, x): return x"
        )
        other = Scene().cell("2", start + "    def forward(self, x): raise NotImplementedError")
        for scene, text in ((slip, said), (within, said), (other, "")):
            scene.error("NotImplementedError", text, {"x": [3, 2]})
        return [
            Example("a slip in the name", slip.evidence(), "2", True),
            Example("a method within another", within.evidence(), "2", True),
            Example("another error of this class", other.evidence(), "2", False),
        ]


def instead(model: ModelClass) -> str:
    """What a class has in place of the method."""
    nested = [
        node for method in model.node.body if isinstance(method, Function)
        for node in ast.walk(method) if isinstance(node, Function) and node.name == "forward"
    ]  # fmt: skip
    if nested:
        line = model.cell.line(nested[0])
        return f"{model.name} has its `forward` within another method, in line {line}"
    near = get_close_matches("forward", [m.lower() for m in model.methods()], n=1)
    real = [m for m in model.methods() if m.lower() in near]
    return f"{model.name} has {f'a method `{real[0]}`' if real else 'no such method'}"
