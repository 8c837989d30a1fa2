"""One graph is gone along backward twice."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import passes
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

TWICE = r"backward through the graph a second time"


class BackwardTwice(Fault):
    """The error that torch raises for it."""

    id = "T19"
    title = "backward() runs twice along one graph"
    severity = "F"
    stage = "loop"
    component = "autograd"
    hints = (
        "Is backward() called twice, or is the loss made of something computed once above the"
        " loop?",
        "A graph is given free once backward() has gone along it. A second time, there is nothing"
        " to go along.",
        "Compute the forward pass and the loss anew in each pass of the loop, and go backward"
        " once.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "RuntimeError", TWICE):
            yield self.at(
                raised.end, exercise,
                observed=f"a second backward {raised.where()}".strip(),
                expected="a forward pass before each backward",
                because="the graph of the loss was used up by the first backward",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The backward stands twice, or the forward pass above the loop."""
        for each in passes(solution):
            text = solution.text(each.cell, each.backward)
            edit = solution.after(each.cell, each.backward, text)
            yield Mutant("backward twice", (edit,))
            loop = each.loop
            if loop is not None and each.function is None:
                lines = solution.text(each.cell, each.forward)
                above = solution.before(each.cell, loop, lines)
                edits = (above, solution.without(each.cell, each.forward))
                yield Mutant("forward pass above the loop", edits)

    @classmethod
    def examples(cls) -> list[Example]:
        """The error, and another one of a backward."""

        def raising(said: str) -> Evidence:
            return Scene().cell("3", "loss.backward()").error("RuntimeError", said, {}).evidence()

        return [
            Example("twice", raising("Trying to backward through the graph a second time (or"
                                     " directly access saved tensors)"), "3", True),
            Example("no graph", raising("element 0 of tensors does not require grad"), "3", False),
        ]  # fmt: skip
