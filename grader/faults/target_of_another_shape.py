"""A binary loss is given a column of predictions and a row of targets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import loss_made, passes
from grader.planting import Mutant, Solution, called
from grader.raised import errors
from grader.scene import Scene

SAME = (
    r"Target size \(torch\.Size\(\[([\d, ]*)\]\)\) must be the same as input size"
    r" \(torch\.Size\(\[([\d, ]*)\]\)\)"
)
DIFFERENT = (
    r"Using a target size \(torch\.Size\(\[([\d, ]*)\]\)\) that is different to the input size"
    r" \(torch\.Size\(\[([\d, ]*)\]\)\)"
)


class TargetOfAnotherShape(Fault):
    """The error that torch raises for it, with the two shapes."""

    id = "L09"
    title = "prediction and target of a binary loss differ in shape"
    severity = "F"
    stage = "loss"
    component = "shape"
    hints = (
        "Print the shapes of the two tensors that enter the loss.",
        "A binary loss compares element by element, so both shapes have to be equal. A layer with"
        " one output makes a column, [N, 1].",
        "Take the last dimension from the model's output, or give one to the targets, before the"
        " loss.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """The errors of both binary losses."""
        for raised in errors(evidence, exercise, "ValueError", f"{SAME}|{DIFFERENT}"):
            said = " ".join((raised.end.evalue or "").split())
            shapes = re.search(SAME, said) or re.search(DIFFERENT, said)
            target, given = shapes.groups() if shapes else ("?", "?")
            yield self.at(
                raised.end, exercise,
                observed=f"a prediction of shape [{given}] and a target of shape [{target}]",
                expected="two tensors of one shape",
                because="a binary loss compares element by element, and refuses other shapes",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The squeeze of the predictions goes, or the unsqueeze of the targets."""
        for each in passes(solution):
            for call in (c for c in ast.walk(each.forward) if isinstance(c, ast.Call)):
                if called(call) == "squeeze" and isinstance(call.func, ast.Attribute):
                    inner = solution.text(each.cell, call.func.value)
                    edit = solution.replaced(each.cell, call, inner)
                    yield Mutant("no squeeze", (edit,))
            if loss_made(solution, each) in ("BCEWithLogitsLoss", "BCELoss"):
                target = each.call.args[1]
                text = solution.text(each.cell, target) + ".unsqueeze(dim=1)"
                edit = solution.replaced(each.cell, target, text)
                yield Mutant("a column of targets", (edit,))
        if any(solution.calls("BCELoss")):
            for cell, call in solution.calls("unsqueeze"):
                if isinstance(call.func, ast.Attribute):
                    inner = solution.text(cell, call.func.value)
                    yield Mutant("no unsqueeze", (solution.replaced(cell, call, inner),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Both errors, and a shape that another loss refuses."""

        def raising(said: str) -> Evidence:
            return Scene().cell("3", "loss_fn(out, y)").error("ValueError", said, {}).evidence()

        row, column = "torch.Size([800])", "torch.Size([800, 1])"
        return [
            Example("with logits", raising(f"Target size ({row}) must be the same as input size"
                                           f" ({column})"), "3", True),
            Example("of probabilities",
                    raising(f"Using a target size ({row}) that is different to the input size"
                            f" ({column}) is deprecated."), "3", True),
            Example("batches of two sizes", raising("Expected input batch_size (8) to match target"
                                                    " batch_size (4)."), "3", False),
        ]  # fmt: skip
