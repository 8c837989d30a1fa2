"""A cell that is no Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import CellRead
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.raised import errors
from grader.scene import Scene

FILE = re.compile(r"\s*\((?:[\w-]+\.py|<[^>]*>), line \d+\)")


class CellCannotBeRead(Fault):
    """A SyntaxError: nothing of the cell runs, not even the lines above the slip."""

    id = "X23"
    title = "the cell cannot be read as Python"
    severity = "F"
    stage = "crash"
    component = "python"
    hints = (
        "Read the line named here, and the one above it, character by character.",
        "An answer in words in a code cell, a bracket or quotation mark that is never closed, a"
        " missing comma or colon: Python stops at the first thing that fits nowhere.",
        "Close what is open. Put words behind a # or in a text cell.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, with the line."""
        sources = {c.cell: c.source.split("\n") for c in evidence.of(exercise, CellRead)}
        for raised in errors(evidence, exercise, "SyntaxError|IndentationError|TabError"):
            said = FILE.sub("", " ".join((raised.end.evalue or "").split()))
            lines, at = sources.get(raised.end.cell, []), raised.end.line or 0
            line = lines[at - 1].strip() if 0 < at <= len(lines) else ""
            yield self.at(
                raised.end, exercise, observed=f"{raised.end.ename}: {said}: {line}".rstrip(": "),
                expected="a line of Python",
                because="a cell is read as a whole, so no line of it was run",
            )  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Words in a code cell, and a name that is not defined."""
        words = Scene().cell("3", "Confusion Matrix")
        words.ends("raised", "SyntaxError", "invalid syntax (17.py, line 1)", line=1)
        name = Scene().cell("3", "x").ends("raised", "NameError", "name 'x' is not defined")
        return [
            Example("words in a code cell", words.evidence(), "3", True),
            Example("a name that is not defined", name.evidence(), "3", False),
        ]
