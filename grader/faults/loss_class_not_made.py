"""A loss class is called with a prediction and a target, and no instance of it is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import CellCode, Page, page_of
from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.loop_edits import loss_made, passes
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene
from grader.training_code import is_loss_class

AMBIGUOUS = r"Boolean value of Tensor with more than one value is ambiguous"
NO_TENSOR = r"'\w*Loss' object has no attribute '(?:backward|item|detach|cpu|grad)'"


class LossClassNotMade(Fault):
    """An error that says something else, in a cell where a loss class is given two tensors."""

    id = "L10"
    title = "a loss class is called instead of an instance"
    severity = "F"
    stage = "loss"
    component = "loss-choice"
    sure = False
    hints = (
        "Is a pair of parentheses missing behind the name of the loss class?",
        "A loss of torch.nn is a class. Calling the class makes an instance; calling the instance"
        " works out the loss.",
        "Make the instance once above the loop, with empty parentheses, and call the instance in"
        " the loop.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors that a loss class raises when it takes tensors for its settings."""
        for raised in errors(evidence, exercise, "RuntimeError|AttributeError",
                             f"{AMBIGUOUS}|{NO_TENSOR}"):  # fmt: skip
            page = evidence.once(page_of)
            cells = [c for c in page.cells if c.read.exercise == exercise]
            lines = [line for code in cells for line in self._lines(page, code)]
            certain = raised.end.ename == "AttributeError" or any(
                self._uncalled(page, code) for code in page.cells
            )
            at = raised.line.at if raised.line else raised.end.line
            if certain or at in lines or raised.end.line in lines:
                yield self.at(
                    raised.end, exercise, line=at,
                    observed=f"a loss class is called with {raised.with_shapes() or 'tensors'}",
                    expected="an instance of the class, called with prediction and target",
                    because="the class takes the two tensors for its settings, and no loss is made",
                )  # fmt: skip

    def _lines(self, page: Page, code: CellCode) -> Iterator[int]:
        """The lines of a cell that call a loss class with two arguments that have no names."""
        for call in (n for n in code.walk() if isinstance(n, ast.Call)):
            if len(call.args) > 1 and any(map(is_loss_class, page.paths(call.func))):
                yield code.line(call)

    def _uncalled(self, page: Page, code: CellCode) -> bool:
        """Whether a cell binds a loss class to a name, or hands it to a function."""
        given: list[ast.AST] = []
        for node in code.walk():
            if isinstance(node, ast.Assign):
                given.append(node.value)
            elif isinstance(node, ast.Call):
                given += [*node.args, *(k.value for k in node.keywords)]
        plain = (g for g in given if isinstance(g, (ast.Attribute, ast.Name)))
        return any(is_loss_class(p) for g in plain for p in page.paths(g))

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The parentheses go where the instance is made, or the class is called in the loop."""
        for cell, assign in solution.nodes(ast.Assign):
            made = assign.value
            if isinstance(made, ast.Call) and not made.args and not made.keywords:
                named = solution.text(cell, made.func)
                if named.endswith("Loss"):
                    yield Mutant("no parentheses", (solution.replaced(cell, made, named),))
        for each in passes(solution):
            name = loss_made(solution, each)
            if name.endswith("Loss"):
                edit = solution.replaced(each.cell, each.call.func, f"torch.nn.{name}")
                yield Mutant("class called in the loop", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A class that is called, one that took tensors, and the error of an if."""
        said = "Boolean value of Tensor with more than one value is ambiguous"
        called_ = Scene().cell("3", "from torch import nn\nloss_fn = nn.L1Loss\nloss_fn(out, y)")
        called_.error("RuntimeError", said, {"out": [80, 1], "y": [80, 1]}, line=3)
        taken = Scene().cell("3", "loss.backward()")
        taken.error("AttributeError", "'MSELoss' object has no attribute 'backward'", {})
        compared = Scene().cell("3", "from torch import nn\nif out > y:\n    pass")
        compared.error("RuntimeError", said, {"out": [80, 1], "y": [80, 1]}, line=2)
        return [
            Example("a class is called", called_.evidence(), "3", True),
            Example("a class took two numbers", taken.evidence(), "3", True),
            Example("an if of many numbers", compared.evidence(), "3", False),
        ]
