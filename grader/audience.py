"""What an audience may see of a grade: students see public criteria, and no secret values."""

from __future__ import annotations

from typing import Literal, NamedTuple

from grader.finding import WITHHELD, Diagnosis
from grader.grade import NOT_RUN, ExerciseGrade, Grade, Mark, exercise_verdict
from grader.rubric import Criterion, Rubric
from grader.unfound import to_student, unfound

Audience = Literal["student", "instructor"]

A_PERSON_LOOKS = "a person will look at this before it counts"
NOT_YET = "this has not been graded yet, by no fault of yours"
EARLIER = "an earlier step of this exercise"
MOST_CAUSES = 3
"""Mistakes that a student is told at a time."""
WAITS, UNJUDGED = "waits for ", ", which could not be judged"


class Told(NamedTuple):
    """What an audience is told of one mark.

    Attributes:
        mark: the mark itself, whose texts may hold more than the audience may see.
        title: what the criterion asks for.
        because: one sentence.
        seen: what was there instead; empty where nothing was lost or nothing was seen.
        expected: what was looked for; empty where the audience may not see it.
        hints: the criterion's ladder.
    """

    mark: Mark
    title: str
    because: str
    seen: str
    expected: str
    hints: tuple[str, ...]

    @property
    def lost(self) -> bool:
        """Whether it is short of its points, or they are not settled."""
        return self.mark.verdict != "passed"

    @property
    def waits(self) -> bool:
        """Whether it says no more than that something before it went wrong."""
        return self.mark.verdict == "blocked" and self.mark.because.startswith(WAITS)


def visible_marks(grade: Grade, rubric: Rubric, audience: Audience) -> list[Mark]:
    """The marks an audience may see."""
    hidden = {c.id for c in rubric.criteria if c.visibility == "hidden"}
    return [m for m in grade.marks if audience == "instructor" or m.criterion not in hidden]


def visible_points(grade: Grade, rubric: Rubric, audience: Audience) -> tuple[float, float]:
    """Earned and possible points of the marks an audience may see."""
    marks = visible_marks(grade, rubric, audience)
    return sum(m.earned for m in marks), sum(m.possible for m in marks)


def visible_withheld(grade: Grade, rubric: Rubric, audience: Audience) -> float:
    """Withheld points of the marks an audience may see."""
    marks = visible_marks(grade, rubric, audience)
    return sum(m.possible for m in marks if m.verdict in WITHHELD)


def visible_exercises(grade: Grade, rubric: Rubric, audience: Audience) -> list[ExerciseGrade]:
    """The exercises of which an audience may see a mark, as those marks alone make them."""
    marks = visible_marks(grade, rubric, audience)
    own = {e.id: [m for m in marks if m.exercise == e.id] for e in grade.exercises}
    return [
        e.model_copy(update={
            "verdict": exercise_verdict(own[e.id]),
            "earned": sum(m.earned for m in own[e.id]),
            "withheld": sum(m.possible for m in own[e.id] if m.verdict in WITHHELD),
            "possible": sum(m.possible for m in own[e.id]),
        })
        for e in grade.exercises if own[e.id]
    ]  # fmt: skip


def causes(grade: Grade, rubric: Rubric, audience: Audience) -> dict[str, list[Diagnosis]]:
    """The mistakes that an audience is told, by exercise: where points are not all earned.

    Students are told the most telling ones, and none that only might do harm.
    """
    short = {e.id for e in visible_exercises(grade, rubric, audience)
             if e.verdict not in ("correct", "missing")}  # fmt: skip
    found = [d for d in grade.diagnoses if d.exercise in short]
    if audience == "student" and unfound(grade):
        found = []  # nobody knows whether these are the exercises they are taken for
    if audience == "student":
        found = [d for d in found if d.severity != "N"]
        found = sorted(found, key=lambda d: (d.severity != "F", not d.certain))[:MOST_CAUSES]
    return {e: [d for d in found if d.exercise == e] for e in short}


def why_not_run(grade: Grade, audience: Audience) -> str:
    """Why nothing is told of the exercises: the hand-in did not run, or holds others; else empty.

    Of this machine, and of what the instructor doubts, students are told nothing.
    """
    if audience == "student" and unfound(grade):
        return to_student(grade)
    if grade.ending not in NOT_RUN:
        return ""
    if grade.ending == "host_failed" and audience == "student":
        return NOT_YET
    why = "; ".join(grade.needs_a_person)
    return why if grade.ending == "unrecognised" else f"{NOT_RUN[grade.ending]}: {why}"


def told(grade: Grade, rubric: Rubric, audience: Audience) -> list[Told]:
    """What an audience is told, mark by mark."""
    criteria = {c.id: c for c in rubric.criteria}
    return [
        told_of(m, grade, criteria, audience) for m in visible_marks(grade, rubric, audience)
    ]  # fmt: skip


def told_of(mark: Mark, grade: Grade, criteria: dict[str, Criterion], audience: Audience) -> Told:
    """What an audience is told of one mark."""
    criterion = criteria[mark.criterion]
    revealed = criterion.reveal or audience == "instructor"
    return Told(
        mark=mark,
        title=criterion.title,
        because=sentence(mark, grade, criteria, audience),
        seen=mark.actual if mark.verdict != "broken" else "",
        expected=mark.expected if revealed else "",
        hints=tuple(criterion.hints),
    )


def sentence(mark: Mark, grade: Grade, criteria: dict[str, Criterion], audience: Audience) -> str:
    """Why a mark is what it is.

    A doubt is no proof: students are told that a person looks, and the person is told why. Other
    criteria are named by what they ask for, and hidden ones not at all.
    """
    if audience == "student" and mark.verdict == "no_evidence":
        if grade.ending == "host_failed":
            return NOT_YET
        if unfound(grade):
            return A_PERSON_LOOKS
        if mark.because in grade.needs_a_person:  # so do doubts alone
            return A_PERSON_LOOKS
        if not mark.because.startswith(WAITS):
            return f"{mark.because}; {A_PERSON_LOOKS}"
    if not mark.because.startswith(WAITS):
        return mark.because
    ids = mark.because.removeprefix(WAITS).removesuffix(UNJUDGED).split(", ")
    known = [criteria[i] for i in ids if i in criteria]
    titles = [c.title for c in known if audience == "instructor" or c.visibility == "public"]
    end = UNJUDGED if mark.because.endswith(UNJUDGED) else ""
    return f"{WAITS}{', '.join(titles) or EARLIER}{end}"
