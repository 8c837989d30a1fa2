"""Something is called that is no function, mostly because a name was taken again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.cell_code import page_of
from grader.error_facts import Operand
from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.raised import Raised, errors
from grader.scene import Scene

PATTERN = re.compile(r"'(\w+)' object is not callable")
LOCAL = re.compile(r"local variable '(\w+)'")
TYPES = {"Tensor": "tensor", "ndarray": "array"}


class NameIsNoFunction(Fault):
    """The error of Python for it, with the cell that took the name."""

    id = "X10"
    title = "a name that stands for a value is called like a function"
    severity = "F"
    stage = "crash"
    component = "python"
    hints = (
        "Which line gave this name the value it has now?",
        "A name stands for one thing at a time, and the last assignment wins. A result stored under"
        " the name of a function hides that function.",
        "Give the result another name, and run the cells from the top.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, but for what load_state_dict returns."""
        for raised in errors(evidence, exercise, "TypeError", PATTERN.pattern):
            found = PATTERN.search(raised.end.evalue or "")
            of = found.group(1) if found else ""
            if of == "_IncompatibleKeys":
                continue
            name = self._called(evidence, raised, TYPES.get(of, of))
            taken = self._taken(evidence, raised, name)
            yield self.at(
                raised.end, exercise,
                observed=f"{name or 'what is called'} is of type {of}{taken}",
                expected="a function, a class or a model before the parentheses",
                because=f"parentheses call what stands before them, and {of} cannot be called",
            )  # fmt: skip

        for raised in errors(evidence, exercise, "UnboundLocalError", LOCAL.pattern):
            found = LOCAL.search(raised.end.evalue or "")
            name = found.group(1) if found else ""
            if self._calls(evidence, raised, name):
                yield self.at(
                    raised.end, exercise,
                    observed=f"{name} is called in a function that sets {name} itself",
                    expected="another name for the result",
                    because="a name that a function sets is its own from its first line on, so the"
                    f" function {name} outside is hidden there",
                )  # fmt: skip

    def _calls(self, evidence: Evidence, raised: Raised, name: str) -> bool:
        """Whether the line calls a name."""
        return raised.line is not None and any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == name
            and cell.line(node) == raised.line.at
            for cell in evidence.once(page_of).cells
            for node in cell.walk()
        )

    def _called(self, evidence: Evidence, raised: Raised, of: str) -> str:
        """The name on the line that is called and stands for such a value."""
        if raised.line is None:
            return ""
        held: dict[str, Operand] = {o.name: o for o in raised.line.operands}
        for cell in evidence.once(page_of).cells:
            for node in cell.walk():
                if isinstance(node, ast.Call) and cell.line(node) == raised.line.at:
                    name = ast.unparse(node.func)
                    if name in held and held[name].type == of:
                        return name
                    if isinstance(node.func, ast.Attribute) and of == "int":
                        owner = held.get(ast.unparse(node.func.value))
                        if owner is not None and owner.type == "array":
                            return name
        return ""

    def _taken(self, evidence: Evidence, raised: Raised, name: str) -> str:
        """Where the name, or the attribute, was last set, up to the line."""
        where = ""
        for cell in evidence.once(page_of).cells:
            if cell.read.cell > raised.end.cell:
                break
            for node in cell.walk():
                if (
                    isinstance(node, ast.Name | ast.Attribute)
                    and isinstance(node.ctx, ast.Store)
                    and ast.unparse(node) == name
                ):
                    where = f", set in cell {cell.read.cell + 1} line {cell.line(node)}"
        return where

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A loss is stored under the name of its function too, which the next pass calls."""
        for cell, loop in solution.nodes(ast.For):
            for node in loop.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    target, function = node.targets[0], node.value.func
                    plain = isinstance(target, ast.Name) and isinstance(function, ast.Name)
                    if plain and f"{solution.text(cell, function)}." not in solution.sources[cell]:
                        names = " = ".join(solution.text(cell, n) for n in (target, function))
                        yield Mutant(
                            "a result under the function's name",
                            (solution.replaced(cell, target, names),),
                        )
        for cell, call in solution.calls("max", "min", "argmax", "argmin"):
            statement = solution.statement(cell, call)
            function = call.func
            whole = isinstance(statement, ast.Assign) and statement.value is call
            if isinstance(statement, ast.Assign) and whole and isinstance(function, ast.Attribute):
                again = f"{function.attr} = {solution.text(cell, call)}\n"
                again += solution.text(cell, statement.targets[0])
                again += f" = {function.attr}({solution.text(cell, function.value)})"
                yield Mutant("a built-in's name", (solution.instead(cell, statement, again),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A built-in that was overwritten, and another TypeError."""
        said = "'float' object is not callable"
        number = {"name": "sum", "type": "float"}
        hidden = Scene().cell("2", "sum = 0.5\nsum([1])")
        hidden.error("TypeError", said, {}, line=2, operands=[number])
        other = Scene().cell("2", "sum(1)").error("TypeError", "'int' object is not iterable", {})
        keys = Scene().cell("2", "m(x)")
        keys.error("TypeError", "'_IncompatibleKeys' object is not callable", {})
        return [
            Example("a built-in that was overwritten", hidden.evidence(), "2", True),
            Example("another error of types", other.evidence(), "2", False),
            Example("what load_state_dict returned", keys.evidence(), "2", False),
        ]
