"""Neighbouring lines that do not need each other, in the other order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from grader.planting import Mutant, Solution, called
from grader.variation import Variation

QUIET = {"max", "min", "argmax", "argmin", "sum", "mean", "std", "squeeze", "unsqueeze", "reshape",
         "len", "SGD", "Adam", "AdamW", "RMSprop", "Adagrad"}  # fmt: skip
"""Calls that draw nothing and change nothing but what they return."""


class ReorderedLines(Variation):
    """Two assignments of which neither reads what the other sets change places."""

    name = "reordered lines"
    changes = "Two neighbouring lines that do not need each other change places"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """All such pairs of neighbours at once."""
        edits = []
        for cell, tree in enumerate(solution.trees):
            taken: ast.stmt | None = None
            for one, other in pairwise(tree.body if tree is not None else []):
                if one is taken or not independent(one, other):
                    continue
                first, second = (whole(solution, cell, s) for s in (one, other))
                edits.append(solution.instead(cell, one, second))
                edits.append(solution.instead(cell, other, first))
                taken = other
        if edits:
            yield Mutant("neighbours that do not need each other", tuple(edits))


def independent(one: ast.stmt, other: ast.stmt) -> bool:
    """Whether nobody can tell in which order two statements ran."""
    if not (quiet(one) and quiet(other)) or one.end_lineno == other.lineno:
        return False
    sets = [names(s, ast.Store) for s in (one, other)]
    uses = [names(s, ast.Load) for s in (one, other)]
    return not (sets[0] & (sets[1] | uses[1]) or sets[1] & uses[0])


def quiet(statement: ast.stmt) -> bool:
    """Whether a statement sets a name and does nothing else, such as drawing random numbers."""
    if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
        return False
    calls = [n for n in ast.walk(statement.value) if isinstance(n, ast.Call)]
    return all(
        called(c) in QUIET or called(c).endswith("Loss") or called(c) == "parameters" for c in calls
    )


def names(statement: ast.stmt, context: type[ast.expr_context]) -> set[str]:
    """Names that a statement sets, or reads."""
    return {n.id for n in ast.walk(statement)
            if isinstance(n, ast.Name) and isinstance(n.ctx, context)}  # fmt: skip


def whole(solution: Solution, cell: int, statement: ast.stmt) -> str:
    """The lines of a statement at the top of a cell, with what is said beside it."""
    last = statement.end_lineno or statement.lineno
    return "\n".join(solution.lines(cell)[statement.lineno - 1 : last])
