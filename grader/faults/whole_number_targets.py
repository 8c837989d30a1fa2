"""A binary loss is given labels that are whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import CellRead
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import given_otherwise, loss_made, passes
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene
from grader.training_code import loss_calls

REFUSED = r"result type Float can't be cast to the desired output type (?:Long|Int)"
LATER = r"Found dtype (?:Long|Int) but expected Float"


class WholeNumberTargets(Fault):
    """The error that torch raises for it, in a cell that calls a loss."""

    id = "L07"
    title = "whole numbers as targets of a binary loss"
    severity = "F"
    stage = "loss"
    component = "dtype"
    hints = (
        "Print the dtype of the targets.",
        "A binary cross-entropy treats a label as a number from 0 to 1, so the label has to be a"
        " floating-point number like the prediction.",
        "Convert the labels to the dtype of the predictions, once, where they are made.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The errors of a loss, and of the backward of one."""
        for raised in errors(evidence, exercise, "RuntimeError", f"{REFUSED}|{LATER}"):
            cell = raised.end.cell
            layer = raised.line.layer if raised.line else None
            of_loss = layer is not None and layer.type.endswith("Loss")
            of_loss = of_loss or any(
                c.code.read.cell == cell for c in loss_calls(evidence, exercise)
            )
            if not of_loss and "backward" not in self._line(evidence, cell, raised.end.line):
                continue
            whole = [o for o in raised.tensors() if o.dtype and "int" in o.dtype]
            named = ", ".join(f"{o.name} is {o.dtype}" for o in whole)
            yield self.at(
                raised.end, exercise, observed=named or raised.said,
                expected="targets of dtype float32",
                because="a binary loss calculates with its targets, and whole numbers do not fit",
            )  # fmt: skip

    def _line(self, evidence: Evidence, cell: int, line: int | None) -> str:
        for read in evidence.everywhere(CellRead):
            if read.cell == cell and line is not None:
                return "".join(read.source.split("\n")[line - 1 : line])
        return ""

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The targets become whole numbers, in the loss."""
        for each in passes(solution):
            if loss_made(solution, each) in ("BCEWithLogitsLoss", "BCELoss", "MSELoss"):
                edit = given_otherwise(solution, each, 1, "{}.long()")
                yield Mutant("whole numbers into loss", (edit,))
        if any(solution.calls("BCEWithLogitsLoss", "BCELoss")):
            for cell, call in solution.calls("tensor"):
                for word in call.keywords:
                    if word.arg == "dtype" and solution.text(cell, call.args[0]) == "labels":
                        edit = solution.replaced(cell, word.value, "torch.int64")
                        yield Mutant("made as whole numbers", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """Both errors, and one of the same kind elsewhere."""
        source = "import torch\nloss_fn = torch.nn.BCEWithLogitsLoss()\nloss = loss_fn(out, y)"
        said = "result type Float can't be cast to the desired output type Long"
        crash = Scene().cell("3", source)
        crash.error("RuntimeError", said, {"out": [800], "y": [800]}, line=3)
        later = Scene().cell("3", "train()\nloss.backward()")
        later.ends("raised", "RuntimeError", "Found dtype Long but expected Float", line=2)
        other = Scene().cell("3", "a += b").error("RuntimeError", said, {"a": [3], "b": [3]})
        return [
            Example("labels of dtype int64", crash.evidence(), "3", True),
            Example("found out in the backward", later.evidence(), "3", True),
            Example("a sum of two tensors", other.evidence(), "3", False),
        ]
