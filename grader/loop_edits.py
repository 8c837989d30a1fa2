"""The passes of training loops in a solution, and edits that need to know them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from grader.planting import Edit, Solution, called
from grader.training_code import bodies, calls_in


class Pass(NamedTuple):
    """What a training loop does each time.

    Attributes:
        cell: position among the solution's cells.
        clear, backward, step: the statements that clear gradients, make them and use them.
        loss: the statement that computes the loss.
        call: the call of the loss in it, with two arguments.
        forward: the statement that calls the model; the same as `loss` where one does both.
        loop: the innermost loop around it in its function, if any.
        function: the innermost function around it, if any.
    """

    cell: int
    clear: ast.stmt
    backward: ast.stmt
    step: ast.stmt
    loss: ast.Assign
    call: ast.Call
    forward: ast.Assign
    loop: ast.For | None
    function: ast.FunctionDef | None

    @property
    def step_of(self) -> str:
        """The optimizer, as the step writes it."""
        return ast.unparse(self.step.value.func.value)  # type: ignore[attr-defined]


def passes(solution: Solution) -> Iterator[Pass]:
    """Every pass whose statements all stand in one cell."""
    for cell, tree in enumerate(solution.trees):
        for body in bodies(tree) if tree is not None else ():
            found = [calls_in(body, name) for name in ("zero_grad", "backward", "step")]
            if tree is None or not all(found):
                continue
            clear, backward, step = (statements[0] for statements in found)
            minimised = ast.unparse(backward.value.func.value)  # type: ignore[attr-defined]
            around = [n for n in ast.walk(tree) if any(n is not s and s is backward
                                                       for s in ast.walk(n))]  # fmt: skip
            loops = [n for n in around if isinstance(n, ast.For)]
            functions = [n for n in around if isinstance(n, ast.FunctionDef)]
            place = (functions or loops or [tree])[-1]
            assigned = [n for n in ast.walk(place) if isinstance(n, ast.Assign)]
            loss = next(
                (
                    a
                    for a in assigned
                    if ast.unparse(a.targets[0]) == minimised
                    and isinstance(a.value, ast.Call)
                    and len(a.value.args) == 2
                ),
                None,
            )
            if loss is None or not isinstance(loss.value, ast.Call):
                continue
            given = ast.unparse(loss.value.args[0])
            forward = next((a for a in assigned if ast.unparse(a.targets[0]) == given), loss)
            loop = loops[-1] if loops else None
            yield Pass(cell, clear, backward, step, loss, loss.value, forward, loop,
                       functions[-1] if functions else None)  # fmt: skip


def moved(
    solution: Solution, cell: int, statement: ast.stmt, *, below: ast.stmt
) -> tuple[Edit, Edit]:
    """A statement goes from where it is to below another one."""
    text = solution.text(cell, statement)
    return solution.without(cell, statement), solution.after(cell, below, text)


def loss_made(solution: Solution, each: Pass) -> str:
    """The class of the loss that a pass calls, such as BCELoss; nothing where nobody knows."""
    name = ast.unparse(each.call.func)
    for _, assign in solution.nodes(ast.Assign):
        value = assign.value
        if ast.unparse(assign.targets[0]) == name and isinstance(value, ast.Call):
            return called(value)
    return ""


def assigned(solution: Solution, name: str) -> Iterator[tuple[int, ast.Assign]]:
    """Assignments to a name."""
    for cell, assign in solution.nodes(ast.Assign):
        if ast.unparse(assign.targets[0]) == name:
            yield cell, assign


def tested(solution: Solution, each: Pass) -> tuple[ast.Assign, ast.Assign | None] | None:
    """The statement of a pass's loop that computes the test's loss, and the model's call for it."""
    place = each.loop or each.function
    blocks = [n for n in ast.walk(place) if isinstance(n, ast.With)] if place else []
    held = [a for block in blocks for a in ast.walk(block) if isinstance(a, ast.Assign)]
    for loss in held:
        value = loss.value
        if not isinstance(value, ast.Call) or len(value.args) != 2 or loss is each.loss:
            continue
        if ast.unparse(value.func) == ast.unparse(each.call.func):
            given = ast.unparse(value.args[0])
            return loss, next((a for a in held if ast.unparse(a.targets[0]) == given), None)
    return None


def given_otherwise(solution: Solution, each: Pass, position: int, text: str) -> Edit:
    """The loss of a pass is given something else; `{}` in the text is what it was given."""
    given = each.call.args[position]
    return solution.replaced(each.cell, given, text.format(solution.text(each.cell, given)))


def returned(solution: Solution, text: str, *, wide: bool) -> Iterator[tuple[str, tuple[Edit]]]:
    """The forward of each model of a class of its own returns something else.

    Args:
        solution: where.
        text: what it returns instead; `{}` in it is what it returned.
        wide: whether those with one number a point are meant, or those with more.
    """
    for cell, made in solution.nodes(ast.ClassDef):
        sizes = [n for n in ast.walk(made) if isinstance(n, ast.Call) and called(n) == "Linear"]
        last = sizes[-1].args[-1] if sizes and sizes[-1].args else None
        several = isinstance(last, ast.Constant) and isinstance(last.value, int) and last.value > 1
        one = isinstance(last, ast.Constant) and last.value == 1
        for inner in ast.walk(made):
            if (
                isinstance(inner, ast.Return)
                and inner.value is not None
                and (several if wide else one)
            ):
                new = text.format(solution.text(cell, inner.value))
                yield made.name, (solution.replaced(cell, inner.value, new),)


def other_loss(solution: Solution, name: str, other: str) -> Iterator[tuple[int, Edit]]:
    """Each place where a loss class is called becomes one with another class."""
    for cell, call in solution.calls(name):
        named = solution.text(cell, call.func)
        yield cell, solution.replaced(cell, call.func, named.removesuffix(name) + other)
