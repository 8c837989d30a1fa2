"""Two linear layers with nothing between them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.scene import Scene

ACTIVATIONS = ("ReLU", "Tanh", "Sigmoid", "GELU", "SiLU", "LeakyReLU", "ELU")
FUNCTIONS = ("relu", "tanh", "sigmoid", "sin", "gelu", "silu")


class NothingBetweenLayers(Fault):
    """What one linear layer gave out went into another one as it was."""

    id = "M07"
    title = "two linear layers follow each other with nothing between them"
    severity = "W"
    stage = "model"
    component = "activation"
    hints = (
        "Look at what stands between two linear layers.",
        "Two linear layers in a row compute what one could. A straight line parts no circles, moons"
        " or spirals, however many of them are stacked.",
        "Put an activation between the linear layers.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The first pair of calls of this kind."""
        given_out: dict[tuple[int, object], OpSeen] = {}
        for op in evidence.of(exercise, OpSeen):
            if op.op != "linear" or not op.outputs:
                continue
            before = given_out.get((op.cell, op.inputs[0] if op.inputs else None))
            if before is not None:
                widths = [t.shape[-1] for t in (evidence.tensor(o, o.outputs[0]) for o in (before, op)) if t and t.shape]  # fmt: skip
                yield self.at(
                    op, exercise,
                    observed="the output of a linear layer goes straight into another one"
                    + (f" (sizes {' and '.join(map(str, widths))})" if widths else ""),
                    expected="an activation between the two",
                    because="together they compute what one linear layer could",
                )  # fmt: skip
                return
            given_out[op.cell, op.outputs[0]] = op

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The activations of a model become nothing."""
        for cell, node in solution.nodes(ast.ClassDef):
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
            layers = [c for c in calls if called(c) in ACTIVATIONS]
            if layers and sum(called(c) == "Linear" for c in calls) > 1:
                edits = (solution.replaced(cell, c, "nn.Identity()") for c in layers)
                yield Mutant("no activations", tuple(edits))
            for call in calls:
                inner = call.args[0] if call.args else None
                if called(call) in FUNCTIONS and isinstance(inner, ast.Call):
                    text = solution.text(cell, inner)
                    yield Mutant("an activation less", (solution.replaced(cell, call, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Two layers in a row, two with an activation between, and two side by side."""

        def scene(between: bool, *, apart: bool = False) -> Evidence:
            built = Scene().cell("4")
            x, first = built.tensor([5, 2]), built.tensor([5, 8])
            second, last = built.tensor([5, 8]), built.tensor([5, 1])
            built.op("linear", [x], [first])
            if between:
                built.op("relu", [first], [second])
            built.op("linear", [x if apart else second if between else first], [last])
            return built.evidence()

        return [
            Example("two in a row", scene(between=False), "4", True),
            Example("an activation between them", scene(between=True), "4", False),
            Example("two side by side", scene(between=False, apart=True), "4", False),
        ]
