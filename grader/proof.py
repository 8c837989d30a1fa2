"""Whether an assignment, its rubric and its hand-ins of the author's own hold together.

Each demand in `grader.demands` makes a part of the proof from the runs; `grader.proving` says
what is run.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from grader.evidence import Evidence
from grader.finding import WITHHELD
from grader.footing import Footing
from grader.grade import Grade, Mark

Role = Literal["starter", "solution", "mistake"]


class Problem(NamedTuple):
    """What does not hold.

    Attributes:
        where: a file of the assignment, or what else it is about.
        what: what is wrong.
        do: what to do next.
        salt: what the run that shows it started from; None where no run does.
        also: how many further hand-ins show the same.
    """

    where: str
    what: str
    do: str
    salt: int | None = None
    also: int = 0


class Part(NamedTuple):
    """One demand, and what speaks against it.

    Attributes:
        name: one word.
        claim: what is demanded, with how many.
        problems: empty where it holds.
    """

    name: str
    claim: str
    problems: list[Problem]


class Proof(NamedTuple):
    """The outcome for one assignment.

    Attributes:
        assignment: its id.
        parts: every demand.
        footing: on what the points of its solution rest; None without one.
    """

    assignment: str
    parts: list[Part]
    footing: dict[Footing, float] | None

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not any(part.problems for part in self.parts)


class Tried(NamedTuple):
    """One run.

    Attributes:
        role: what the hand-in is for.
        name: its path in the assignment's folder.
        salt: another one starts the random generators elsewhere.
        grade: what it earned.
        evidence: what was seen.
    """

    role: Role
    name: str
    salt: int
    grade: Grade
    evidence: Evidence


def shown_by(run: Tried, what: str, do: str) -> Problem:
    """A problem that a run shows."""
    return Problem(run.name, what, do, run.salt)


def ended_early(run: Tried) -> Problem | None:
    """A run that did not come to its end."""
    if run.grade.ending == "finished":
        return None
    why = run.grade.needs_a_person[0] if run.grade.needs_a_person else run.grade.ending
    do = "see `grader doctor`" if run.grade.ending == "host_failed" else "mend the file"
    return shown_by(run, f"it did not run to its end: {why}", do)


def is_withheld(mark: Mark) -> bool:
    """Whether nobody could give or take a mark's points."""
    return mark.verdict in WITHHELD


def is_lost(mark: Mark) -> bool:
    """Whether a mark earned less than full points for certain."""
    return mark.share < 1 and not is_withheld(mark)


def said(mark: Mark) -> str:
    """A mark's verdict and reason, with what was seen and what was expected."""
    seen = f"; saw {mark.actual}" if mark.actual and mark.verdict != "broken" else ""
    wanted = f"; expected {mark.expected}" if mark.expected else ""
    return f"{mark.verdict}: {mark.because}{seen}{wanted}"
