"""Judges a record's evidence by the rubric as it is now, and tells what that changes.

No kernel runs: evidence is complete enough, unless the rubric reads a challenge that the hand-in
was not given when it ran, or the evidence is of another version.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import grader
from grader.diagnosing import diagnosed
from grader.errors import HostError
from grader.evidence import Evidence, read_evidence
from grader.facts import Challenged
from grader.finding import WITHHELD
from grader.grade import NO_CELLS, Grade, Mark, judge, mark
from grader.keys import Keys
from grader.legible import points
from grader.record import EVIDENCE, EXECUTED, GRADE, as_json, settle, settled
from grader.reporting import Asked, read_grade, read_text, write_reports
from grader.whole_files import write_file

NONE = "none"


class Changed(NamedTuple):
    """What a criterion earned and earns, in words; "none" where there is no such criterion."""

    criterion: str
    before: str
    now: str


class Regraded(NamedTuple):
    """A record that was judged anew.

    Attributes:
        before: its grade until now; None where none could be read.
        now: its grade.
        page_bug: the traceback of a bug of ours that kept a page from being made.
    """

    before: Grade | None
    now: Grade
    page_bug: str = ""

    @property
    def changes(self) -> list[Changed]:
        """The criteria that earn something else, in the order of the rubric; gone ones last."""
        old = {m.criterion: worth(m) for m in self.before.marks} if self.before else {}
        new = {m.criterion: worth(m) for m in self.now.marks}
        return [
            Changed(name, old.get(name, NONE), new.get(name, NONE))
            for name in dict.fromkeys([*new, *old])
            if old.get(name) != new.get(name)
        ]


class Anew(NamedTuple):
    """A record whose evidence was judged; nothing is written yet.

    Attributes:
        evidence: of the run.
        executed: the notebook of the run; None where none ran.
        before: the grade that the record has; None where none can be read.
        now: what the evidence is worth.
    """

    evidence: Evidence
    executed: str | None
    before: Grade | None
    now: Grade


def regrade(folder: Path, asked: Asked) -> Regraded:
    """Judge a record's evidence and write its grade and its pages.

    Args:
        folder: of the record.
        asked: the assignment, and the rubric as it is now.

    Raises:
        HostError: the record is not whole, or cannot be written.
    """
    return keep(folder, judge_anew(folder, asked), asked)


def judge_anew(folder: Path, asked: Asked) -> Anew:
    """Judge a record's evidence.

    Raises:
        HostError: the record is not whole.
    """
    evidence = read_evidence(folder / EVIDENCE)
    marked = mark(evidence, judge(evidence, asked.rubric, asked.assignment), asked.assignment)
    now = diagnosed(marked, evidence)
    executed = None if now.ending in NO_CELLS else read_text(folder / EXECUTED)
    return Anew(evidence, executed, grade_before(folder), now)


def keep(folder: Path, anew: Anew, asked: Asked) -> Regraded:
    """Write a grade and its pages; the marks are settled last, if nothing of ours broke.

    Until then only the run of the record counts: whatever breaks this off, it is judged anew.

    Raises:
        HostError: the record cannot be written.
    """
    was = settled(folder)
    keys = Keys.of(was.run, *asked) if was else None
    if was and was != keys:
        settle(folder, Keys(was.run, ""), lasting=False)
    if anew.before is None or as_json(anew.before) != as_json(anew.now):
        write_file(folder / GRADE, as_json(anew.now))
    page_bug = write_reports(folder, anew.now, anew.evidence, anew.executed, asked)
    if keys and not page_bug and all(m.verdict != "broken" for m in anew.now.marks):
        settle(folder, keys, lasting=False)
    return Regraded(anew.before, anew.now, page_bug)


def grade_before(folder: Path) -> Grade | None:
    """The grade that a record has."""
    try:
        return read_grade(folder / GRADE)
    except HostError:
        return None


def worth(mark: Mark) -> str:
    """What a mark says to whoever compares it with another."""
    most = f"of {points(mark.possible)}"
    return f"withheld {most}" if mark.verdict in WITHHELD else f"{points(mark.earned)} {most}"


def lacks(evidence: Evidence, asked: Asked) -> str:
    """Why a hand-in has to run again before the rubric can judge it; empty where it need not."""
    header = evidence.header
    if header.grader != grader.__version__:
        return f"it ran under grader {header.grader or 'of an unknown version'}"
    if header.ending != "finished":
        return ""
    return next(not_given(evidence, asked), "")


def not_given(evidence: Evidence, asked: Asked) -> Iterator[str]:
    """Challenges that the rubric reads and an attempted exercise was not given as they are now."""
    given = {
        (c.challenge, c.inputs.as_given().model_dump_json())
        for c in evidence.everywhere(Challenged)
    }
    known = {c.id: c for c in asked.assignment.challenge}
    for criterion in asked.rubric.criteria:
        for name in criterion.check.challenges():
            wanted = (name, known[name].inputs.as_given().model_dump_json())
            if wanted not in given and evidence.attempted(criterion.exercise):
                yield f"it was not given the challenge {name!r} as it is now"
