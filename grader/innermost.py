"""Where an error was raised: the innermost line of the student's own, in whichever cell it is."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellEnded, CellRead
from grader.notebook import parse_cell
from grader.raised import Raised

TOP = "<module>"
"""What Python calls the code of a cell that lies in no function."""
LACKED = re.compile(r"(?:attribute|name) '(\w+)'")


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


class Written(NamedTuple):
    """A function or method, where it is written.

    Attributes:
        cell: index, from 0.
        first, last: its lines in the cell, from 1.
        owner: the class it is a method of; empty for a function.
    """

    cell: int
    first: int
    last: int
    owner: str


def innermost(evidence: Evidence, raised: Raised) -> Spot | None:
    """Where an error was raised; None where the page does not tell.

    What the line was working on tells the function and the line in its cell. The cell is one that
    has such a function around a line which names all that the error and its line name. Where
    several have, the class of `self` decides, and then the last of them, if the lines are the same.
    """
    told = raised.line
    if told is None:
        return None
    if told.function == TOP:
        return Spot(raised.end.cell, told.at)
    lines = evidence.once(lines_of)
    names = {part for o in told.operands for part in o.name.split(".") if part}
    names |= {*LACKED.findall(raised.end.evalue or "")}
    fit = [
        one for one in evidence.once(functions_of)[told.function]
        if one.first <= told.at <= one.last and was_run(evidence, one, raised.end)
        and names <= {*re.findall(r"\w+", lines[one.cell][told.at - 1])}
    ]  # fmt: skip
    of = next((o.type for o in told.operands if o.name == "self"), "")
    fit = [one for one in fit if one.owner == of] or fit
    if len({lines[one.cell][told.at - 1].strip() for one in fit}) != 1:
        return None
    return Spot(fit[-1].cell, told.at, told.function)


def was_run(evidence: Evidence, one: Written, end: CellEnded) -> bool:
    """Whether a definition was reached by the time that a cell ended."""
    if one.cell == end.cell:
        return end.line is None or one.first <= end.line
    own = evidence.once(endings_by_cell).get(one.cell)
    stopped = own is not None and own.ename is not None and (own.line or 0) < one.first
    return one.cell < end.cell and not stopped and (own is None or own.ending != "unreached")


def written(evidence: Evidence, raised: Raised) -> CellEnded:
    """How the cell ended, as if it had ended where the error was raised, if the page tells that."""
    spot = innermost(evidence, raised)
    where = {} if spot is None else {"cell": spot.cell, "line": spot.line}
    return raised.end.model_copy(update=where)


def lines_of(evidence: Evidence) -> dict[int, list[str]]:
    """The lines of each cell; ask for them with `evidence.once(lines_of)`."""
    return {c.cell: c.source.split("\n") for c in evidence.everywhere(CellRead)}


def endings_by_cell(evidence: Evidence) -> dict[int, CellEnded]:
    """How each cell ended; ask for it with `evidence.once(endings_by_cell)`."""
    return {e.cell: e for e in evidence.everywhere(CellEnded)}


def functions_of(evidence: Evidence) -> defaultdict[str, list[Written]]:
    """The functions of a hand-in by name; ask for them with `evidence.once(functions_of)`."""
    found: defaultdict[str, list[Written]] = defaultdict(list)
    for read in evidence.everywhere(CellRead):
        tree = parse_cell(read.source)
        owners = {
            id(part): node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
            for part in node.body
        } if tree else {}  # fmt: skip
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                last = node.end_lineno or node.lineno
                owner = owners.get(id(node), "")
                found[node.name].append(Written(read.cell, node.lineno, last, owner))
    return found
