"""A layer is given another number of features or channels than it was made for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import Raised, errors
from grader.scene import Scene

PATTERN = (
    r"shapes cannot be multiplied|size mismatch, got|to have \d+ channels, but got"
    r"|Expected \d+D .*input to conv|expected \d+D or \d+D input|normalized_shape|running_mean"
)


class LayerRefusesItsInput(Fault):
    """The error of a layer, with the shape it was given and the one it was made for."""

    id = "M11"
    title = "a layer is given data of another size than it was made for"
    severity = "F"
    stage = "model"
    component = "shape"
    hints = (
        "Compare the last size of what goes into the layer with the first number it was made with.",
        "What a layer gives out goes into the next one, so the numbers have to meet: features for a"
        " linear layer, channels for a convolution.",
        "Print the shape of the data before this layer, and make the layer for that size.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind that a layer of torch raised."""
        for raised in errors(evidence, exercise, "RuntimeError|ValueError", PATTERN):
            if raised.line is None or raised.line.layer is None:
                continue
            layer = raised.line.layer
            yield self.at(
                raised.end, exercise,
                observed=f"{raised.input_of_layer()} goes into a {layer.type}"
                f" {raised.where()}".rstrip(),
                expected=made_for(raised),
                because="a layer takes data of the size it was made for, and no other",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A linear layer takes one feature more than there is."""
        for cell, call in solution.calls("Linear"):
            given = [k.value for k in call.keywords if k.arg == "in_features"]
            for first in (call.args[:1] or given)[:1]:
                more = f"{solution.text(cell, first)} + 1"
                if isinstance(first, ast.Constant | ast.Name):
                    yield Mutant("a feature more", (solution.replaced(cell, first, more),))

    @classmethod
    def examples(cls) -> list[Example]:
        """The error of a layer, and that of a product."""
        said = "mat1 and mat2 shapes cannot be multiplied (10x3 and 2x8)"
        layer, product = Scene(), Scene()
        layer.cell("2", "m(x)").error(
            "RuntimeError", said, {"x": [10, 3]}, layer=("Linear", [10, 3])
        )
        product.cell("2", "a @ b").error("RuntimeError", said, {"a": [10, 3], "b": [2, 8]})
        return [
            Example("the error of a layer", layer.evidence(), "2", True),
            Example("the error of a product", product.evidence(), "2", False),
        ]


def made_for(raised: Raised) -> str:
    """What the layer that raised would take."""
    layer = raised.line.layer if raised.line else None
    weight = dict(layer.shapes).get("weight") if layer else None
    if layer is None or not weight or len(weight) < 2:
        return "data of the size that the layer was made for"
    if layer.type == "Linear":
        return f"{weight[1]} features as the last size"
    if layer.type.startswith("Conv"):
        sizes = ["batch", str(weight[1]), *["height", "width", "depth"][: len(weight) - 2]]
        return f"{weight[1]} channels, as in [{', '.join(sizes)}]"
    return f"data that fits a weight of shape {weight}"
