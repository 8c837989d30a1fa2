"""Texts put together from pieces by methods, worked out without running anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

LONGEST = 200
"""Characters of all the pieces of a text."""
METHODS = {
    "replace", "lower", "upper", "casefold", "swapcase", "strip", "lstrip", "rstrip", "format",
    "removeprefix", "removesuffix",
}  # fmt: skip
"""Methods of texts that give a text."""
PLACED = {"%": re.compile(r"%(?!s)"), "format": re.compile(r"\{[^}]*[:!.\[]")}
"""What is left alone: with a width, a text could become as long as the memory."""

Says = Callable[[ast.AST], str | None]


def put_together(node: ast.AST, says: Says) -> str | None:
    """What `"%sure__" % "__clo"`, `"{}".format(...)`, `"x__code__"[1:]` and the like say.

    Args:
        node: any expression.
        says: tells what a part of it says, None where that does not stand in the source.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        many = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return called("%", node.left, many, says)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        return cut(says(node.value), node.slice)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        method = node.func.attr
        return called(method, node.func.value, node.args, says) if method in METHODS else None
    return None


def called(method: str, text: ast.expr, others: Sequence[ast.expr], says: Says) -> str | None:
    """What a method gives for a text, if all of it is known and short."""
    said, *parts = [says(part) for part in (text, *others)]
    known = [part for part in parts if part is not None]
    if said is None or len(known) < len(parts) or len(said + "".join(known)) > LONGEST:
        return None
    if method in PLACED and PLACED[method].search(said):
        return None
    try:
        return said % tuple(known) if method == "%" else str(getattr(said, method)(*known))
    except (TypeError, ValueError, LookupError):
        return None


def cut(said: str | None, part: ast.Slice) -> str | None:
    """A slice of a text whose ends are written down."""
    try:
        ends = [ast.literal_eval(e) if e else None for e in (part.lower, part.upper, part.step)]
        return None if said is None else said[slice(*ends)]
    except (TypeError, ValueError):
        return None
