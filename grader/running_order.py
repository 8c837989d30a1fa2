"""Which of two lines of one cell runs first, where its code tells.

A line in a function runs when the function is called. Two lines of one loop run in turns, so none
of them is first.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from grader.notebook import parse_cell

Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def runs_before(source: str, first: int | None, second: int | None, *, calls: Collection[str],
                then: Collection[str]) -> bool:  # fmt: skip
    """Whether a line is over before another one begins.

    Lines are told by whatever called last, and may be of another cell; so each has to hold a call
    of what is known to have happened there.

    Args:
        source: of the cell.
        first: a line, from 1.
        second: another one.
        calls: names of which one is called at the first.
        then: names of which one is called at the second.
    """
    tree = parse_cell(source)
    one, two = (step(tree, line, names) for line, names in ((first, calls), (second, then)))
    return one is not None and two is not None and one < two


def step(tree: ast.Module | None, line: int | None, names: Collection[str]) -> int | None:
    """The position of the statement of a cell that runs a line with one of these calls."""
    if tree is None or line is None:
        return None
    at = [i for i, n in enumerate(tree.body) if n.lineno <= line <= (n.end_lineno or n.lineno)]
    if not at or not calls_one(tree, line, names):
        return None
    made = tree.body[at[0]]
    if not isinstance(made, Definition):
        return at[0]
    used = [i for i, n in enumerate(tree.body) if i > at[0] and mentions(n, made.name)]
    return used[0] if len(used) == 1 else None


def calls_one(tree: ast.Module, line: int, names: Collection[str]) -> bool:
    """Whether a call of one of these names stands at a line."""
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call)
             and n.lineno <= line <= (n.end_lineno or n.lineno))  # fmt: skip
    return any(
        (c.func.attr if isinstance(c.func, ast.Attribute) else getattr(c.func, "id", "")) in names
        for c in calls
    )


def mentions(node: ast.AST, name: str) -> bool:
    """Whether code uses a name."""
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))
