"""A layer that is made anew in each call of the model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import ModelCalled, ModelSeen
from grader.fault import Example, Fault, possible
from grader.finding import Diagnosis
from grader.model_classes import classes_of, concerned, own
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene


class LayerMadeInForward(Fault):
    """A `forward` that makes a layer with numbers to be learned, of a model that was called."""

    id = "M05"
    title = "a layer is made in `forward`"
    severity = "F"
    stage = "model"
    component = "nn-module"
    folds = ("M06",)
    hints = (
        "Where are the weights of this layer kept between two calls of the model?",
        "A layer with weights is made once, so that the optimizer can hold them. Made in each call,"
        " it starts with new random numbers each time.",
        "Make the layer in `__init__`, keep it on self, and call it in `forward`.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Calls in `forward` that make a layer; certain where such a model was called."""
        handles = {m.model for m in evidence.everywhere(ModelCalled)}
        types = {m.type for m in evidence.everywhere(ModelSeen) if m.handle in handles}
        empty = errors(evidence, exercise, "ValueError", "empty parameter list")
        types |= {c.name for raised in empty for c in concerned(evidence, raised)}
        for model in classes_of(evidence, exercise):
            forward = model.method("forward")
            for call in model.layers_in(forward) if forward is not None else ():
                told = self.at(
                    model.cell.read, exercise, line=model.cell.line(call),
                    observed=f"`forward` of {model.name} makes a layer: {ast.unparse(call)}",
                    expected="a layer made once, in `__init__`",
                    because="its weights are new random numbers in each call, and never learn",
                )  # fmt: skip
                yield told if model.name in types else possible(told)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A layer that `__init__` keeps is made where it is called."""
        for cell, made in solution.calls("Linear"):
            statement = solution.statement(cell, made)
            if not (isinstance(statement, ast.Assign) and statement.value is made):
                continue
            for at, call in solution.nodes(ast.Call):
                if at == cell and own(call.func) and own(call.func) == own(statement.targets[0]):
                    layer = solution.text(cell, made)
                    if statement.lineno < call.lineno:
                        yield Mutant("made where it is called", (
                            solution.without(cell, statement),
                            solution.replaced(cell, call.func, layer),
                        ))  # fmt: skip
                        break

    @classmethod
    def examples(cls) -> list[Example]:
        """A layer with weights in `forward`, one without, and one in `__init__`."""
        start = "from torch import nn\nclass Line(nn.Module):\n    def "

        def scene(rest: str) -> Scene:
            return Scene().cell("2", start + rest).calls("m1", train_grad=3).model()

        inside = "forward(self, x):\n        return nn.Linear(1, 1)(x)"
        without = "forward(self, x):\n        return nn.ReLU()(x)"
        outside = "__init__(self):\n        self.layer = nn.Linear(1, 1)"
        return [
            Example("a layer with weights", scene(inside).evidence(), "2", True),
            Example("an activation", scene(without).evidence(), "2", False),
            Example("a layer in __init__", scene(outside).evidence(), "2", False),
        ]
