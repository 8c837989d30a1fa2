"""`load_state_dict` is given a path, or what it returns is taken for the model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution, called
from grader.raised import errors
from grader.scene import Scene

PATTERN = r"Expected state_dict to be dict-like|_IncompatibleKeys"


class LoadStateDictMisused(Fault):
    """The errors that follow."""

    id = "S01"
    title = "`load_state_dict` is used in another way than it works"
    severity = "F"
    stage = "crash"
    component = "save-load"
    hints = (
        "What does `load_state_dict` take, and what does it return?",
        "It fills the model it is called on, in place, from a dictionary of tensors. What it"
        " returns is a report of the keys, no model.",
        "Load the file into a dictionary first, hand that over, and go on with the model itself.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "TypeError|AttributeError", PATTERN):
            returned = "_IncompatibleKeys" in raised.said
            yield self.at(
                raised.end, exercise, observed=raised.said,
                expected="the model, as it stood before the assignment" if returned
                else "a state_dict, as torch.load returns it",
                because="it returns a report of the keys, and the name stands for that now"
                if returned else "a path is no dictionary, the file has to be loaded first",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A path is handed over, or the result is stored under the model's name."""
        for cell, call in solution.calls("load_state_dict"):
            statement = solution.statement(cell, call)
            inner = call.args[0] if call.args else None
            if isinstance(inner, ast.Call) and called(inner) == "load" and inner.args:
                path = solution.text(cell, inner.args[0])
                yield Mutant("a path", (solution.replaced(cell, inner, path),))
            if isinstance(statement, ast.Expr) and isinstance(call.func, ast.Attribute):
                name = solution.text(cell, call.func.value)
                stored = f"{name} = {solution.text(cell, call)}"
                yield Mutant("the result stored", (solution.instead(cell, statement, stored),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A path, the result called, and keys that do not fit."""

        def scene(name: str, said: str) -> Evidence:
            return Scene().cell("5").error(name, said, {}).evidence()

        path = "Expected state_dict to be dict-like, got <class 'str'>."
        keys = "'_IncompatibleKeys' object is not callable"
        fits = "Error(s) in loading state_dict for Line: Missing key(s) in state_dict"
        return [
            Example("a path", scene("TypeError", path), "5", True),
            Example("the result is called", scene("TypeError", keys), "5", True),
            Example("keys that do not fit", scene("RuntimeError", fits), "5", False),
        ]
