"""Gradients gathered over two halves of a batch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from grader.planting import Mutant, Solution, called
from grader.variation import Variation


class AccumulatedGradients(Variation):
    """In place of one backward, two: each of half the loss of half the data."""

    name = "gradient accumulation"
    changes = "Each step uses the gradients of two halves of its data"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """Each loop whose loss is made of a model's answer and targets."""
        for cell, loop in solution.nodes(ast.For):
            for found in losses_in(loop.body):
                halves = as_halves(solution, cell, found)
                edit = solution.instead(cell, found.backward, halves)
                yield Mutant("two halves, two backwards", (edit,))


class Loss(NamedTuple):
    """A loss that a body of statements makes and goes back from.

    Attributes:
        made: the call that makes it.
        answer: what the model's answer is made by.
        asked: the call of the model in it.
        targets: what it is held against.
        backward: the statement that goes back from it.
    """

    made: ast.Call
    answer: ast.expr
    asked: ast.Call
    targets: ast.expr
    backward: ast.stmt


def losses_in(body: list[ast.stmt]) -> Iterator[Loss]:
    """Every loss made of one call of a model on named data and of named targets."""
    values: dict[str, ast.expr] = {}
    nested = [s for outer in body if isinstance(outer, ast.If) for s in outer.body]
    for statement in [*body, *nested]:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            values[statement.targets[0].id] = statement.value
        back = statement.value if isinstance(statement, ast.Expr) else None
        if not (isinstance(back, ast.Call) and called(back) == "backward"):
            continue
        held = back.func.value if isinstance(back.func, ast.Attribute) else None
        made = values.get(held.id) if isinstance(held, ast.Name) else None
        if not (isinstance(made, ast.Call) and len(made.args) == 2 and not made.keywords):
            continue
        answer, targets = made.args
        answer = values.get(answer.id, answer) if isinstance(answer, ast.Name) else answer
        asked = innermost(answer)
        if asked is not None and isinstance(targets, ast.Name):
            yield Loss(made, answer, asked, targets, statement)


def innermost(answer: ast.expr) -> ast.Call | None:
    """The call in an expression that takes one name and nothing else, such as `model(x)`."""
    calls = [n for n in ast.walk(answer) if isinstance(n, ast.Call)]
    found = [c for c in calls if len(c.args) == 1 and isinstance(c.args[0], ast.Name)]
    return found[-1] if found and not found[-1].keywords else None


def as_halves(solution: Solution, cell: int, loss: Loss) -> str:
    """A loop over two halves of the data."""
    data = solution.text(cell, loss.asked.args[0])
    answer, asked = solution.text(cell, loss.answer), solution.text(cell, loss.asked)
    of_half = answer.replace(asked, f"{solution.text(cell, loss.asked.func)}({data}[half])", 1)
    made = f"{solution.text(cell, loss.made.func)}({of_half}, {loss_targets(loss)}[half])"
    return f"for half in (slice(None, None, 2), slice(1, None, 2)):\n    ({made} / 2).backward()"


def loss_targets(loss: Loss) -> str:
    """The targets' name."""
    return loss.targets.id if isinstance(loss.targets, ast.Name) else ast.unparse(loss.targets)
