"""What a notebook asks self-check, which answers no exercise.

`from grader import selfcheck`, what it is started with, and every call of what comes of that. The
names are told by what they are bound to: `q` means nothing in itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set

from grader.notebook import Cell, Notebook, parse_cell

SELFCHECK = "grader.selfcheck"


def without_questions(notebook: Notebook) -> Notebook:
    """The notebook with the lines left blank that only ask self-check something."""
    if not any("selfcheck" in cell.source for cell in notebook.code):
        return notebook
    names: set[str] = set()
    return Notebook(tuple(blanked(c, names) if c.kind == "code" else c for c in notebook.cells))


def blanked(cell: Cell, names: set[str]) -> Cell:
    """A cell without its questions; `names`, those bound to self-check, is kept up to date."""
    lines = cell.source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].split()[:1] == ["%%check"]:
        lines[first] = "#"
    tree = parse_cell("\n".join(lines[first:]))  # IPython drops blank lines above, and counts on
    asking: set[int] = set()
    other: set[int] = set()
    for node in tree.body if tree else ():
        span = range(node.lineno + first, (node.end_lineno or node.lineno) + first + 1)
        (asking if asks(node, names) else other).update(span)
        ours = set(bound(node, names))
        names -= taken(node)
        names |= ours
    for number in asking - other:
        lines[number - 1] = ""
    return cell._replace(source="\n".join(lines))


def asks(node: ast.stmt, names: Set[str]) -> bool:
    """Whether a statement does nothing but ask self-check something."""
    if isinstance(node, ast.Assign):
        return all(isinstance(t, ast.Name) for t in node.targets) and is_ours(node.value, names)
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("print", "display"):
        return bool(value.args) and all(is_ours(a, names) for a in value.args)
    return is_ours(value, names)


def is_ours(value: ast.expr, names: Set[str]) -> bool:
    """Whether an expression is of self-check, and computes nothing besides."""
    while isinstance(value, (ast.Call, ast.Attribute, ast.Subscript)):
        if not all(isinstance(part, ast.Constant) for part in given(value)):
            return False
        value = value.func if isinstance(value, ast.Call) else value.value
    return isinstance(value, ast.Name) and value.id in names


def given(node: ast.Call | ast.Attribute | ast.Subscript) -> list[ast.expr]:
    """What a call, or an index, is given."""
    if isinstance(node, ast.Call):
        return [*node.args, *(k.value for k in node.keywords)]
    return [node.slice] if isinstance(node, ast.Subscript) else []


def taken(node: ast.stmt) -> set[str]:
    """The names that a statement gives to something else, outside functions and classes."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in stored if isinstance(n.ctx, (ast.Store, ast.Del))}


def bound(node: ast.stmt, names: Set[str]) -> Iterator[str]:
    """The names that a statement binds to something of self-check's."""
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if SELFCHECK in (f"{node.module}.{alias.name}", node.module):
                yield alias.asname or alias.name
    elif isinstance(node, ast.Import):
        yield from (a.asname for a in node.names if a.name == SELFCHECK and a.asname)
    elif isinstance(node, ast.Assign) and is_ours(node.value, names):
        yield from (t.id for t in node.targets if isinstance(t, ast.Name))
