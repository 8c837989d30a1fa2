"""Python's own parser, for one thread at a time.

Until Python 3.13 its state is shared: while one thread builds a tree, the collector of garbage may
let another one in, and one of both fails with a SystemError that has nothing to do with the text.
The filters of warnings are shared as well.
"""

from __future__ import annotations

import ast
import threading
import warnings
from typing import Any

PARSER = threading.RLock()


def parse(text: str) -> ast.Module:
    """The syntax tree of a text, without a word of warning: it is a student's.

    Raises:
        SyntaxError: the text is no Python.
        ValueError: it holds what no source may.
        RecursionError: it is nested too deeply.
        MemoryError: the same, as the parser says it.
    """
    with PARSER, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def literal(text: str) -> Any:  # noqa: ANN401  (whatever the text writes down)
    """What a text of numbers and brackets writes down.

    Raises:
        ValueError: it is more than that.
        SyntaxError: it is no Python.
        RecursionError: it is nested too deeply.
        MemoryError: the same, as the parser says it.
    """
    with PARSER:
        return ast.literal_eval(text)
