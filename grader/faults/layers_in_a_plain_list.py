"""Layers kept in a plain list or dictionary, where the model does not see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_classes import Kept, ModelClass, classes_of, concerned, own
from grader.planting import Mutant, Solution, called
from grader.raised import errors
from grader.scene import Scene

PLAIN = (ast.List, ast.Tuple, ast.ListComp, ast.Dict, ast.DictComp)


class LayersInAPlainList(Fault):
    """Layers of a list that none of the models made of the class has among its own."""

    id = "M04"
    title = "layers are kept in a plain list"
    severity = "F"
    stage = "model"
    component = "nn-module"
    folds = ("X10",)
    hints = (
        "Compare the number of the model's parameters with the layers in its code.",
        "A model knows only the layers that are attributes of it, or lie in an nn.ModuleList,"
        " nn.ModuleDict or nn.Sequential. Others are neither trained nor moved nor saved.",
        "Wrap the list or dictionary in the container of torch.nn made for it.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """An optimizer that got nothing, or models that lack the layers of a list."""
        for raised in errors(evidence, exercise, "ValueError", "empty parameter list"):
            for model in concerned(evidence, raised):
                for kept in plain_lists(model):
                    yield self._told(exercise, model, kept)
        for model in classes_of(evidence, exercise):
            seen = model.seen(evidence)
            for kept in plain_lists(model):
                paths = [path for m in seen for path, _ in m.layers]
                if seen and not any(p.split(".")[0] == kept.name for p in paths):
                    yield self._told(exercise, model, kept)

    def _told(self, exercise: str, model: ModelClass, kept: Kept) -> Diagnosis:
        return self.at(
            model.cell.read, exercise, line=kept.line,
            observed=f"self.{kept.name} of {model.name} is a plain list or dictionary of layers",
            expected="an nn.ModuleList, nn.ModuleDict or nn.Sequential",
            because="the model does not know these layers, so no optimizer gets their parameters",
        )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A container of torch becomes a list."""
        for cell, call in solution.calls("ModuleList"):
            inner = ", ".join(solution.text(cell, a) for a in call.args)
            yield Mutant("a list", (solution.replaced(cell, call, f"list({inner})"),))
        for cell, node in solution.nodes(ast.Return):
            given = node.value
            if not (isinstance(given, ast.Call) and own(given.func) and len(given.args) == 1):
                continue
            for at, made in solution.calls("Sequential"):
                statement = solution.statement(at, made)
                if (
                    at == cell
                    and isinstance(statement, ast.Assign)
                    and statement.value is made
                    and own(statement.targets[0]) == own(given.func)
                ):
                    name = solution.text(cell, given.args[0])
                    layers = ", ".join(solution.text(cell, a) for a in made.args)
                    loop = f"for each in self.{own(given.func)}:\n    {name} = each({name})"
                    yield Mutant("a list", (
                        solution.replaced(cell, made, f"[{layers}]"),
                        solution.instead(cell, node, f"{loop}\nreturn {name}"),
                    ))  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """A list without and beside other layers, and two that end up in a container."""
        start = "from torch import nn\nclass Line(nn.Module):\n    def __init__(self):\n        "
        plain = f"{start}self.parts = [nn.Linear(1, 1)]"
        module = f"{start}self.parts = nn.ModuleList([nn.Linear(1, 1)])"
        wrapped = f"{plain}\n        self.layer = nn.Sequential(*self.parts)"
        empty = Scene().cell("2", plain)
        empty.error("ValueError", "optimizer got an empty parameter list", {})
        beside = Scene().cell("2", plain).model()
        container = Scene().cell("2", module).model(layers=[("parts.0", "Linear")])
        return [
            Example("a list alone", empty.evidence(), "2", True),
            Example("a list beside a layer", beside.evidence(), "2", True),
            Example("a ModuleList", container.evidence(), "2", False),
            Example("a list put into a container", Scene().cell("2", wrapped).model().evidence(),
                    "2", False),
            Example("nothing was made of it", Scene().cell("2", plain).evidence(), "2", False),
        ]  # fmt: skip


def plain_lists(model: ModelClass) -> Iterator[Kept]:
    """Attributes that hold layers in a list, and are not put into a container elsewhere."""
    handed = {
        own(inner) for call in ast.walk(model.node)
        if isinstance(call, ast.Call) and called(call) in ("Sequential", "ModuleList", "ModuleDict")
        for inner in ast.walk(call)
    }  # fmt: skip
    for kept in model.kept():
        value = kept.value
        plain = isinstance(value, PLAIN) or (
            isinstance(value, ast.Call) and called(value) in ("list", "tuple", "dict")
        )
        if plain and kept.name not in handed and (
            model.layers_in(value) or any(map(model.layers_in, added(model, kept.name)))
        ):  # fmt: skip
            yield kept


def added(model: ModelClass, name: str) -> Iterator[ast.Call]:
    """Calls in a class that append to an attribute."""
    for node in ast.walk(model.node):
        if (
            isinstance(node, ast.Call)
            and called(node) in ("append", "extend")
            and isinstance(node.func, ast.Attribute)
            and own(node.func.value) == name
        ):
            yield node
