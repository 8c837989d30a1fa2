"""What was lost, at the file and line it is about: for GitHub, for GitLab, and for a terminal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grader.ci.inert import command_property, command_value, log_line, one_line
from grader.ci.published import Published

MOST_OF_ONE = 9
"""Of one hand-in; GitHub shows ten of a step."""


class Note(NamedTuple):
    """Something to be said at a line of a file."""

    file: str
    line: int
    title: str
    text: str


def notes(one: Published) -> list[Note]:
    """What a hand-in lost, mistakes that were found before criteria that were not met."""
    found: dict[Note, None] = {}
    for mistake in one.diagnoses:
        line, where = at(one, mistake.cell, mistake.line)
        text = log_line(f"{where}{mistake.title}: {mistake.observed}", 400)
        found[Note(one.file, line, f"exercise {mistake.exercise}", text)] = None
    for lost in one.lost:
        mark = lost.mark
        if mark.verdict == "not_attempted":
            continue
        seen = f": saw {lost.seen}" if lost.seen else ""
        wanted = f"; expected {lost.expected}" if lost.expected else ""
        line, where = at(one, mark.cell or next(iter(mark.cells), None))
        where = f"{mark.place}: " if where else ""
        text = log_line(f"{where}{lost.title}: {lost.because}{seen}{wanted}", 400)
        found.setdefault(Note(one.file, line, f"exercise {mark.exercise}", text))
    return list(found)[:MOST_OF_ONE]


def at(one: Published, cell: int | None, line: int | None = None) -> tuple[int, str]:
    """The line of the file, for machines and for GitHub's view of it; the cell in words.

    Whoever reads a notebook sees cells and none of the file's lines; of a script it is the other
    way round.
    """
    start = one.lines.get(cell or 0)
    in_file = 1 if start is None else start + (line or 1) - 1
    if cell is None or one.file.lower().endswith(".py"):
        return in_file, ""
    return in_file, f"cell {cell}, line {line}: " if line else f"cell {cell}: "


def workflow_commands(found: Iterable[Note]) -> list[str]:
    """As GitHub's runner reads them from the log, one a line."""
    return [
        f"::warning file={command_property(one_line(note.file, 4000))},line={note.line},"
        f"title={command_property(log_line(note.title))}::{command_value(note.text)}"
        for note in found
    ]


def plain_lines(found: Iterable[Note]) -> list[str]:
    """As compilers write them, and editors read them."""
    return [
        log_line(f"{note.file}:{note.line}: {note.title}: {note.text}", 700) for note in found
    ]  # fmt: skip


def code_quality(found: Sequence[Note]) -> str:
    """As GitLab's report of code quality has them."""
    issues = [
        {
            "description": f"{note.title}: {note.text}",
            "check_name": note.title,
            "fingerprint": hashlib.sha256(repr(note).encode("utf-8", "replace")).hexdigest(),
            "severity": "minor",
            "location": {"path": note.file, "lines": {"begin": note.line}},
        }
        for note in found
    ]
    return json.dumps(issues, indent=1) + "\n"
