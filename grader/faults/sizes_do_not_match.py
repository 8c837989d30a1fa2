"""Two sizes that have to be equal are not: in arithmetic, in a stack, in a plot."""

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
    r"size of tensor a \(\d+\) must match|Sizes of tensors must match|expects each tensor to be"
    r" equal size|x and y must|'c' argument has|inconsistent numbers of samples|could not be"
    r" broadcast together|expected sequence of length"
)


class SizesDoNotMatch(Fault):
    """Errors that say so, with what the line was working on."""

    id = "X22"
    title = "sizes that have to be equal differ"
    severity = "F"
    stage = "result"
    component = "shape"
    hints = (
        "Print the shapes of everything on this line.",
        "What is compared, added or drawn together needs one size for all. The rest of a batch, or"
        " a name that stands for other data by now, has another one.",
        "Use the parts that belong together: predictions of all samples with the labels of all"
        " samples.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "RuntimeError|ValueError", PATTERN):
            shapes = raised.with_shapes()
            yield self.at(
                raised.end, exercise,
                observed=f"{shapes} {raised.where()}".strip() if shapes else raised.said,
                expected="equal sizes", because=(raised.end.evalue or "").rstrip(". \n"),
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A part of the predictions is drawn over all inputs."""
        for cell, call in solution.nodes(ast.Call):
            for given in call.args:
                function = given.func if isinstance(given, ast.Call) else None
                if isinstance(function, ast.Attribute) and function.attr == "cpu":
                    text = f"{solution.text(cell, given)}[:10]"
                    yield Mutant("a part of it", (solution.replaced(cell, given, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """The last batch against all labels, a plot, and a product."""

        def scene(name: str, said: str) -> Evidence:
            return Scene().cell("4").error(name, said, {"a": [32], "b": [10000]}).evidence()

        batch = "The size of tensor a (10000) must match the size of tensor b (32)"
        product = "mat1 and mat2 shapes cannot be multiplied (3x4 and 3x4)"
        return [
            Example("the last batch", scene("RuntimeError", batch), "4", True),
            Example("a plot", scene("ValueError", "x and y must be the same size"), "4", True),
            Example("a product", scene("RuntimeError", product), "4", False),
        ]
