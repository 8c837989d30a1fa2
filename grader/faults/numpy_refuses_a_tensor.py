"""NumPy or Matplotlib is given a tensor that has a gradient or lies on a GPU."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault, lucky
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.raised import errors
from grader.scene import Scene

PATTERN = r"Can't call numpy\(\) on Tensor that requires grad|can't convert .*device type tensor"


class NumpyRefusesATensor(Fault):
    """The error of torch for it; without a GPU, a conversion that would raise on one."""

    id = "E07"
    title = "a tensor with gradients or on a GPU goes to NumPy or a plot"
    severity = "F"
    stage = "result"
    component = "device"
    hints = (
        "Where does the tensor lie, and does it ask for gradients?",
        "NumPy and Matplotlib know neither GPUs nor gradients. They take arrays that lie in the"
        " computer's own memory.",
        "Predict without gradients, and bring the result to the CPU before it is converted or"
        " drawn.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, and conversions of tensors that count as on a GPU."""
        for raised in errors(evidence, exercise, "RuntimeError|TypeError", PATTERN):
            shown = [o for o in raised.tensors() if o.gradient or o.device not in (None, "cpu")]
            told = ", ".join(
                f"{o.name or 'a value'} {o.shape} on {o.device}"
                + (", with gradients" if o.gradient else "") for o in shown
            )  # fmt: skip
            yield self.at(
                raised.end, exercise, observed=told or raised.said,
                expected="a tensor on the CPU without gradients",
                because="NumPy, and Matplotlib through it, can take no other",
            )  # fmt: skip
        for op in evidence.of(exercise, OpSeen):
            tensor = evidence.tensor(op, op.inputs[0]) if op.op == "numpy" and op.inputs else None
            if tensor is not None and tensor.device not in ("cpu", ""):
                yield lucky(self.at(
                    op, exercise, observed=f"numpy() of a tensor on {tensor.device}",
                    expected="a tensor on the CPU",
                    because="where there is a GPU this line raises an error",
                ))  # fmt: skip
                return

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A prediction that is drawn later is made with gradients."""
        drawn = {
            solution.text(cell, call.func.value): cell for cell, call in solution.calls("cpu")
            if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
        }  # fmt: skip
        for cell, node in solution.nodes(ast.With):
            context, body = node.items[0].context_expr, node.body[0]
            quiet = isinstance(context, ast.Call) and called(context) in (
                "inference_mode", "no_grad"
            )  # fmt: skip
            if quiet and len(node.body) == 1 and isinstance(body, ast.Assign):
                if solution.text(cell, body.targets[0]) in drawn:
                    text = solution.text(cell, body)
                    yield Mutant("with gradients", (solution.instead(cell, node, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A tensor with gradients, one on a GPU, and one that was brought back."""
        said = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy()"
        asks = {"name": "p", "type": "tensor", "shape": [24, 1], "dtype": "float32",
                "device": "cpu", "gradient": True}  # fmt: skip
        grad = Scene().cell("4").error("RuntimeError", said, {}, operands=[asks])

        def converted(device: str) -> Evidence:
            scene = Scene().cell("4")
            handle = scene.tensor([24, 1], device=device)
            return scene.op("numpy", [handle], []).evidence()

        return [
            Example("a tensor with gradients", grad.evidence(), "4", True),
            Example("a tensor on a GPU", converted("cuda:0"), "4", True),
            Example("a tensor on the CPU", converted("cpu"), "4", False),
        ]
