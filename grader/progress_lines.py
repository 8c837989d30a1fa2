"""What a training prints as it goes: lines that are alike but for their numbers, in columns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.cell_code import CellCode, page_of
from grader.evidence import Evidence
from grader.facts import OutputSeen
from grader.model_facts import TrainingSeen
from grader.planting import called
from grader.printed import Printed, single_numbers

DIGITS = re.compile(r"[-+]?\d[\d.,e+-]*|nan|-?inf")
MOST_LINES = 5_000
FEWEST = 3
"""Lines that make a table."""


class Loop(NamedTuple):
    """A training loop in the code of a cell that trained.

    Attributes:
        code: the cell.
        node: the loop.
        lines: how the numbers it may have printed stand, line by line.
    """

    code: CellCode
    node: ast.For | ast.While
    lines: list[list[Printed]]

    def columns(self) -> list[list[Printed]]:
        """The numbers that stand at one place, for each place."""
        return [list(column) for column in zip(*self.lines, strict=True)]


def training_loops(evidence: Evidence, exercise: str) -> Iterator[Loop]:
    """The outermost loops that go backward, in cells that trained."""
    trained = {t.cell for t in evidence.of(exercise, TrainingSeen) if t.backwards}
    for code in evidence.once(page_of).of(exercise):
        if code.read.cell not in trained:
            continue
        inside: set[int] = set()
        for node in code.walk():
            loop = isinstance(node, ast.For | ast.While) and id(node) not in inside
            if loop and any(isinstance(n, ast.Call) and called(n) == "backward"
                            for n in ast.walk(node)):  # fmt: skip
                inside |= {id(n) for n in ast.walk(node)}
                yield Loop(code, node, longest_table(evidence, code.read.cell))  # type: ignore[arg-type]


def longest_table(evidence: Evidence, cell: int) -> list[list[Printed]]:
    """The numbers of the lines that are alike, of which a cell printed the most."""
    text = "".join(o.text for o in evidence.everywhere(OutputSeen)
                   if o.cell == cell and o.channel == "stdout")  # fmt: skip
    groups: dict[tuple[str, int], list[list[Printed]]] = {}
    for line in text.splitlines()[:MOST_LINES]:
        numbers = single_numbers(line)
        if numbers:
            plain = " ".join(DIGITS.sub("#", line).split())
            groups.setdefault((plain, len(numbers)), []).append(numbers)
    longest = max(groups.values(), key=len, default=[])
    return longest if len(longest) >= FEWEST else []


def printed_names(loop: ast.AST) -> Iterator[tuple[ast.Call, ast.Name]]:
    """The names in what a loop prints, or appends to lists."""
    for node in ast.walk(loop):
        if isinstance(node, ast.Call) and called(node) in ("print", "append"):
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and part is not node.func:
                    yield node, part


def bound_in(loop: ast.AST) -> set[str]:
    """The names that a loop binds."""
    return {n.id for n in ast.walk(loop) if isinstance(n, ast.Name)
            and isinstance(n.ctx, ast.Store)}  # fmt: skip
