"""What anybody may see of a graded hand-in: public criteria, pass or fail, and hints.

A repository's comments, logs, annotations and artifacts are as public as the repository. So all of
them are made of this, which a student may see too; points are shown only where the owner says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from grader.audience import (
    Told,
    causes,
    told,
    visible_exercises,
    visible_points,
    visible_withheld,
)
from grader.finding import Diagnosis
from grader.grade import NOT_RUN, ExerciseGrade, Grade
from grader.rubric import Rubric
from grader.unfound import unfound

Status = Literal["pass", "fail", "pending", "error"]
Outcome = Literal[
    "passed", "not yet", "a person will look", "not graded yet", "not readable", "not recognised"
]  # fmt: skip

OUTCOMES: dict[str, Outcome] = {
    "correct": "passed", "partly": "not yet", "wrong": "not yet", "missing": "not yet",
    "blocked": "a person will look", "unknown": "a person will look",
}  # fmt: skip
SIGNS: dict[Outcome, str] = {
    "passed": "✓", "not yet": "✗", "a person will look": "?", "not graded yet": "?",
    "not readable": "✗", "not recognised": "?",
}  # fmt: skip


class Published(NamedTuple):
    """One hand-in.

    Attributes:
        title: of the assignment.
        folder: the student's, in the repository.
        file: the hand-in, in the repository.
        grade: what it earned; never shown as it is.
        rubric: what students may see of it.
        lines: by the cell's number, from 1, the line of the file where its code begins.
        hints: by exercise, where to look first.
    """

    title: str
    folder: str
    file: str
    grade: Grade
    rubric: Rubric
    lines: Mapping[int, int]
    hints: Mapping[str, str]

    @property
    def exercises(self) -> list[ExerciseGrade]:
        """As public criteria make them."""
        return visible_exercises(self.grade, self.rubric, "student")

    @property
    def lost(self) -> list[Told]:
        """What is short of its points, but for what only waits for something before it."""
        return [t for t in told(self.grade, self.rubric, "student") if t.lost and not t.waits]

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """Mistakes that a student is told of."""
        found = causes(self.grade, self.rubric, "student")
        return [d for e in self.exercises for d in found.get(e.id, [])]

    @property
    def outcome(self) -> Outcome:
        """Of all of it."""
        if unfound(self.grade):
            return "not recognised"
        if self.grade.ending in NOT_RUN:
            return "not readable" if self.grade.ending == "unreadable" else "not graded yet"
        outcomes = {outcome_of(e) for e in self.exercises}
        order: tuple[Outcome, ...] = ("not yet", "a person will look")
        worst = next((o for o in order if o in outcomes), None)
        if worst == "not yet":
            return worst
        return "passed" if worst is None and self.grade.final else "a person will look"

    @property
    def points(self) -> tuple[float, float, float]:
        """Points that are earned, withheld and possible, of public criteria."""
        earned, possible = visible_points(self.grade, self.rubric, "student")
        return earned, visible_withheld(self.grade, self.rubric, "student"), possible


def outcome_of(exercise: ExerciseGrade) -> Outcome:
    """Pass or fail of an exercise, or that nobody can say yet."""
    return OUTCOMES[exercise.verdict]


def status(found: Iterable[Published], fail_under: float | None) -> Status:
    """Of all hand-ins together.

    Args:
        found: all that were judged.
        fail_under: percent of the public points below which one fails; without it every exercise
            has to pass. What is withheld fails nobody.
    """
    each = [status_of(one, fail_under) for one in found]
    order: tuple[Status, ...] = ("error", "fail", "pending")
    return next((s for s in order if s in each), "pass")


def status_of(one: Published, fail_under: float | None) -> Status:
    """Of one hand-in."""
    if one.outcome == "not graded yet":
        return "error"
    if one.outcome == "not readable":
        return "fail"
    if one.outcome == "not recognised":
        return "pending"
    if fail_under is None:
        undecided: Status = "fail" if one.outcome == "not yet" else "pending"
        return "pass" if one.outcome == "passed" else undecided
    earned, withheld, possible = one.points
    needed = possible * fail_under / 100 - 1e-9
    if earned + withheld < needed and (one.grade.final or withheld):
        return "fail"
    return "pass" if earned >= needed and one.grade.final else "pending"


def summary_line(found: list[Published], fail_under: float | None) -> str:
    """One line that says how all of it went."""
    if not found:
        return "no hand-in was touched"
    counts: dict[str, int] = {}
    for one in found:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    total = f"{len(found)} hand-in{'' if len(found) == 1 else 's'}"
    parts = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    under = "" if fail_under is None else f"; the mark to reach is {fail_under:g} %"
    return f"{total}: {parts}{under}"
