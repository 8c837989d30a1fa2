"""Data of another dtype than the weights of the model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

PATTERN = (
    r"(?:must|to) have the same dtype|expected scalar type \w+ but found \w+"
    r"|Input type \((?!.*cuda)(?!.*mps)[\w. ]+\) and (?:bias|weight) type \([\w. ]+\) should be"
    r"|argument 'input' \(position 1\) must be Tensor, not (?:numpy\.)?(?:ndarray|list|DataFrame)"
)


class NumbersOfAnotherType(Fault):
    """The error of a layer or a product, with the types that met."""

    id = "D06"
    title = "the data are of another dtype than the model"
    severity = "F"
    stage = "data"
    component = "dtype"
    hints = (
        "Print the dtype of the data and that of the model's weights.",
        "NumPy makes 64-bit numbers, layers of torch hold 32-bit ones, and torch mixes them in no"
        " product. Images may even be whole numbers.",
        "Convert the data to float32 where they are made, before any model sees them.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "RuntimeError|TypeError", PATTERN):
            layer = raised.line.layer if raised.line else None
            into = f"{raised.input_of_layer()} goes into a {layer.type}" if layer else ""
            yield self.at(
                raised.end, exercise, observed=into or raised.with_types() or raised.said,
                expected="float32 on both sides",
                because="layers hold 32-bit numbers and calculate with tensors of the same dtype",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The conversion of what comes from NumPy goes."""
        for cell, call in solution.calls("float"):
            inner = call.func.value if isinstance(call.func, ast.Attribute) else None
            if (
                isinstance(inner, ast.Call)
                and not call.args
                and solution.text(cell, inner.func) in ("torch.from_numpy", "torch.tensor")
            ):
                text = solution.text(cell, inner)
                yield Mutant("no conversion", (solution.replaced(cell, call, text),))
        done: set[int] = set()
        for cell, call in solution.calls("tensor"):
            types = [k for k in call.keywords if k.arg == "dtype"]
            if types and isinstance(call.args[0], ast.Name) and cell not in done:
                done.add(cell)  # the inputs come first; whole numbers as targets are another fault
                text = f"torch.tensor({solution.text(cell, call.args[0])})"
                yield Mutant("no dtype", (solution.replaced(cell, call, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Doubles in a linear layer, bytes in a convolution, and two devices."""
        said = "mat1 and mat2 must have the same dtype, but got Double and Float"
        image = "Input type (unsigned char) and bias type (float) should be the same"
        moved = "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be"

        def scene(text: str, layer: str) -> Evidence:
            built = Scene().cell("4", "m(x)")
            built.error("RuntimeError", text, {"x": [4, 2]}, layer=(layer, [4, 2]))
            return built.evidence()

        return [
            Example("doubles in a linear layer", scene(said, "Linear"), "4", True),
            Example("bytes in a convolution", scene(image, "Conv2d"), "4", True),
            Example("two devices", scene(moved, "Conv2d"), "4", False),
        ]
