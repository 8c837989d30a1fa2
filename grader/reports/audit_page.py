"""What an audit found, as a page: every question, and the lines behind each answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grader.audit import Audit, Changed
from grader.legible import marked
from grader.pages.document import document

LOOKS = {"+": "added", "-": "taken", "c": "place"}


class DiffLine(NamedTuple):
    """A line of a diff, and how it looks."""

    text: str
    kind: str


class Shown(NamedTuple):
    """A changed solution with its diff."""

    changed: Changed
    diff: list[DiffLine]


def audit_page(audit: Audit) -> str:
    """The page. It tells how to lose and not lose points, so it is for authors only."""
    return document(
        "audit.html",
        audit=audit,
        survivors=shown(audit.survivors),
        same=shown(audit.same),
        punished=shown(audit.punished),
        accused=[(one, diff_lines(one.diff)) for one in audit.accused],
        first=sum(f.first for f in audit.faults),
        three=sum(f.three for f in audit.faults),
        mutants=sum(f.mutants for f in audit.faults),
        variants=sum(v.variants for v in audit.variations),
    )


def shown(changed: Sequence[Changed]) -> list[Shown]:
    """Changed solutions with their diffs."""
    return [Shown(one, diff_lines(one.diff)) for one in changed]


def diff_lines(diff: str) -> list[DiffLine]:
    """The lines of a diff; what says which cell they are in begins with a letter."""
    lines = marked(diff).split("\n") if diff else []
    return [DiffLine(line, LOOKS.get(line[:1], "as-is")) for line in lines]
