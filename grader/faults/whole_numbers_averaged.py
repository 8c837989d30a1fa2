"""A mean, a softmax and the like of whole numbers."""

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
    r"could not infer output dtype|Input dtype must be either a floating point"
    r"|\"\w*softmax\w*\" not implemented for '(?:Long|Int|Short|Byte|Char|Bool)'"
    r"|\"\w*(?:mean|std|var|norm)\w*\" not implemented for"
    r"|std and var only support floating point"
)


class WholeNumbersAveraged(Fault):
    """The error of torch for it, with the tensor's dtype."""

    id = "X07"
    title = "a mean or softmax of whole numbers"
    severity = "F"
    stage = "crash"
    component = "dtype"
    hints = (
        "Print the dtype of the tensor.",
        "A mean or a probability is a fraction. A tensor of whole numbers or truth values has no"
        " place for it, so torch refuses.",
        "Convert it to floating-point numbers before the mean or the softmax is taken.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "RuntimeError|NotImplementedError", PATTERN):
            yield self.at(
                raised.end, exercise,
                observed=f"{raised.with_types()}: {raised.said}".removeprefix(": "),
                expected="a tensor of dtype float32",
                because="the result is a fraction, and the tensor holds whole numbers",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The conversion before a mean goes."""
        for cell, call in solution.calls("mean"):
            inner = call.func.value if isinstance(call.func, ast.Attribute) else None
            if (
                isinstance(inner, ast.Call)
                and isinstance(inner.func, ast.Attribute)
                and inner.func.attr == "float"
            ):
                text = solution.text(cell, inner.func.value)
                yield Mutant("no conversion", (solution.replaced(cell, inner, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A mean of whole numbers, and something else that is not implemented."""
        said = "mean(): could not infer output dtype. Input dtype must be either a floating point"
        mean = Scene().cell("2", "x.mean()")
        mean.error("NotImplementedError", f"{said} or complex dtype. Got: Long", {"x": [5]})
        other = Scene().cell("2", "m(x)").error("NotImplementedError", "", {"x": [5]})
        return [
            Example("a mean of whole numbers", mean.evidence(), "2", True),
            Example("something else", other.evidence(), "2", False),
        ]
