"""Where an error was raised: the innermost line of the student's own, in whichever cell it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellEnded, CellRead
from grader.notebook import parse_cell
from grader.raised import Raised

TOP = "<module>"
"""What Python calls the code of a cell that lies in no function."""


class Spot(NamedTuple):
    """A line of a hand-in.

    Attributes:
        cell: index, from 0, counting every cell.
        line: in the cell, from 1.
        function: in which it lies; empty at a cell's top level.
    """

    cell: int
    line: int
    function: str = ""


def innermost(evidence: Evidence, raised: Raised) -> Spot | None:
    """Where an error was raised; None where the page does not tell.

    What the line was working on tells the function and the line in its cell. The cell is the last
    one that ran by then, and has such a function around a line that names what the line named.
    """
    told = raised.line
    if told is None:
        return None
    if told.function == TOP:
        return Spot(raised.end.cell, told.at)
    names = {part for o in told.operands for part in o.name.split(".") if part}
    cells = [c for c in evidence.everywhere(CellRead) if c.cell <= raised.end.cell]
    found = [
        cell.cell for cell in reversed(cells)
        if surrounds(cell.source, told.function, told.at)
        and names <= set(re.findall(r"\w+", statement(cell.source, told.at)))
    ]  # fmt: skip
    return Spot(found[0], told.at, told.function) if found else None


def written(evidence: Evidence, raised: Raised) -> CellEnded:
    """How the cell ended, as if it had ended where the error was raised, if the page tells that."""
    spot = innermost(evidence, raised)
    where = {} if spot is None else {"cell": spot.cell, "line": spot.line}
    return raised.end.model_copy(update=where)


def surrounds(source: str, function: str, line: int) -> bool:
    """Whether a cell has a function of this name around a line."""
    return any(n.lineno <= line <= (n.end_lineno or n.lineno) for n in functions(source, function))


def functions(source: str, name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions and methods of a name that a cell defines."""
    tree = parse_cell(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            yield node


def statement(source: str, line: int) -> str:
    """The text of the smallest statement around a line; the line itself where there is none."""
    tree, lines = parse_cell(source), source.split("\n")
    around = [
        n for n in ast.walk(tree) if isinstance(n, ast.stmt)
        and n.lineno <= line <= (n.end_lineno or n.lineno)
    ] if tree else []  # fmt: skip
    if not around:
        return lines[line - 1] if 0 < line <= len(lines) else ""
    inner = min(around, key=lambda n: (n.end_lineno or n.lineno) - n.lineno)
    return "\n".join(lines[inner.lineno - 1 : inner.end_lineno])
