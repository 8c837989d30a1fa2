"""Where a Python text can be cut: between statements at its top level, never inside one.

A text with a syntax error is cut as well. The paragraph that holds the error is taken out, and
the rest is read again, so that one slip costs the cell it is in and no other.
"""

from __future__ import annotations

import ast
import re
from typing import Literal, NamedTuple

from grader.syntax import syntax_tree

MOST_ERRORS = 20
"""Paragraphs with a syntax error that are taken out before the text is left in one piece."""
SHELL = re.compile(
    r"(\s*)(?:!|%%?\w|\?|pip3? (?:un)?install\b|conda install\b|\w+\s?=\s?[!%]\w|[\w.]+\?\??\s*$)"
)
"""Lines that IPython understands and Python does not."""


class Part(NamedTuple):
    """A part of a text that is not cut any further.

    Attributes:
        kind: one statement, a bare string, a paragraph of comments, or a paragraph that is no
            Python.
        source: its lines.
        apart: whether a blank line stands before it.
        text: what a bare string says; empty otherwise.
    """

    kind: Literal["statement", "string", "comment", "broken"]
    source: str
    apart: bool
    text: str = ""


class _Span(NamedTuple):
    """Lines from first to last, counted from 0, that belong together."""

    first: int
    last: int
    kind: Literal["statement", "string", "broken"]
    text: str = ""


def parts(text: str) -> list[Part]:
    """The parts of a text from top to bottom; between them nothing but blank lines is lost.

    Args:
        text: Python, as far as that goes, with newlines as its line ends.
    """
    lines = text.split("\n")
    found: list[Part] = []
    at = 0
    for span in [*spans(text), _Span(len(lines), len(lines), "statement")]:
        between = comments(lines[at : span.first], blank_before=not at or not lines[at - 1].strip())
        if found and between and not between[0].apart:  # at the end of a line, or indented below
            own = [p for p in between[:1] if p.source.startswith((" ", "\t"))]
            found[-1:] = [found[-1]._replace(source=joined(found[-1].source, *own))]
            between = between[len(own) :]
        found += between
        if span.first < len(lines):
            apart = span.first == 0 or not lines[span.first - 1].strip()
            source = "\n".join(lines[span.first : span.last + 1])
            found.append(Part(span.kind, source, apart, span.text))
        at = span.last + 1
    return found


def joined(first: str, *rest: Part) -> str:
    """Sources below each other."""
    return "\n".join([first, *(part.source for part in rest)])


def comments(lines: list[str], *, blank_before: bool) -> list[Part]:
    """The paragraphs of lines that hold comments only, or nothing."""
    found: list[Part] = []
    apart = blank_before
    above = ""
    for line in lines:
        if not line.strip():
            apart = True
        elif above.strip() and above[0].isspace() == line[0].isspace():
            found[-1] = found[-1]._replace(source=f"{found[-1].source}\n{line}")
        else:
            found.append(Part("comment", line, apart))
            apart = False
        above = line
    return found


def spans(text: str) -> list[_Span]:
    """Top-level statements and broken paragraphs, in order; several of one line are one."""
    lines = text.split("\n")
    broken: list[_Span] = []
    tree = tree_of(lines)
    if isinstance(tree, int):
        lines = [masked(line) for line in lines]
        tree = tree_of(lines)
    while isinstance(tree, int):
        around = paragraph(lines, tree)
        if len(broken) == MOST_ERRORS or not any(lines[around.first : around.last + 1]):
            return [_Span(0, len(lines) - 1, "broken")] if text.strip() else []
        broken.append(around)
        lines[around.first : around.last + 1] = [""] * (around.last + 1 - around.first)
        tree = tree_of(lines)
    found = [span_of(node) for node in tree.body] if tree else []
    merged: list[_Span] = []
    for span in sorted(found + broken):
        if merged and span.first <= merged[-1].last:
            merged[-1] = merged[-1]._replace(last=max(span.last, merged[-1].last), kind="statement")
        else:
            merged.append(span)
    return merged


def span_of(node: ast.stmt) -> _Span:
    """The lines of a statement, its decorators included."""
    above = [d.lineno for d in getattr(node, "decorator_list", [])]
    first, last = min([node.lineno, *above]) - 1, (node.end_lineno or node.lineno) - 1
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return _Span(first, last, "string", value.value)
    return _Span(first, last, "statement")


def tree_of(lines: list[str]) -> ast.Module | int:
    """The syntax tree; the line of the first syntax error, from 0, where there is one."""
    try:
        return syntax_tree("\n".join(lines))
    except SyntaxError as problem:
        return min(max((problem.lineno or 1) - 1, 0), len(lines) - 1)
    except (ValueError, RecursionError, MemoryError):
        return 0


def paragraph(lines: list[str], at: int) -> _Span:
    """The lines around an error that may go without cutting into what stands beside them."""
    first = at
    while first > 0 and not (begins(lines[first]) and starts_paragraph(lines, first)):
        first -= 1
    last = at
    while last + 1 < len(lines) and not (
        begins(lines[last + 1]) and starts_paragraph(lines, last + 1)
    ):
        last += 1
    while last > at and not lines[last].strip():
        last -= 1
    while first < at and (not lines[first].strip() or lines[first].startswith("#")):
        first += 1  # comments above it are whole
    return _Span(first, last, "broken")


def starts_paragraph(lines: list[str], at: int) -> bool:
    """Whether a line has a blank one above it, or is the first of some comments."""
    above = lines[at - 1] if at else ""
    return not above.strip() or (lines[at].startswith("#") and not above.startswith("#"))


def begins(line: str) -> bool:
    """Whether something at the top level can begin with a line."""
    return bool(line.strip()) and not line[0].isspace() and line[0] not in ")]}"


def masked(line: str) -> str:
    """A line as Python can read it: what only IPython understands does nothing."""
    match = SHELL.match(line[:400])
    return f"{match.group(1)}pass" if match else line
