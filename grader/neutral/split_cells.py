"""Cells that are parted in several."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from grader.planting import Edit, Mutant, Solution
from grader.variation import NEW_CELL, Variation

PYPLOT = "plt"
"""What everybody calls `matplotlib.pyplot`."""


class SplitCells(Variation):
    """Each cell of several statements becomes several cells."""

    name = "split cells"
    changes = "Cells are parted between two of their statements, before they begin to draw"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """Every cell in the middle, and every cell between all its statements."""
        middles, everywhere = [], []
        for cell, tree in enumerate(solution.trees):
            starts = [beginning(solution, cell, s) for s in undrawn(tree.body if tree else [])]
            parted = sorted({line for line in starts[1:] if line > 1} - set(starts[:1]))
            if parted:
                middles.append(parted_at(cell, parted[len(parted) // 2]))
                everywhere += [parted_at(cell, line) for line in parted]
        if middles:
            yield Mutant("in the middle", tuple(middles))
            yield Mutant("between all statements", tuple(everywhere))


def undrawn(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a cell up to the first that draws.

    A notebook shows a figure when its cell ends, and shows nothing that is drawn into it later.
    """
    for statement in statements:
        yield statement
        defines = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        if not defines and any(
            isinstance(n, ast.Name) and n.id == PYPLOT for n in ast.walk(statement)
        ):
            return


def beginning(solution: Solution, cell: int, statement: ast.stmt) -> int:
    """The first line of a statement, with its decorators and the comments above it."""
    line = statement.lineno
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        line = min([line, *(d.lineno for d in statement.decorator_list)])
    lines = solution.lines(cell)
    while line > 1 and lines[line - 2].lstrip().startswith("#"):
        line -= 1
    return line


def parted_at(cell: int, line: int) -> Edit:
    """A new cell begins at a line."""
    return Edit(cell, line, line - 1, NEW_CELL)
