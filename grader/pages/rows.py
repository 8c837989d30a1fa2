"""What the class page keeps of each hand-in: a short row, so that a large class fits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from sys import intern
from typing import NamedTuple

from grader.class_points import in_words, ran
from grader.finding import Verdict
from grader.grade import NOT_RUN, ExerciseVerdict, Grade
from grader.standing import ORDER, Kind, kind_of

LONGEST_REASON = 200
LETTERS: dict[Verdict, str] = {
    "passed": "p", "partly": "h", "failed": "f", "not_attempted": "n", "blocked": "b",
    "no_evidence": "u", "broken": "x",
}  # fmt: skip
LOST, UNJUDGED = "hfnb", "ux"
"""Letters of verdicts that cost points, and of those that withhold them."""
SIGNS: dict[ExerciseVerdict, str] = {
    "correct": "c", "partly": "h", "wrong": "w", "missing": "m", "blocked": "b", "unknown": "u",
}  # fmt: skip
NOTHING = "-"
"""Stands where a hand-in has no such criterion or exercise."""
VARYING = re.compile(r"(^exercise [\w.-]+: )|'[^']*'|\d[\w.,+-]*")
"""What differs between two tellings of the same reason: names in quotes, and numbers. Which
exercise it is about is told."""
NUMBERED = re.compile(r"(?s)(.+)-([2-9]|[1-9]\d+)")


class Row(NamedTuple):
    """One hand-in.

    Attributes:
        student: the name.
        folder: where its pages lie.
        kind: how it stands.
        earned, withheld, possible: points.
        signs: a letter for each exercise, in the order of the columns; may end early, and is empty
            where nothing ran.
        marks: the same for each criterion.
        ending: how the run ended, in words.
        reason: the first one for which a person is needed, cut; empty where nobody is.
        more: how many more reasons there are.
    """

    student: str
    folder: str
    kind: Kind
    earned: float
    withheld: float
    possible: float
    signs: str
    marks: str
    ending: str
    reason: str
    more: int

    @property
    def ran(self) -> bool:
        """Whether there are points to speak of."""
        return ran(self)

    @property
    def settled(self) -> bool:
        """Whether the points are a number, whoever else should have a look."""
        return self.kind in ("graded", "look")

    @property
    def told(self) -> str:
        """Its points in words."""
        return in_words(self)

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many criteria were met, lost and not judged."""
        return (self.marks.count("p"), sum(self.marks.count(x) for x in LOST),
                sum(self.marks.count(x) for x in UNJUDGED))  # fmt: skip

    @property
    def urgency(self) -> tuple[int, float, str]:
        """Sorts rows: who needs a person first, then by points."""
        return ORDER[self.kind], -self.earned, self.student


def row_of(grade: Grade, signs: str, marks: str) -> Row:
    """A hand-in's row.

    Args:
        grade: what it earned.
        signs: the letters of its exercises.
        marks: the letters of its criteria.
    """
    kind = kind_of(grade)
    has_run = grade.ending not in NOT_RUN
    reasons = [shortened(without_file(r, grade.file)) for r in grade.needs_a_person[:1]]
    if not reasons and kind not in ("graded", "look"):
        reasons = ["the grade is not final"]
    return Row(
        student=grade.student,
        folder=f"{grade.assignment}/{grade.student}",
        kind=kind,
        earned=grade.earned,
        withheld=grade.withheld,
        possible=grade.possible,
        signs=intern(signs) if has_run else "",
        marks=marks if has_run else "",
        ending=intern(grade.ending.replace("_", " ")),
        reason=intern(reasons[0]) if reasons else "",
        more=max(0, len(grade.needs_a_person) - 1),
    )


def shortened(text: str, most: int = LONGEST_REASON) -> str:
    """The beginning of a text in one line."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def alike(reason: str) -> str:
    """A reason without what differs from hand-in to hand-in; equal ones are the same reason."""
    return VARYING.sub(lambda found: found[1] or "…", reason)


def without_file(reason: str, file: str) -> str:
    """A reason without the name of the hand-in's own file in front."""
    return reason.removeprefix(f"{file.rpartition('/')[2]}: ")


def attempts(students: Iterable[str]) -> dict[str, int]:
    """How many records a student's name has; one whose file had to get a number counts with it.

    `ada-2` is another record of `ada`, if there is an `ada`: it came from another file.
    """
    names = list(students)
    known = set(names)
    owner = {name: name for name in names}
    for name in names:
        if (found := NUMBERED.fullmatch(name)) and found[1] in known:
            owner[name] = found[1]
    counts: dict[str, int] = {}
    for name in names:
        counts[owner[name]] = counts.get(owner[name], 0) + 1
    return {name: counts[owner[name]] for name in names}
