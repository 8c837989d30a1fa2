"""A hand-in as cells.

Only cell types and sources are taken from a submitted file. Its metadata, ids, flags and stored
outputs carry no weight, so nothing in them can steer the run or add a point.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import warnings
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from grader.syntax import syntax_tree

MAX_BYTES = 100_000_000
MAX_CELL = 2_000_000
MOST_REMEMBERED = 50_000
"""Characters of a cell that is turned into Python once, not each time it is looked at."""


class Cell(NamedTuple):
    """One cell: its place in the file from 0, what it is, and its text."""

    index: int  # type: ignore[assignment]  # a tuple's own index() is never called here
    kind: Literal["code", "markdown", "raw"]
    source: str


class Notebook(NamedTuple):
    """The cells of a hand-in, in order."""

    cells: tuple[Cell, ...]

    @property
    def code(self) -> list[Cell]:
        """The code cells."""
        return [c for c in self.cells if c.kind == "code"]


class Unreadable(NamedTuple):
    """Why bytes are no notebook, and what to do about it."""

    reason: str


def parse_notebook(data: bytes) -> Notebook | Unreadable:
    """A notebook of any nbformat 4 minor, as it comes out of Colab, Jupyter or VS Code."""
    if not data.strip():
        return Unreadable("the file is empty; ask for it again")
    if len(data) > MAX_BYTES:
        return Unreadable(f"the file has {len(data) // 10**6} MB; clear its outputs and try again")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Unreadable("not UTF-8 text; is it really a .ipynb file?")
    except (ValueError, RecursionError) as problem:
        return Unreadable(f"not JSON ({str(problem)[:80]}); save the notebook again")
    if not isinstance(content, dict) or "nbformat" not in content:
        return Unreadable("JSON, but not a notebook: it has no nbformat")
    if content["nbformat"] != 4:
        return Unreadable(
            f"nbformat {str(content['nbformat'])[:20]}; open it in Jupyter and save it again,"
            " which makes it nbformat 4"
        )
    raw = content.get("cells")
    if not isinstance(raw, list):
        return Unreadable("a notebook without a list of cells; save it again")
    return _within_bounds(Notebook(tuple(_cells(raw))))


def _within_bounds(notebook: Notebook) -> Notebook | Unreadable:
    for cell in notebook.code:
        if len(cell.source) > MAX_CELL:
            return Unreadable(f"cell {cell.index + 1} holds more than {MAX_CELL} characters;"
                              " load data from a file instead")  # fmt: skip
    return notebook


def _cells(raw: list[Any]) -> list[Cell]:
    cells = []
    for index, item in enumerate(raw):
        if not isinstance(item, dict):
            continue
        source = item.get("source", "")
        if isinstance(source, list):
            source = "".join(str(line) for line in source)
        kind = item.get("cell_type")
        if kind in ("code", "markdown", "raw"):
            # lone surrogates are legal in JSON and in nothing that comes after
            clean = str(source).encode("utf-8", "replace").decode("utf-8")
            cells.append(Cell(index, kind, clean))
    return cells


def to_python(source: str) -> str:
    """A cell's source as the Python that IPython makes of it: magics and `!` become calls."""
    return remembered(source) if len(source) <= MOST_REMEMBERED else transformed(source)


def transformed(source: str) -> str:
    """A cell's source as Python, worked out anew."""
    from grader.ipython_syntax import TooMuch, Transformer, line_by_line

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about student text, of no use to whoever grades
            return str(Transformer().transform_cell(source))
    except TooMuch:
        return line_by_line(source)
    except Exception:  # somebody else's tokenizer on anybody's text: IndexError was seen too
        return source


remembered = lru_cache(maxsize=256)(transformed)


def parse_cell(source: str) -> ast.Module | None:
    """A cell's syntax tree, with the cell's own lines; None for text that is no Python."""
    try:
        tree = syntax_tree(to_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    dropped = blank_lines(source)
    return ast.increment_lineno(tree, dropped) if dropped else tree


def blank_lines(source: str) -> int:
    """How many lines IPython drops at the start of a cell."""
    return source[: len(source) - len(source.lstrip())].count("\n")


def digest(text: str) -> str:
    """A short digest of text, white space and case aside; for comparing with a template."""
    folded = re.sub(r"\s+", " ", text).strip().lower()
    return hashlib.sha256(folded.encode()).hexdigest()[:12]
