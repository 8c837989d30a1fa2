"""Collects what the probes see during one cell, within bounds.

A cell's facts are self-contained: a tensor that an earlier cell made and this one uses is
described again, so that the host never has to trust or keep state across cells. What the bounds
cut is told, once per cell and probe, as a `probe_failed` fact: silence would read as "did not
happen".

Only code of this package has cause to call it. It notes when somebody else does.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from types import FrameType
from typing import Any

MAX_FACTS = 2000
MAX_RARE = 400
"""Beyond these, for facts of other kinds than tensors and calls: no loop makes many of them."""
COMMON = ("tensor", "operation")
MAX_REPEATS = 50
"""Calls of one function from one line: what a loop does, its first rounds show."""
RESERVE = 400
"""Of these, kept for what a cell bound and showed, after however many operations."""
MAX_NUMBERS = 200_000

LONGEST_INT = 2**128
OWN = (lambda: None).__code__.co_filename.rpartition("recorder")[0]
"""How the names begin under which the files of this package were compiled."""

Fact = dict[str, Any]


class Recorder:
    """Facts of the cell that is running now, in the order they happened.

    Attributes:
        misused: whether code that is not of this package has added a fact.
        resting: whether what happens now is not the student's doing.
    """

    def __init__(self) -> None:
        self.misused = False
        self.resting = False
        self._paused = 0
        self._clear()

    @property
    def listening(self) -> bool:
        """Whether operations should be reported; a probe that is cut short here says so."""
        if self._paused:
            return False
        if len(self._facts) >= MAX_FACTS - RESERVE:
            self.fail("operations", f"more than {MAX_FACTS - RESERVE} facts in one cell")
            return False
        return True

    def still_new(self, operation: str) -> bool:
        """Whether a call of this name from the current line is one of its first."""
        caller = sys._getframe(1)
        here = (operation, written_at(caller))
        self._repeats[here] += 1
        if self._repeats[here] <= MAX_REPEATS:
            return True
        line = line_of(caller)
        self.fail("operations", f"line {line} calls {operation} more than {MAX_REPEATS} times")
        return False

    def add_once(self, kind: str, **fields: Any) -> None:
        """Append a fact unless the current line already said the same in this cell."""
        caller = sys._getframe(1)
        here = (f"{kind} {fields}", written_at(caller))
        self._repeats[here] += 1
        if self._repeats[here] == 1:
            self._append(caller, kind, fields)

    def add(self, kind: str, **fields: Any) -> Fact | None:
        """Append a fact; None once the cell's bound is reached."""
        return self._append(sys._getframe(1), kind, fields)

    def _append(self, caller: FrameType, kind: str, fields: dict[str, Any]) -> Fact | None:
        if not caller.f_code.co_filename.startswith(OWN):
            self.misused = True
        if self._paused:
            return None
        most = MAX_FACTS if kind in COMMON else MAX_FACTS + MAX_RARE
        if len(self._facts) >= most:
            self.fail("recorder" if most > MAX_FACTS else "tensors",
                      f"more than {most} facts in one cell")  # fmt: skip
            return None
        fields = {name: sendable(value) for name, value in fields.items()}
        fact = {"kind": kind, "seq": len(self._facts), "line": line_of(caller), **fields}
        self._facts.append(fact)
        return fact

    def may_hold(self, numbers: int) -> bool:
        """Whether this cell may still carry so many tensor values."""
        if self._numbers + numbers > MAX_NUMBERS:
            self.fail("recorder", f"more than {MAX_NUMBERS} tensor values in one cell")
            return False
        self._numbers += numbers
        return True

    def fail(self, probe: str, problem: object) -> None:
        """Say that a probe could not see something; the first problem of each probe counts."""
        self._failures.setdefault(probe, sendable(str(problem)[:300]))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing done inside is the student's doing."""
        self._paused += 1
        self.resting = True
        try:
            yield
        finally:
            self._paused -= 1
            self.resting = self._paused > 0

    def drain(self) -> list[Fact]:
        """The cell's facts, and a clean sheet for the next cell."""
        facts = self._facts
        for probe, problem in self._failures.items():
            facts.append(
                {
                    "kind": "probe_failed",
                    "seq": len(facts),
                    "line": None,
                    "probe": probe,
                    "problem": problem,
                }
            )
        self._clear()
        return facts

    def _clear(self) -> None:
        self._facts: list[Fact] = []
        self._failures: dict[str, str] = {}
        self._numbers = 0
        self._repeats: Counter[tuple[str, tuple[str, int]]] = Counter()


def sendable(value: Any) -> Any:
    """A value that comes out of JSON as it went in, down to how Python writes it.

    So it is of a built-in type exactly, and its text has no lone surrogates, which are legal in a
    str only.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.encode(value, "utf-8", "backslashreplace").decode()
    if isinstance(value, int):
        number = int.__index__(value)
        return number if -LONGEST_INT < number < LONGEST_INT else None
    if isinstance(value, float):
        real = float.__float__(value)
        return real if isfinite(real) else float.__repr__(real)
    if isinstance(value, (list, tuple)):
        return [sendable(v) for v in value]
    if isinstance(value, dict):
        return {sendable(k): sendable(v) for k, v in value.items()}
    return f"<{type(value).__name__}>"


def line_of(frame: FrameType | None) -> int | None:
    """Line of the running cell (from 1) that led to a frame, or None outside a cell.

    Of a function that the running cell defines, it is a line within it; of one from an earlier
    cell, the line that calls it.
    """
    lines: dict[str, int] = {}
    while frame is not None:
        code = frame.f_code
        if in_a_cell(code.co_filename):
            lines.setdefault(code.co_filename, frame.f_lineno)
            if code.co_name == "<module>":
                return lines[code.co_filename]
        frame = frame.f_back
    return next(iter(lines.values()), None)  # in a thread, which no cell's own code stands above


def written_at(frame: FrameType | None) -> tuple[str, int]:
    """Where the code stands that led to a frame, in whichever cell; nowhere outside cells."""
    while frame is not None:
        if in_a_cell(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "", 0


def in_a_cell(file: str) -> bool:
    """Whether code compiled under this name is a cell's.

    ipykernel names its process's folder; older ones, such as Colab's, have another name for it.
    """
    return "ipykernel_" in file or file.startswith("<ipython-input-")
