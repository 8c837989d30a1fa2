"""A number to be learned that the model does not know of."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import CellEnded, TrainingSeen
from grader.fault import Example, Fault, possible
from grader.finding import Diagnosis
from grader.model_classes import Kept, ModelClass, classes_of, concerned, own
from grader.planting import Mutant, Solution
from grader.raised import Raised, errors
from grader.scene import Scene

MAKERS = {"randn", "rand", "zeros", "ones", "tensor", "full", "empty", "normal"}
EMPTY = "empty parameter list"
"""What an optimizer says that got no parameters."""


class WeightIsAPlainTensor(Fault):
    """A tensor of a model's own that no model of the class has among its parameters."""

    id = "M09"
    title = "a weight is a plain tensor, no `nn.Parameter`"
    severity = "F"
    stage = "model"
    component = "nn-module"
    hints = (
        "Print the model's state_dict. Is every weight in it?",
        "A model registers an attribute as something to learn only if it is an nn.Parameter. A"
        " plain tensor is neither trained nor saved.",
        "Wrap each weight in nn.Parameter before it is stored on self.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """An optimizer that got nothing, or models without a weight that asks for gradients.

        Where the class stands in another exercise than the optimizer that got nothing, the mistake
        was made there too. A class of which no model is known to have any parameter may have none.
        """
        for raised in errors(evidence, exercise, "ValueError", EMPTY):
            for model in concerned(evidence, raised):
                for kept in plain_tensors(model):
                    yield self._told(exercise, model, kept)
        elsewhere = any(t.elsewhere for t in evidence.everywhere(TrainingSeen))
        got_nothing = {
            model.node: raised.end.exercise for raised in evidence.once(empty_optimizers)
            for model in concerned(evidence, raised)
        }  # fmt: skip
        for model in classes_of(evidence, exercise):
            known = {path for m in model.seen(evidence) for path, _ in m.shapes}
            proven = got_nothing.get(model.node)
            for kept in plain_tensors(model) if not elsewhere and proven != exercise else ():
                if proven or (kept.name not in known and asks_for_gradients(kept.value)):
                    told = self._told(exercise, model, kept)
                    yield told if proven or known else possible(told)

    def _told(self, exercise: str, model: ModelClass, kept: Kept) -> Diagnosis:
        return self.at(
            model.cell.read, exercise, line=kept.line,
            observed=f"self.{kept.name} of {model.name} is {ast.unparse(kept.value)}",
            expected="an nn.Parameter",
            because="the model does not list it among its parameters, so no optimizer gets it",
        )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A parameter becomes a tensor that asks for gradients: one, and all of a class."""
        found = []
        for cell, call in solution.calls("Parameter"):
            if call.args and isinstance(call.args[0], ast.Call):
                inner = solution.text(cell, call.args[0]).removesuffix(")")
                found.append(solution.replaced(cell, call, f"{inner}, requires_grad=True)"))
        for edit in found:
            yield Mutant("one plain tensor", (edit,))
        if len(found) > 1:
            yield Mutant("only plain tensors", tuple(found))

    @classmethod
    def examples(cls) -> list[Example]:
        """Plain tensors that should learn, a parameter, and a constant."""
        start = (
            "import torch\nfrom torch import nn\nclass Line(nn.Module):\n    def __init__(self):"
        )
        rest = "\n    def forward(self, x):\n        return self.w * x"

        def scene(value: str, *names: str) -> Scene:
            written = Scene().cell("2", f"{start}\n        self.w = {value}{rest}")
            return written.model(shapes=[(n, [1]) for n in names]) if names else written

        empty = scene("torch.randn(1)")
        empty.error("ValueError", "optimizer got an empty parameter list", {})
        asks = "torch.randn(1, requires_grad=True)"
        below = scene("torch.randn(1)").cell("3", "torch.optim.SGD(Line().parameters())")
        below.error("ValueError", "optimizer got an empty parameter list", {})
        return [
            Example("nothing to optimize", empty.evidence(), "2", True),
            Example("nothing to optimize in the next exercise", below.evidence(), "2", True),
            Example("only plain tensors", scene(asks).evidence(), "2", True),
            Example("one of two", scene(asks, "bias").evidence(), "2", True),
            Example("a parameter", scene(f"nn.Parameter({asks})", "w").evidence(), "2", False),
            Example("a constant", scene("torch.ones(1)", "bias").evidence(), "2", False),
        ]


def empty_optimizers(evidence: Evidence) -> list[Raised]:
    """Where an optimizer got no parameters, in the whole hand-in."""
    exercises = dict.fromkeys(end.exercise for end in evidence.everywhere(CellEnded))
    return [raised for exercise in exercises if exercise
            for raised in errors(evidence, exercise, "ValueError", EMPTY)]  # fmt: skip


def plain_tensors(model: ModelClass) -> Iterator[Kept]:
    """Tensors that `__init__` makes and `forward` uses, and nothing registers."""
    forward = model.method("forward")
    used = {own(node) for node in ast.walk(forward)} if forward is not None else set()
    for kept in model.kept():
        call = kept.value
        while isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            paths = model.page.paths(call.func)
            if any(p.startswith("torch.") and p.split(".")[-1] in MAKERS for p in paths):
                if kept.name in used:
                    yield kept
                break
            call = call.func.value


def asks_for_gradients(value: ast.expr) -> bool:
    """Whether a tensor is made so that it asks for gradients."""
    return any(
        (isinstance(n, ast.keyword) and n.arg == "requires_grad"
         and isinstance(n.value, ast.Constant) and n.value.value is True)
        or (isinstance(n, ast.Attribute) and n.attr == "requires_grad_")
        for n in ast.walk(value)
    )  # fmt: skip
