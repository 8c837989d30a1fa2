"""Python text as a syntax tree, one at a time.

Before Python 3.12, threads that parse side by side can get each other's recursion depth and a
SystemError for it (CPython issue 106905); and warnings are muted for all threads at once.
"""

from __future__ import annotations

import ast
import warnings
from threading import Lock
from typing import Any

_parsing = Lock()


def syntax_tree(text: str) -> ast.Module:
    """The tree of a text; its warnings are about somebody else's code and are not told.

    Raises:
        SyntaxError: the text is no Python.
        ValueError, RecursionError, MemoryError: it cannot be read at all.
    """
    with _parsing, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def literal(text: str) -> Any:  # noqa: ANN401  (whatever the text writes down)
    """What a text of numbers and brackets writes down.

    Raises:
        ValueError: it is more than that.
        SyntaxError: it is no Python.
        RecursionError, MemoryError: it is nested too deeply.
    """
    with _parsing:
        return ast.literal_eval(text)
