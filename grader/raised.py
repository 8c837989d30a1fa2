"""Errors that ended cells, with what their lines were working on, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.error_facts import ErrorRaised, Operand
from grader.evidence import Evidence
from grader.facts import CellEnded, OpSeen


class Raised(NamedTuple):
    """An error that ended a cell.

    Attributes:
        end: how the cell ended; `ename` and `evalue` are the error's.
        line: what the line that raised was working on, where that was told.
        given: the tensors that the torch call which raised was given, where it was seen; also
            those that no name stands for.
    """

    end: CellEnded
    line: ErrorRaised | None
    given: tuple[Operand, ...] = ()

    @property
    def said(self) -> str:
        """The error in one line, as Python writes it."""
        return f"{self.end.ename}: {' '.join((self.end.evalue or '').split())}"

    def tensors(self) -> list[Operand]:
        """The tensors that the call which raised was given, or else those of the line."""
        return list(self.given) or self.of_line()

    def of_line(self) -> list[Operand]:
        """The tensors and arrays that the line names."""
        told = self.line.operands if self.line else []
        return [o for o in told if o.type in ("tensor", "array")]

    def models(self) -> list[Operand]:
        """The models that the line names."""
        return [o for o in self.line.operands if o.module] if self.line else []

    def with_shapes(self) -> str:
        """The tensors with their shapes, such as "X [800, 2], y [800]"."""
        return ", ".join(f"{o.name or 'a value'} {o.shape}" for o in self.tensors())

    def with_types(self) -> str:
        """The tensors with their shapes and types, such as "X [800, 2] float64"."""
        return ", ".join(f"{o.name or 'a value'} {o.shape} {o.dtype}" for o in self.tensors())

    def input_of_layer(self) -> str:
        """What the layer that raised was given, such as "X [800, 2] float64"."""
        if self.line is None or self.line.layer is None:
            return ""
        given = self.line.layer.input
        alike = [o for o in self.of_line() if (o.shape, o.dtype) == (given.shape, given.dtype)]
        name = alike[0].name if len(alike) == 1 else "an input"
        return f"{name} {given.shape} {given.dtype}"

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
            line = lines.get(end.cell)
            yield Raised(end, line, given_to(evidence, end, line))


def given_to(
    evidence: Evidence, end: CellEnded, line: ErrorRaised | None
) -> tuple[Operand, ...]:  # fmt: skip
    """The tensors of the torch call that ended a cell, with the names the line has for them."""
    calls = [op for op in evidence.once(calls_that_raised) if op.cell == end.cell]
    if not calls or not (calls[-1].error or "").startswith(f"{end.ename}:"):
        return ()
    call, named = calls[-1], list(line.operands if line else [])
    given = []
    for tensor in (evidence.tensor(call, i) for i in [*call.inputs, *call.named.values()]):
        if tensor is None:
            continue
        operand = Operand(
            type="tensor", shape=tensor.shape[:16], dtype=tensor.dtype, device=tensor.device,
            gradient=tensor.requires_grad,
        )  # fmt: skip
        of_line = [o for o in named if (o.shape, o.dtype) == (operand.shape, operand.dtype)]
        if of_line:
            named.remove(of_line[0])
            operand = operand.model_copy(update={"name": of_line[0].name})
        given.append(operand)
    return tuple(given[:12])


def calls_that_raised(evidence: Evidence) -> list[OpSeen]:
    """The torch calls that raised, in order."""
    return [op for op in evidence.everywhere(OpSeen) if op.error]
