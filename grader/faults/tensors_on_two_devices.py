"""Tensors, or a model and its data, on different devices."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import CellEnded, ModelCalled, OpSeen, TensorSeen
from grader.fault import Example, Fault, lucky, possible
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

PATTERN = (
    r"Expected all tensors to be on the same device|but found at least two devices"
    r"|Input type \(.*(?:cuda|mps).*\) and (?:bias|weight) type|is on (?:cuda|mps|cpu)[\w:]*,"
    r".*(?:cuda|mps|cpu)|Placeholder storage has not been allocated"
)
LOSSES = ("l1_loss", "mse_loss", "cross_entropy", "binary_cross_entropy_with_logits",
          "binary_cross_entropy", "nll_loss")  # fmt: skip
TOGETHER = {"matmul", "mm", "bmm", "add", "sub", "mul", "div", "linear", "eq", "cat", "stack",
            *LOSSES}  # fmt: skip
"""Calls that need all their tensors on one device, but for single numbers."""


class TensorsOnTwoDevices(Fault):
    """The error of torch for it; without a GPU, a call that would raise on one."""

    id = "X08"
    title = "what is calculated together lies on two devices"
    severity = "F"
    stage = "crash"
    component = "device"
    hints = (
        "Print the device of the data and that of a parameter of the model.",
        "All tensors of one operation have to lie on one device. A model is moved as a whole, each"
        " tensor by itself.",
        "Move the data to the model's device, and keep what the move returns.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, and calls of tensors that count as on different devices."""
        found = False
        for raised in errors(evidence, exercise, "RuntimeError|TypeError", PATTERN):
            told = ", ".join(
                f"{o.name or 'a value'} on {o.device}"
                for o in [*raised.models(), *raised.tensors()] if o.device
            )  # fmt: skip
            found = True
            yield self.at(
                raised.end, exercise, observed=told or raised.said, expected="one device for all",
                because="an operation calculates where its tensors lie, and they lie apart",
            )  # fmt: skip
        raising = [e.cell for e in evidence.everywhere(CellEnded) if e.ending == "raised"]
        for call in () if found else evidence.of(exercise, ModelCalled):
            if any(cell <= call.cell for cell in raising):
                break  # the line that moves the data may stand below the one that raised
            for met in call.devices:
                if met.model != met.data:
                    yield lucky(self.at(
                        call, exercise, observed=f"a model on {met.model}, its data on {met.data}",
                        expected="one device for both",
                        because="where there is a GPU this call raises an error",
                    ))  # fmt: skip
                    return
        for op in () if found else evidence.of(exercise, OpSeen):
            given = [t for t in (evidence.tensor(op, i) for i in op.inputs) if t is not None]
            apart = [t for t in given if t.shape and not may_move(op, t)]
            if op.op in TOGETHER and len({t.device for t in apart}) > 1:
                yield possible(lucky(self.at(
                    op, exercise, observed=f"{op.op} of {told_of(apart)}",
                    expected="one device for both",
                    because="where there is a GPU this line raises an error",
                )))  # fmt: skip
                return

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A move goes."""
        for cell, call in solution.calls("to"):
            if isinstance(call.func, ast.Attribute):
                statement = solution.statement(cell, call)
                if isinstance(statement, ast.Assign):
                    text = solution.text(cell, call.func.value)
                    yield Mutant("not moved", (solution.replaced(cell, call, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """An error, a model and its data apart, two tensors apart, and a single number."""
        said = "Expected all tensors to be on the same device, but found at least two devices"
        error = Scene().cell("3").error("RuntimeError", said, {"a": [2], "b": [2]})

        def product(
            one: str, other: str, *shape: int, learnt: bool = False, op: str = "mul"
        ) -> Evidence:
            scene = Scene().cell("3")
            handles = [
                scene.tensor([2, 2], device=one),
                scene.tensor(list(shape), device=other, requires_grad=learnt),
            ]
            return scene.op(op, handles, []).evidence()

        def model(data: str) -> Evidence:
            met = {"model": "cuda:0", "data": data, "calls": 3}
            return Scene().cell("3").calls("m1", (), [met], train_grad=3).evidence()

        met = {"model": "cuda:0", "data": "cpu", "calls": 3}
        after_an_error = (
            Scene().cell("3", "x").ends("raised", "NameError", "name 'x' is not defined", line=1)
            .cell("3").calls("m1", (), [met], train_grad=3).evidence()
        )  # fmt: skip
        return [
            Example("an error", error.evidence(), "3", True),
            Example("a model and its data apart", model("cpu"), "3", True),
            Example("a model and its data apart, after an error", after_an_error, "3", False),
            Example("a model and its data together", model("cuda:0"), "3", False),
            Example("two tensors apart", product("cuda:0", "cpu", 2, 2), "3", True),
            Example("two tensors together", product("cuda:0", "cuda:0", 2, 2), "3", False),
            Example("a parameter that moves later", product("cuda:0", "cpu", 2, 2, learnt=True),
                    "3", False),
            Example("a prediction and a target left behind",
                    product("cpu", "cuda:0", 2, 2, learnt=True, op="l1_loss"), "3", True),
            Example("a single number from the CPU", product("cuda:0", "cpu"), "3", False),
        ]  # fmt: skip


def may_move(op: OpSeen, tensor: TensorSeen) -> bool:
    """Whether it may be a model's parameter, which moves within a cell as it is.

    Where that is, the model's calls tell. What goes into a loss is a prediction.
    """
    return tensor.requires_grad and op.op not in LOSSES


def told_of(tensors: list[TensorSeen]) -> str:
    """Shapes and devices."""
    return " and ".join(f"{t.shape} on {t.device}" for t in tensors)
