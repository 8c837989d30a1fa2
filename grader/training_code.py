"""What the code of training loops says: where it calls what, and what it gives to losses.

It tells lines for what was seen happening, and which of two things that look alike happened.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from grader.cell_code import CellCode, Page, page_of
from grader.evidence import Evidence
from grader.fact import Fact
from grader.planting import called

ALONG = ("zero_grad", "backward", "step")
FUNCTIONAL = "torch.nn.functional."
LOSSES = frozenset(
    ["l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
     "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss"]
)  # fmt: skip
RETURN_THE_MODEL = ("to", "cuda", "cpu", "float", "double", "train", "eval", "requires_grad_")
DEEPEST = 3
"""Names that a model may go by on its way into a function."""
MOST_NAMES = 40
"""Names that are followed from an argument to what it was made of."""

Told = TypeVar("Told", bound=Fact)


class LossCall(NamedTuple):
    """A loss, called with a prediction and a target.

    Attributes:
        code: the cell.
        call: the call.
        first, second: what it was given.
    """

    code: CellCode
    call: ast.Call
    first: ast.expr
    second: ast.expr


def seen_at(evidence: Evidence, fact: Told, *names: str) -> Told:
    """A fact as one of the place where a function with one of these names is called.

    That is in the fact's own cell or in the nearest above, where a function may have been written
    that the cell calls; nowhere else does a line of it mean anything.
    """
    for code in reversed(evidence.once(page_of).cells):
        if code.read.cell <= fact.cell:
            calls = (n for n in code.walk() if isinstance(n, ast.Call) and called(n) in names)
            lines = [code.line(n) for n in calls]
            if lines:
                return fact.model_copy(update={"cell": code.read.cell, "line": min(lines)})
    return fact.model_copy(update={"line": None})


def loss_at(evidence: Evidence, fact: Told) -> Told:
    """A fact as one of the line that computes the loss whose `backward` a training calls.

    Where that is not told by a name that is set above, it is the line of the `backward`.
    """
    found = seen_at(evidence, fact, "backward")
    code = next((c for c in evidence.once(page_of).cells if c.read.cell == found.cell), None)
    if code is None or found.line is None:
        return found
    losses = {
        n.func.value.id for n in code.walk()
        if isinstance(n, ast.Call) and called(n) == "backward" and code.line(n) == found.line
        and isinstance(n.func, ast.Attribute) and isinstance(n.func.value, ast.Name)
    }  # fmt: skip
    lines = [
        code.line(n) for n in code.walk() if isinstance(n, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id in losses for t in n.targets)
    ]  # fmt: skip
    above = [line for line in lines if line < found.line]
    return found.model_copy(update={"line": max(above)}) if above else found


def bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """All runs of statements that stand in a row."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                yield body


def calls_in(body: Sequence[ast.stmt], *names: str) -> list[ast.stmt]:
    """The statements of a row that are a call of a function with one of these names."""
    return [
        s for s in body
        if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call) and called(s.value) in names
    ]  # fmt: skip


def order_of(evidence: Evidence, cell: int) -> list[str]:
    """The calls of the training loop that a cell runs, in order, by the names in `ALONG`.

    It stands in the cell itself, or in the nearest above.
    """
    for code in reversed(evidence.once(page_of).cells):
        for body in (b for t in code.trees for b in bodies(t) if code.read.cell <= cell):
            found = calls_in(body, *ALONG)
            if calls_in(found, "backward") and calls_in(found, "step"):
                return [called(s.value) for s in found
                        if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call)]  # fmt: skip
    return []


def goes_backward(node: ast.AST) -> bool:
    """Whether a piece of code goes backward from a loss."""
    return any(isinstance(n, ast.Call) and called(n) == "backward" for n in ast.walk(node))


def loss_calls(evidence: Evidence, exercise: str) -> Iterator[LossCall]:
    """The places of an exercise that call a loss of torch."""
    page = evidence.once(page_of)
    for code in page.of(exercise):
        for call in (n for n in code.walk() if isinstance(n, ast.Call) and is_loss(page, n.func)):
            given = {k.arg: k.value for k in call.keywords}
            first, second = [*call.args, None, None][:2]
            first, second = first or given.get("input"), second or given.get("target")
            if first is not None and second is not None:
                yield LossCall(code, call, first, second)


def is_loss(page: Page, function: ast.expr) -> bool:
    """Whether what is called is a loss function of torch, or an instance of a loss class."""
    if isinstance(function, ast.Call):
        return any(is_loss_class(p) for p in page.paths(function.func))
    if any(p.removeprefix(FUNCTIONAL) in LOSSES for p in page.paths(function)):
        return True
    return any(
        isinstance(value, ast.Call) and any(is_loss_class(p) for p in page.paths(value.func))
        for value in values_of(page, function)
    )


def is_loss_class(path: str) -> bool:
    """Whether a path leads to a loss class of torch."""
    return path.startswith("torch.nn.") and path.endswith("Loss")


def values_of(page: Page, node: ast.AST) -> list[ast.AST]:
    """What a bare name was ever bound to."""
    if page.origins is None or not isinstance(node, ast.Name):
        return []
    return page.origins.values.get(node.id, [])


def made_of(page: Page, node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression and of what its names were bound to, a few steps far."""
    seen: set[str] = set()
    waiting = [node]
    while waiting and len(seen) < MOST_NAMES:
        for part in ast.walk(waiting.pop()):
            yield part
            if isinstance(part, ast.Name) and part.id not in seen:
                seen.add(part.id)
                waiting += [v for v in values_of(page, part) if isinstance(v, ast.expr)]


def of_a_model(page: Page, node: ast.AST) -> bool:
    """Whether an expression is made of what a model gives."""
    return any(isinstance(n, ast.Call) and is_model(page, n.func) for n in made_of(page, node))


def is_model(page: Page, function: ast.expr, depth: int = 0) -> bool:
    """Whether what is called is an instance of a class of the hand-in, or a layer of torch."""
    for value in values_of(page, function):
        made = without_moves(value)
        if isinstance(made, ast.Call) and makes_a_model(page, made.func):
            return True
        if isinstance(made, ast.Name) and depth < DEEPEST and is_model(page, made, depth + 1):
            return True
    return False


def without_moves(node: ast.AST) -> ast.AST:
    """A model without the calls that return it, as in `Net().to(device)`."""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in RETURN_THE_MODEL
    ):
        node = node.func.value
    return node


def makes_a_model(page: Page, made: ast.expr) -> bool:
    """Whether a call of it makes a model."""
    if any(isinstance(v, ast.ClassDef) for v in values_of(page, made)):
        return True
    return any(
        p.startswith("torch.nn.") and not p.endswith("Loss") and not p.startswith(FUNCTIONAL)
        for p in page.paths(made)
    )
