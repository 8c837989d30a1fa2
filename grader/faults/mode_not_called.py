"""`model.eval` without parentheses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import page_of
from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fault import Example, Fault, possible
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene


class ModeNotCalled(Fault):
    """A line that names `eval` or `train` of something and does not call it.

    What it is of is not known from the source, so it is possible only, unless the cell called a
    model in the other mode.
    """

    id = "E02"
    title = "`eval` or `train` is named, and not called"
    severity = "W"
    stage = "evaluation"
    component = "python"
    folds = ("E01",)
    hints = (
        "Compare this line with other lines that call something.",
        "To name a function does not run it. A line that is only its name does nothing.",
        "Add the parentheses.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Each such line of a cell that calls a model."""
        calls = {call.cell: call for call in evidence.of(exercise, ModelCalled)}
        for cell in evidence.once(page_of).of(exercise):
            for node in cell.walk():
                named = node.value if isinstance(node, ast.Expr) else None
                if not (isinstance(named, ast.Attribute) and named.attr in ("eval", "train")):
                    continue
                found = self.at(
                    cell.read, exercise, line=cell.line(named),
                    observed=f"{ast.unparse(named)} without parentheses",
                    expected=f"{named.attr}()",
                    because="the line does nothing, and the model stays in the mode it was in",
                )  # fmt: skip
                call = calls.get(cell.read.cell)
                other = call and (call.train_quiet if named.attr == "eval" else call.eval_grad)
                yield found if other else possible(found)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The parentheses go."""
        for cell, call in solution.calls("eval", "train"):
            statement = solution.statement(cell, call)
            if isinstance(statement, ast.Expr) and statement.value is call and not call.args:
                named = solution.text(cell, call.func)
                what = "no parentheses at " + named.rpartition(".")[2]
                yield Mutant(what, (solution.instead(cell, statement, named),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Named, called, and named for a use."""

        def cell(source: str, **modes: int) -> Evidence:
            return Scene().cell("4", source).calls("m1", **modes).ends("finished").evidence()

        return [
            Example("named", cell("model.eval\nmodel(x)", train_quiet=1), "4", True),
            Example("named where no harm was seen", cell("model.eval", eval_quiet=1), "4", True),
            Example("called", cell("model.eval()", eval_quiet=1), "4", False),
            Example("named for a use", cell("f = model.eval\nf()", eval_quiet=1), "4", False),
        ]
