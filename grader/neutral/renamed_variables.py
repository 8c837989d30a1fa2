"""Variables under other names."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from grader.planting import Mutant, Solution
from grader.variation import Variation

BY_NAME = ("globals", "locals", "vars", "eval", "exec", "getattr", "setattr")
"""Calls that may look a variable up by a text."""


class RenamedVariables(Variation):
    """Names that cells bind become other names, wherever they stand."""

    name = "renamed variables"
    changes = "Every variable of the cells has another name"

    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """All of them with a word before them, and all of them as letters with numbers."""
        names = sorted(renamable(solution))
        if not names:
            return
        yield renamed(solution, {name: f"my_{name}" for name in names}, "a word before each name")
        short = {name: f"v{number}_" for number, name in enumerate(names, 1)}
        yield renamed(solution, short, "letters and numbers for names")


def renamable(solution: Solution) -> set[str]:
    """Names bound at the top of a cell that stand in the notebook as variables and nothing else.

    A name that is also a parameter, a keyword or a function may mean something to its callers.
    """
    calls = [call.func for _, call in solution.calls(*BY_NAME)]
    if any(isinstance(function, ast.Name) for function in calls):
        return set()
    bound: set[str] = set()
    others = set(dir(builtins))
    for _, node in solution.nodes(ast.AST):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            others.add(node.name)
        elif isinstance(node, (ast.arg, ast.keyword)):
            others.add(node.arg or "")
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            others |= set(node.names)
        elif isinstance(node, ast.alias):
            others.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            others.add(node.name or "")
    for tree in filter(None, solution.trees):
        bound |= bound_at_the_top(tree)
    elsewhere = {
        name.id for cell, name in solution.nodes(ast.Name) if not at_its_place(solution, cell, name)
    }
    return {n for n in bound - others - elsewhere if not n.startswith("_")}


def bound_at_the_top(tree: ast.Module) -> set[str]:
    """Names that a cell's own statements bind, those of its functions and classes aside."""
    found: set[str] = set()
    left: list[ast.AST] = list(tree.body)
    while left:
        node = left.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        left += ast.iter_child_nodes(node)
    return found


def at_its_place(solution: Solution, cell: int, name: ast.Name) -> bool:
    """Whether a name stands where its tree says: not so in text that a magic or Python changed."""
    lines = solution.lines(cell)
    if name.lineno > len(lines):
        return False
    piece = lines[name.lineno - 1].encode()[name.col_offset : name.end_col_offset]
    return piece == name.id.encode()


def renamed(solution: Solution, names: dict[str, str], what: str) -> Mutant:
    """The solution with other names in it, as far as nothing is called so already."""
    taken = {name.id for _, name in solution.nodes(ast.Name)} - set(names)
    taken |= {node.name for _, node in solution.nodes(ast.FunctionDef)}
    names = {old: new for old, new in names.items() if new not in taken}
    found: dict[int, list[tuple[ast.expr, str]]] = {}
    for cell, name in solution.nodes(ast.Name):
        if name.id in names:
            found.setdefault(cell, []).append((name, names[name.id]))
    return Mutant(what, tuple(solution.rewritten(cell, found[cell]) for cell in sorted(found)))
