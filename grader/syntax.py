"""Python text as a syntax tree, one at a time.

Before Python 3.12, threads that parse side by side can get each other's recursion depth and a
SystemError for it (CPython issue 106905); and warnings are muted for all threads at once.
"""

from __future__ import annotations

import ast
import warnings
from threading import Lock

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
