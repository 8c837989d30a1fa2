"""Names that code takes from a listing such as `dir(x)`, so that they stand nowhere in its source.

Looking around is ordinary: printing what `dir(torch)` lists, keeping the names that hold "rand",
asking every public attribute for its value. What is told is one name picked from a listing, or
one chosen by a text that is a piece of an inner name, and then asked for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from grader.machinery import STAND_INS
from grader.origins import GETTERS, Origins, plain

LISTS = {"dir", "builtins.dir", "inspect.getmembers", "inspect.getmembers_static"}
PICKS = {"next", "min", "max", "builtins.next"}
INNER = (
    "__closure__", "cell_contents", "__globals__", "__code__", "__self__", "__subclasses__",
    "tb_frame", "gi_frame", "cr_frame", "f_back", "f_globals", "f_locals", "f_builtins",
)  # fmt: skip
"""What leads from a function or a frame to what it holds."""
WORDS = {
    "self", "code", "cell", "cont", "content", "contents", "tent", "frame", "class", "classes",
    "subclass", "local", "locals", "glob", "global", "globals", "ball", "back", "built", "builtin",
    "builtins", "closure",
}  # fmt: skip
"""Pieces of those that mean something else as often."""
SHORTEST = 4
MODULES = re.compile(
    r"(torch(\.(nn|optim|utils|cuda|linalg|distributions|special|fft)(\.[a-z_]+)*)?"
    r"|(torchvision|torchaudio|torchtext|torchmetrics|sklearn|matplotlib|numpy|timm)(\.[a-z_]+)*)$"
)
"""Where a class or function is looked up by its name."""


def asked_by_name(node: ast.AST, origins: Origins) -> tuple[ast.AST, ast.AST] | None:
    """Owner and name where an attribute is asked for by a name that need not be in the source."""
    if isinstance(node, ast.Subscript):
        owner = node.value
        if isinstance(owner, ast.Attribute) and owner.attr == "__dict__":
            return owner.value, node.slice
        if isinstance(owner, ast.Call) and plain(owner.func) == "vars" and owner.args:
            return owner.args[0], node.slice
    if not isinstance(node, ast.Call) or not node.args:
        return None
    called = origins.paths(node.func)
    if any(path.endswith((*GETTERS, "getattr_static", "attrgetter")) for path in called):
        return node.args[0], node.args[-1 if len(node.args) == 1 else 1]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "__getattribute__":
        return (node.args[0] if len(node.args) > 1 else node.func.value), node.args[-1]
    return None


def picks_a_name(origins: Origins, owner: ast.AST, name: ast.AST, around: ast.AST) -> bool:
    """Whether a name that is asked of an owner was picked from a listing.

    Args:
        origins: of the hand-in's names.
        owner: what it is asked of.
        name: the expression that gives it.
        around: the cell it stands in.
    """
    behind = list(origins.behind(name))
    if not any(is_listing(origins, part) for part in behind):
        return False
    if names_a_piece(behind):
        return True
    paths = origins.paths(owner)
    if paths and all(is_a_module(path) for path in paths):
        return False
    if any(map(leaves_out_private, behind)):
        return False
    return names_a_piece([*behind, *ast.walk(around)]) or any(
        is_one_of_them(origins, part) for part in behind
    )


def is_a_module(path: str) -> bool:
    """Whether a dotted name is that of a module, as far as names tell."""
    return bool(MODULES.match(path)) and path.islower() and not STAND_INS.match(path)


def picks_a_member(origins: Origins, call: ast.Call, around: ast.AST) -> bool:
    """Whether members that `inspect.getmembers` gives are chosen by a piece of an inner name."""
    called = {path for path in origins.paths(call.func) if path.startswith("inspect.")}
    return bool(called & LISTS) and names_a_piece(ast.walk(around))


def is_listing(origins: Origins, node: ast.AST) -> bool:
    """Whether a node lists the names of something."""
    if isinstance(node, ast.Attribute):
        return node.attr == "__dir__"
    return isinstance(node, ast.Call) and bool(origins.paths(node.func) & LISTS)


def is_one_of_them(origins: Origins, node: ast.AST) -> bool:
    """Whether a node takes one out of a listing: `next(...)`, `dir(x)[4]`."""
    if isinstance(node, ast.Call) and origins.paths(node.func) & PICKS and node.args:
        source: ast.AST = node.args[0]
    elif isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        source = node.value
    else:
        return False
    return any(is_listing(origins, part) for part in origins.behind(source))


def leaves_out_private(node: ast.AST) -> bool:
    """`not name.startswith("_")`, `"__" not in name`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        call = node.operand
        starts = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        return starts and call.func.attr == "startswith" and is_underscore(call.args)  # type: ignore[attr-defined]
    return (
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], (ast.NotIn, ast.NotEq))
        and is_underscore([node.left, *node.comparators])
    )


def is_underscore(nodes: Iterable[ast.AST]) -> bool:
    """Whether one of these is the text "_" or "__"."""
    return any(isinstance(n, ast.Constant) and n.value in ("_", "__") for n in nodes)


def names_a_piece(nodes: Iterable[ast.AST]) -> bool:
    """Whether a text among these is a piece of an inner name, and nothing else."""
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return any(
        len(text) >= SHORTEST and text not in WORDS and any(text in name for name in INNER)
        for text in texts
    )
