"""`report.html` for the student and `review.html` for the instructor: one page, two faces.

The result comes first, then the exercises with their findings, then the notebook with the outputs
of our run, each finding at the cell that it is about. What a student may not see is never handed
to the template of the student's page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from grader.audience import (
    A_PERSON_LOOKS,
    Audience,
    Told,
    causes,
    told,
    visible_exercises,
    visible_points,
    visible_withheld,
    why_not_run,
)
from grader.diagnosing import by_id
from grader.evidence import Evidence
from grader.facts import CellEnded, CellRead
from grader.finding import WITHHELD, Diagnosis
from grader.grade import NOT_RUN, ExerciseGrade
from grader.pages.cells import ShownCell, shown_cells
from grader.pages.comparison import Comparison, compared
from grader.pages.curve import ShownCurve, curves_of
from grader.pages.document import document
from grader.pages.review import Review, reviewed
from grader.report import Format, Record

SIGNS = {"passed": "correct", "partly": "partly", "failed": "wrong", "not_attempted": "missing",
         "blocked": "blocked", "no_evidence": "unknown", "broken": "unknown"}  # fmt: skip
WORDS = {"passed": "met", "partly": "partly met", "failed": "not met",
         "not_attempted": "not handed in", "blocked": "blocked",
         "no_evidence": "not judged yet", "broken": "not judged yet"}  # fmt: skip
NOTICES = {
    "out_of_time": "This cell ran out of time and was stopped. What it did before counts.",
    "out_of_memory": "This cell needed more memory than a hand-in may have.",
    "kernel_died": "This cell ended the process that runs the notebook.",
    "output_flood": "This cell printed more than a hand-in may print, and was stopped.",
    "asked_for_input": "This cell asked for keyboard input. Nobody is there while grading.",
    "unreached": "This cell did not run, because an earlier one ended the run.",
}


class Finding(NamedTuple):
    """One mark as a page shows it.

    Attributes:
        told: what the audience is told of it.
        sign: which sign stands for it.
        word: what the sign means.
        cell: the cell it is about, if the page shows that.
        comparison: the numbers behind it.
    """

    told: Told
    sign: str
    word: str
    cell: int | None
    comparison: Comparison | None


class Cause(NamedTuple):
    """A mistake that was found, and the ladder of hints that leads out of it."""

    found: Diagnosis
    word: str
    cell: int | None
    hints: tuple[str, ...]


class Exercise(NamedTuple):
    """One exercise and its findings, and how the losses of its trainings went."""

    grade: ExerciseGrade
    anchor: str
    causes: list[Cause]
    findings: list[Finding]
    curves: list[ShownCurve]
    more_curves: int

    @property
    def same_reason(self) -> str:
        """The one reason for which none of it is judged yet; empty where there is no such."""
        unjudged = all(f.told.mark.verdict in WITHHELD for f in self.findings)
        reasons = {f.told.because for f in self.findings}
        return self.findings[0].told.because if unjudged and len(reasons) == 1 else ""


class NotedCell(NamedTuple):
    """A cell with what is to be said at it.

    Attributes:
        cell: the cell.
        exercise: what it answers, if the audience sees that.
        notice: how it ended, where that is out of the ordinary.
        findings: what it lost.
        doubts: about it, for the instructor alone.
        lines: those to look at, from 1.
    """

    cell: ShownCell
    exercise: Exercise | None
    notice: str
    findings: list[Finding]
    doubts: list[str]
    lines: set[int]


def page(record: Record, audience: Audience) -> str:
    """A hand-in's page for an audience."""
    grade, rubric = record.grade, record.rubric
    cells, too_many = shown_cells(record.cells)
    not_run = why_not_run(grade, audience)
    exercises = [] if not_run else exercises_of(record, audience, {c.number for c in cells})
    earned, possible = visible_points(grade, rubric, audience)
    review = reviewed(record, {c.number for c in cells}) if audience == "instructor" else None
    return document(
        "page.html",
        audience=audience,
        assignment=record.assignment,
        student=grade.student,
        earned=earned,
        possible=possible,
        withheld=visible_withheld(grade, rubric, audience),
        final=grade.final,
        not_run=not_run,
        ran=grade.ending not in NOT_RUN,
        ended=record.evidence.header.why if grade.ending != "finished" else "",
        exercises=exercises,
        cells=noted(cells, exercises, record.evidence, review),
        too_many=too_many,
        review=review,
        anchor=anchor,
    )


def exercises_of(record: Record, audience: Audience, cells: set[int]) -> list[Exercise]:
    """The exercises that an audience sees, each with its findings."""
    by_exercise: dict[str, list[Finding]] = {}
    checks = {c.id: c.check for c in record.rubric.criteria}
    for one in told(record.grade, record.rubric, audience):
        at = one.mark.cell
        by_exercise.setdefault(one.mark.exercise, []).append(
            Finding(
                one, SIGNS[one.mark.verdict], WORDS[one.mark.verdict], at if at in cells else None,
                compared(one, checks[one.mark.criterion], record.evidence) if one.lost else None,
            )
        )  # fmt: skip
    found = causes(record.grade, record.rubric, audience)
    return [
        Exercise(
            e, anchor(e.id), [shown_cause(d, cells) for d in found.get(e.id, [])],
            by_exercise[e.id], *curves_of(record.evidence, e.id),
        )
        for e in visible_exercises(record.grade, record.rubric, audience)
    ]  # fmt: skip


def shown_cause(found: Diagnosis, cells: set[int]) -> Cause:
    """A mistake as the page tells it; what is worth knowing is no cause."""
    word = {"F": "Cause", "W": "May be the cause", "N": "Worth knowing"}[found.severity]
    if not found.certain and found.severity == "F":
        word = "Possible cause"
    hints = by_id()[found.id].hints if found.id in by_id() else ()
    return Cause(found, word, found.cell if found.cell in cells else None, hints)


def anchor(exercise: str) -> str:
    """What a link to an exercise points at."""
    return f"exercise-{'-'.join(exercise.split())}"


def noted(
    cells: Iterable[ShownCell],
    exercises: list[Exercise],
    evidence: Evidence,
    review: Review | None,
) -> list[NotedCell]:
    """The cells, each with what is to be said at it."""
    answers = {c.cell + 1: c.exercise for c in evidence.everywhere(CellRead)}
    ended = {e.cell + 1: e for e in evidence.everywhere(CellEnded)}
    doubts = review.doubts if review else []
    elsewhere = review.told_doubts if review else {A_PERSON_LOOKS}  # said once, not at each cell
    by_id = {e.grade.id: e for e in exercises}
    result = []
    for cell in cells:
        end = ended.get(cell.number)
        raised = {end.line} if end and end.line and end.ending == "raised" else set()
        here = [d for d in doubts if d.cell + 1 == cell.number]
        result.append(
            NotedCell(
                cell=cell,
                exercise=by_id.get(answers.get(cell.number) or ""),
                notice=NOTICES.get(end.ending, "") if end else "",
                findings=[f for e in exercises for f in e.findings
                          if f.cell == cell.number and f.told.lost and not f.told.waits
                          and f.told.because not in elsewhere],
                doubts=list(dict.fromkeys(d.reason for d in here)),
                lines=raised | {d.line for d in here if d.line},
            )
        )  # fmt: skip
    return result


def of_student(record: Record) -> str:
    """The page that may be sent to the student: nothing in its bytes is for others."""
    return page(record, "student")


def of_instructor(record: Record) -> str:
    """The page with everything there is to know."""
    return page(record, "instructor")


STUDENT = Format("student's page", "report.html", of_student)
INSTRUCTOR = Format("instructor's page", "review.html", of_instructor)
