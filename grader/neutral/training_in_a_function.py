"""The training loop in a function of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.planting import Mutant, Solution, called
from grader.variation import Variation


class TrainingInAFunction(Variation):
    """A loop at the top of a cell moves into a function that is called at once."""

    name = "a function around the loop"
    changes = "The training loop stands in a function, which is called where the loop was"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """Each loop at the top of a cell that goes back from a loss."""
        for cell, tree in enumerate(solution.trees):
            for loop in tree.body if tree is not None else ():
                if isinstance(loop, (ast.For, ast.While)) and trains(loop):
                    if '"""' in (text := wrapped(solution, cell, loop)) or "'''" in text:
                        continue  # its lines cannot be moved to the right
                    yield Mutant("the loop", (solution.instead(cell, loop, text),))


def trains(loop: ast.stmt) -> bool:
    """Whether a loop goes back from a loss."""
    return any(isinstance(n, ast.Call) and called(n) == "backward" for n in ast.walk(loop))


def wrapped(solution: Solution, cell: int, loop: ast.stmt) -> str:
    """A function with a loop in it, and its call; what others read of the loop stays global."""
    inside = {id(n) for n in ast.walk(loop)}
    sets = {n.id for n in ast.walk(loop)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}  # fmt: skip
    shared = sorted(sets & {n.id for _, n in solution.nodes(ast.Name) if id(n) not in inside})
    lines = solution.lines(cell)[loop.lineno - 1 : loop.end_lineno or loop.lineno]
    head = [f"    global {', '.join(shared)}"] if shared else []
    body = [f"    {line}" if line.strip() else "" for line in lines]
    return "\n".join(["def run_the_training():", *head, *body, "", "", "run_the_training()"])
