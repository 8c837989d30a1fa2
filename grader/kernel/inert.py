"""Self-check calls in a hand-in do nothing while it is graded.

`from grader import selfcheck` gives an object that accepts every call, and a `%%check` line is
dropped, so that the cell below it runs as an ordinary cell. So is a call at the end of a cell: what
stands above it is shown as it would be without.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from typing import Any

from . import check_lines


class Inert:
    """Accepts every attribute, index and call, and is itself the answer."""

    def __getattr__(self, name: str) -> Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Inert:
        return self

    def __call__(self, *args: object, **kwargs: object) -> Inert:
        """Nothing to do, and something to go on with."""
        return self

    def __iter__(self) -> Iterator[Inert]:
        return iter(())

    def __repr__(self) -> str:
        return "(self-check is off while grading)"


class WithoutCalls:
    """Takes the self-check calls from the end of a cell's code, for IPython.

    Args:
        names: the student's global names.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def visit(self, tree: ast.Module) -> ast.Module:
        """The code of a cell; changed where it ends with such calls."""
        while tree.body and self._is_call(tree.body[-1]):
            tree.body.pop()
        return tree

    def _is_call(self, node: ast.stmt) -> bool:
        """Whether a statement does nothing but ask self-check for something."""
        if not isinstance(node, ast.Expr):
            return False
        inner: Any = node.value
        while isinstance(inner, (ast.Call, ast.Attribute, ast.Subscript)):
            if not all(isinstance(part, ast.Constant) for part in given(inner)):
                return False
            inner = inner.func if isinstance(inner, ast.Call) else inner.value
        return isinstance(inner, ast.Name) and type(self._names.get(inner.id)) is Inert


def given(node: ast.Call | ast.Attribute | ast.Subscript) -> list[ast.expr]:
    """What a call, or an index, is given."""
    if isinstance(node, ast.Call):
        return [*node.args, *(k.value for k in node.keywords)]
    return [node.slice] if isinstance(node, ast.Subscript) else []


def install(shell: Any) -> None:
    """Put the stand-in where the student imports it from."""
    package = types.ModuleType("grader", "Self-check, switched off while grading.")
    package.__path__ = []
    stand_in: Any = Inert()
    vars(package)["selfcheck"] = stand_in
    sys.modules["grader"] = package
    sys.modules["grader.selfcheck"] = stand_in
    check_lines.install(shell, nothing)
    shell.ast_transformers.append(WithoutCalls(shell.user_ns))


def nothing(line: str) -> None:
    """What `%check 3` shows."""
