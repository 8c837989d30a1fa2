"""A function of the student's computes a known one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from pydantic import Field

from grader.asked import Given, best_answer, shortened
from grader.check import Check, Example
from grader.evidence import Evidence
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.scene import Scene

Known = Literal["tanh", "sigmoid", "relu", "softplus", "exp", "square", "absolute", "identity"]
KNOWN: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)) if x > -700 else 0.0,
    "relu": lambda x: max(x, 0.0),
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "exp": lambda x: math.exp(min(x, 700.0)),
    "square": lambda x: x * x,
    "absolute": abs,
    "identity": lambda x: x,
}
MOST_LOST = 0.5
"""Of the numbers, so many may be nan or infinite: a formula overflows sooner than a library."""


class FunctionIs(Check):
    """A function, class or object of the exercise computes a known function of each number.

    It reads the answers to a challenge that asks functions, and does not mind what they are called.
    One that takes a single number at a time counts as well. Where an answer is not finite it is not
    compared: a formula of exponentials overflows for large numbers.
    """

    kind = "function_is"
    reads_operations = False
    asks = "function"

    challenge: str = Field(description="id of a challenge of this exercise that asks functions")
    function: Known = Field(description="what it has to compute")
    own: bool = Field(True, description="a function of a library's earns half only")

    def challenges(self) -> list[str]:
        """The one."""
        return [self.challenge]

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The nearest function."""
        return best_answer(evidence, exercise, self.challenge, self._judge)

    def _judge(self, given: Given) -> Finding:
        inputs = [x for row in given.inputs.rows() for x in row]
        outputs = [y for row in given.rows for y in row]
        where = (given.answer.seq,)
        wanted = [KNOWN[self.function](x) for x in inputs]
        if len(outputs) != len(inputs):
            return failed(f"{given.who} gives another number of outputs", where=where,
                          expected=str(len(inputs)), actual=str(len(outputs)))  # fmt: skip
        known = [(x, y, w) for x, y, w in zip(inputs, outputs, wanted, strict=True)
                 if math.isfinite(y)]  # fmt: skip
        if len(known) < (1 - MOST_LOST) * len(inputs):
            return no_evidence(f"{given.who} gives too few finite numbers to compare")
        off = [k for k in known if not near(k[1], k[2])]
        if off:
            return failed(
                f"{given.who} is not {self.function}", where=where,
                expected=f"{shortened(w for _, _, w in off)} for {shortened(x for x, _, _ in off)}",
                actual=shortened(y for _, y, _ in off),
            )  # fmt: skip
        if self.own and not given.answer.own:
            return partly(0.5, f"{given.who} is a library's {self.function}", where=where,
                          expected="a function of your own")  # fmt: skip
        return passed(f"{given.who} computes {self.function}", where=where)

    @classmethod
    def examples(cls) -> list[Example]:
        """The function, a library's, one that overflows, another one, and none."""
        points = (-3.0, -1.0, 0.0, 2.0)
        right = [math.tanh(x) for x in points]
        fields = {"challenge": "c", "function": "tanh"}

        def story(*values: float, **told: object) -> Evidence:
            scene = Scene().cell("6").challenge(*points, ask="function")
            function = {"by": "function", "model": None, "type": "function", "name": "f"}
            return scene.answers(*values, **function, **told).evidence()

        nothing = Scene().cell("6").challenge(*points, ask="function").evidence()
        over = (math.nan, *right[1:])
        return [
            Example("the function", fields, story(*right), "6", "passed"),
            Example("the function as far as it is finite", fields, story(*over), "6", "passed"),
            Example("a function of a library's", fields, story(*right, own=False), "6", "partly"),
            Example("another function", fields, story(-0.95, -0.73, 0.5, 0.88), "6", "failed"),
            Example("a function that raises", fields,
                    story(ended="raised", error="TypeError: no"), "6", "no_evidence"),
            Example("no function", fields, nothing, "6", "failed"),
        ]  # fmt: skip


def near(value: float, wanted: float) -> bool:
    """Whether a number is another one, as exactly as 32 bits and a formula allow."""
    return abs(value - wanted) <= 1e-4 * max(1.0, abs(wanted))
