"""A number to be learned that the model does not know of."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fact import Fact
from grader.facts import TrainingSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.model_classes import Kept, ModelClass, classes_of, concerned, own
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

MAKERS = {"randn", "rand", "zeros", "ones", "tensor", "full", "empty", "normal"}


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
        """An optimizer that got nothing, or models without a weight that asks for gradients."""
        for raised in errors(evidence, exercise, "ValueError", "empty parameter list"):
            for model in concerned(evidence, raised):
                for kept in plain_tensors(model):
                    yield self._told(raised.end, exercise, model, kept, line=raised.end.line)
        elsewhere = any(t.elsewhere for t in evidence.everywhere(TrainingSeen))
        for model in classes_of(evidence, exercise):
            known = {path for m in model.seen(evidence) for path, _ in m.shapes}
            for kept in plain_tensors(model) if known and not elsewhere else ():
                if kept.name not in known and asks_for_gradients(kept.value):
                    yield self._told(model.cell.read, exercise, model, kept, line=kept.line)

    def _told(
        self, fact: Fact, exercise: str, model: ModelClass, kept: Kept, line: int | None
    ) -> Diagnosis:
        return self.at(
            fact, exercise, line=line,
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
        return [
            Example("nothing to optimize", empty.evidence(), "2", True),
            Example("one of two", scene(asks, "bias").evidence(), "2", True),
            Example("a parameter", scene(f"nn.Parameter({asks})", "w").evidence(), "2", False),
            Example("a constant", scene("torch.ones(1)", "bias").evidence(), "2", False),
        ]


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
