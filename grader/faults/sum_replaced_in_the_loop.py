"""A sum over batches is set anew for each batch."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.cell_code import CellCode, page_of
from grader.evidence import Evidence
from grader.facts import ModelCalled
from grader.fault import Example, Fault, possible
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene


class SumReplacedInTheLoop(Fault):
    """A name that starts at 0, is set in a loop over batches, and divided after it.

    Told from the source: what each batch came to is not seen.
    """

    id = "B03"
    title = "a sum over batches is replaced, not added up"
    severity = "F"
    stage = "metrics"
    component = "metrics"
    hints = (
        "Compare the printed mean with the number of one batch.",
        "A mean over batches needs the sum of all of them. A plain assignment keeps the last batch"
        " alone.",
        "Add each batch to the sum inside the loop, and divide once after it.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Such names in cells that call a model, or whose functions do."""
        if not evidence.of(exercise, ModelCalled):
            return
        for code in evidence.once(page_of).of(exercise):
            for name, line in self._replaced(code):
                yield possible(self.at(
                    code.read, exercise, line=line,
                    observed=f"{name} starts at 0, is set in the loop and divided after it",
                    expected=f"{name} +=",
                    because="only the last batch counts, divided by the number of all of them",
                ))  # fmt: skip

    def _replaced(self, code: CellCode) -> Iterator[tuple[str, int]]:
        """Names, and the lines that replace what they held."""
        for node in code.walk():
            body = getattr(node, "body", None)
            if not isinstance(body, list):
                continue
            for place, loop in inner_loops(body):
                before, after = body[:place], body[place + 1 :]
                for assign in (n for n in ast.walk(loop) if isinstance(n, ast.Assign)):
                    target = assign.targets[0]
                    if not isinstance(target, ast.Name) or reads(assign.value, target.id):
                        continue
                    name = target.id
                    if starts_at_zero(before, name) and divided(after, name) and not grows(
                        loop, name
                    ):  # fmt: skip
                        yield name, code.line(assign)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """What is added becomes what is set."""
        for cell, grow in solution.nodes(ast.AugAssign):
            if isinstance(grow.op, ast.Add) and isinstance(grow.target, ast.Name):
                text = f"{grow.target.id} = {solution.text(cell, grow.value)}"
                if "loss" in ast.unparse(grow.value) or "right" in ast.unparse(grow.value):
                    yield Mutant("set, not added", (solution.instead(cell, grow, text),))

    @classmethod
    def examples(cls) -> list[Example]:
        """Set, added, and set without a division."""
        loop = "total = 0\nfor x, y in loader:\n    total {} f(model(x), y)\n"

        def cell(source: str) -> Evidence:
            return Scene().cell("4", source).calls("m1", eval_quiet=9).ends("finished").evidence()

        return [
            Example("set", cell(loop.format("=") + "total /= len(loader)"), "4", True),
            Example("set, divided elsewhere", cell(loop.format("=") + "print(total / 9)"), "4",
                    True),
            Example("added", cell(loop.format("+=") + "total /= len(loader)"), "4", False),
            Example("the last one is meant", cell(loop.format("=") + "print(total)"), "4", False),
        ]  # fmt: skip


def inner_loops(body: list[ast.stmt]) -> Iterator[tuple[int, ast.For]]:
    """The loops of a row of statements, in it or one block deep, and where the block stands."""
    for place, statement in enumerate(body):
        if isinstance(statement, ast.For):
            yield place, statement
        elif isinstance(statement, ast.With):
            yield from ((place, s) for s in statement.body if isinstance(s, ast.For))


def starts_at_zero(before: list[ast.stmt], name: str) -> bool:
    """Whether a name is set to 0, alone or with others."""
    for statement in before:
        if not isinstance(statement, ast.Assign):
            continue
        target, value = statement.targets[-1], statement.value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=False))
        else:
            pairs = [(t, value) for t in statement.targets]
        for t, v in pairs:
            if isinstance(t, ast.Name) and t.id == name and isinstance(v, ast.Constant):
                return v.value == 0 and not isinstance(v.value, bool)
    return False


def divided(after: list[ast.stmt], name: str) -> bool:
    """Whether a name is divided, in place or not."""
    for node in (n for statement in after for n in ast.walk(statement)):
        held = node.left if isinstance(node, ast.BinOp) else getattr(node, "target", None)
        divides = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if divides and isinstance(held, ast.Name) and held.id == name:
            return True
    return False


def grows(loop: ast.For, name: str) -> bool:
    """Whether something is added to a name."""
    return any(
        isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name) and n.target.id == name
        for n in ast.walk(loop)
    )


def reads(value: ast.expr, name: str) -> bool:
    """Whether an expression uses a name."""
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))
