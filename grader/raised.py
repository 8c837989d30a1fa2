"""Errors that ended cells, with what their lines were working on, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.error_facts import ErrorRaised, Operand
from grader.evidence import Evidence
from grader.facts import CellEnded


class Raised(NamedTuple):
    """An error that ended a cell.

    Attributes:
        end: how the cell ended; `ename` and `evalue` are the error's.
        line: what the line that raised was working on, where that was told.
    """

    end: CellEnded
    line: ErrorRaised | None

    @property
    def said(self) -> str:
        """The error in one line, as Python writes it."""
        return f"{self.end.ename}: {' '.join((self.end.evalue or '').split())}"

    def tensors(self) -> list[Operand]:
        """The tensors and arrays of the line."""
        told = self.line.operands if self.line else []
        return [o for o in told if o.type in ("tensor", "array")]

    def with_shapes(self) -> str:
        """The tensors of the line with their shapes, such as "X [800, 2], y [800]"."""
        return ", ".join(f"{o.name} {o.shape}" for o in self.tensors())

    def where(self) -> str:
        """The function that raised, unless that was the cell itself."""
        if self.line is None or self.line.function == "<module>":
            return ""
        return f"in {self.line.function}, line {self.line.at}"


def errors(evidence: Evidence, exercise: str, name: str, pattern: str = "") -> Iterator[Raised]:
    """Errors of one class whose message has a pattern in it, in an exercise's cells.

    Args:
        evidence: of the run.
        exercise: id of the exercise.
        name: the class of the error; several with a bar between them.
        pattern: a regular expression, for any case.
    """
    lines = {fact.cell: fact for fact in evidence.of(exercise, ErrorRaised)}
    for end in evidence.endings(exercise):
        of_class = end.ending == "raised" and re.fullmatch(name, end.ename or "")
        if of_class and re.search(pattern, end.evalue or "", re.IGNORECASE):
            yield Raised(end, lines.get(end.cell))
