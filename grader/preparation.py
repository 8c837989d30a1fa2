"""What in a cell is an answer, and what only prepares for one.

Imports, comments, magics and shell lines are no answer at all. Setting a seed, choosing a device
and naming a constant prepare: they are an answer only where an exercise asks for them.
"""

from __future__ import annotations

import ast

from grader.assignment import Assignment
from grader.notebook import Cell, Notebook, digest, parse_cell
from grader.questions import without_questions

CHOOSES = ("is_available", "device_count", "current_accelerator", "get_device_name", "is_built")
SEEDS = ("seed", "manual_seed", "manual_seed_all", "seed_all")


def is_written(cell: Cell, assignment: Assignment) -> bool:
    """Whether a code cell holds more than given lines, comments, imports and shell lines."""
    if digest(cell.source) in assignment.given_cells:
        return False
    given = {line for e in assignment.exercise for line in e.lines}
    lines = {
        number: line
        for number, line in enumerate(cell.source.splitlines(), 1)
        if line.strip()
        and not line.strip().startswith(("#", "%", "!"))
        and digest(line) not in given
    }
    return bool(lines) and bool(set(lines) - idle_lines(cell.source))


def preparing(notebook: Notebook) -> frozenset[int]:
    """Indexes of the code cells that only prepare; what they ask self-check does not count."""
    return frozenset(c.index for c in without_questions(notebook).code if only_prepares(c.source))


def only_prepares(source: str) -> bool:
    """Whether a cell sets seeds, chooses devices or names constants, and does nothing else."""
    tree = parse_cell(source)
    return tree is not None and all(prepares(node) for node in tree.body)


def idle_lines(source: str) -> set[int]:
    """Line numbers that hold nothing but imports, `pass` and bare strings."""
    body = source.splitlines()
    blank = next((i for i, line in enumerate(body) if line.strip()), 0)
    body = body[blank:]  # IPython drops leading blank lines, and numbers would shift
    if body and body[0].lstrip().startswith("%%"):
        body[0] = "#"
    tree = parse_cell("\n".join(body))
    idle: set[int] = set()
    other: set[int] = set()
    for node in tree.body if tree else []:
        span = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        (idle if is_idle(node) else other).update(span)
    return {number + blank for number in idle - other}


def is_idle(node: ast.stmt) -> bool:
    """Whether a statement does nothing: an import, `pass`, a bare constant."""
    bare = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)) or bare


def prepares(node: ast.stmt) -> bool:
    """Whether a statement only prepares."""
    if is_idle(node):
        return True
    if isinstance(node, ast.Assign):
        return is_choice(node.value) or isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return is_choice(node.test) and all(prepares(n) for n in [*node.body, *node.orelse])
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Name) or is_preparing_call(node.value)
    return False


def is_preparing_call(node: ast.expr) -> bool:
    """Whether an expression seeds, asks for a device, or prints names and such answers."""
    if is_choice(node):
        return True
    if not isinstance(node, ast.Call):
        return False
    if called(node) == "print":
        return all(is_plain(a) for a in node.args)
    return called(node) in SEEDS


def is_plain(node: ast.expr) -> bool:
    """Whether an expression only names, or asks for a device: nothing is computed by it."""
    if isinstance(node, ast.JoinedStr):
        return all(is_plain(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return is_plain(node.value)
    return isinstance(node, (ast.Constant, ast.Name)) or is_choice(node)


def is_choice(node: ast.expr) -> bool:
    """Whether an expression asks for an accelerator or names a device."""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    if any(called(c) not in (*CHOOSES, "device") for c in calls):
        return False
    asks = any(isinstance(n, ast.Attribute) and n.attr in CHOOSES for n in ast.walk(node))
    return asks or (isinstance(node, ast.Call) and called(node) == "device")


def called(node: ast.Call) -> str:
    """The plain name of what is called."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
