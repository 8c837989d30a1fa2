"""Whether code leads to a ready-made function, by whatever name and through whatever helpers.

What a function is given, and what it names itself, is its own: `y` in it is not the `y` of another
cell. A method called on `self` is the class's own, and is looked at where it is defined.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from grader.origins import Origins

MOST_FOLLOWED = 300
"""Definitions that are looked through."""

Lambda = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Own = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class Use(NamedTuple):
    """An expression and the names that are not those of the notebook there.

    Attributes:
        node: a name, an attribute or a call.
        local: arguments and variables of the functions around it.
        selves: of these, what methods call their object.
    """

    node: ast.expr
    local: frozenset[str]
    selves: frozenset[str]


def leads_to(origins: Origins, start: ast.AST, function: str) -> bool:
    """Whether code calls or hands on a function of torch, numpy or math.

    Args:
        origins: where the names of the hand-in come from.
        start: a definition or an expression.
        function: its name, such as tanh, which is found in `torch.tanh_` and `nn.Tanh` too.
    """
    waiting: list[ast.AST] = [start]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_FOLLOWED:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for use in uses(node, frozenset(), frozenset()):
            if is_ready(origins, use, function):
                return True
            if isinstance(use.node, ast.Name) and use.node.id not in use.local:
                waiting += origins.values.get(use.node.id, [])
    return False


def is_ready(origins: Origins, use: Use, function: str) -> bool:
    """Whether one expression is the ready-made function."""
    node = use.node
    if isinstance(node, ast.Name):
        if node.id in use.local or definitions(origins, node.id):
            return False
        return any("." in p and means(p, function) for p in origins.paths(node))
    if isinstance(node, ast.Attribute):
        base = node.value.id if isinstance(node.value, ast.Name) else ""
        if not means(node.attr, function) or base in use.selves:
            return False
        return base in use.local or not has_method(origins, base, node.attr)
    return any(means(p, function) for p in origins.paths(node) if "." in p)


def means(path: str, function: str) -> bool:
    """Whether a dotted name ends in the function's: in place, or as a layer, too."""
    return path.rpartition(".")[2].rstrip("_").lower() == function.lower()


def definitions(origins: Origins, name: str) -> list[Own]:
    """The functions and classes of the hand-in that a name may be, also by another name."""
    found: list[Own] = []
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for value in origins.values.get(one, []):
            made = value.func if isinstance(value, ast.Call) else value
            if isinstance(made, Own):
                found.append(made)
            elif isinstance(made, ast.Name):
                waiting.append(made.id)
    return found


def has_method(origins: Origins, name: str, method: str) -> bool:
    """Whether a name stands for an object or a class of the hand-in with such a method."""
    classes = [d for d in definitions(origins, name) if isinstance(d, ast.ClassDef)]
    return any(isinstance(n, ast.FunctionDef) and n.name == method for c in classes for n in c.body)


def uses(node: ast.AST, local: frozenset[str], selves: frozenset[str]) -> Iterator[Use]:
    """Every name that is read, attribute and call within a piece of code."""
    if isinstance(node, Lambda):
        local = local | arguments(node) | assigned(node)
    read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    if isinstance(node, (ast.Attribute, ast.Call)) or read:
        yield Use(node, local, selves)  # type: ignore[arg-type]
    for child in ast.iter_child_nodes(node):
        method = isinstance(node, ast.ClassDef) and isinstance(child, ast.FunctionDef)
        own = child.args.args[:1] if method else []  # type: ignore[attr-defined]
        yield from uses(child, local, selves | {a.arg for a in own})


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names of what a function is given."""
    found = function.args
    more = [a for a in (found.vararg, found.kwarg) if a is not None]
    return {a.arg for a in (*found.posonlyargs, *found.args, *found.kwonlyargs, *more)}


def assigned(function: ast.AST) -> set[str]:
    """The names that code within a function binds by assignment."""
    return {n.id for n in ast.walk(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}  # fmt: skip
