"""`index.html`: all hand-ins of a batch, those that need a person first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grader.grade import NOT_RUN, ExerciseGrade, Grade
from grader.legible import points
from grader.pages.document import document
from grader.report import Overview

ORDER = {"correct": 0, "partly": 1, "wrong": 2, "missing": 3, "blocked": 4, "unknown": 5}


class Row(NamedTuple):
    """One hand-in.

    Attributes:
        grade: what it earned.
        folder: where its pages lie.
        state: its standing in words.
        kind: final, open or not-run.
        order: for sorting by state, what needs a person first.
        verdicts: per exercise.
    """

    grade: Grade
    folder: str
    state: str
    kind: str
    order: int
    verdicts: dict[str, str]


class Batch(NamedTuple):
    """The hand-ins of one assignment, and all exercises they have."""

    assignment: str
    exercises: list[ExerciseGrade]
    rows: list[Row]


def index(grades: Sequence[Grade]) -> str:
    """The page. It tells everything, so it is for instructors only."""
    ordered = sorted(grades, key=lambda g: (not g.needs_a_person and g.final, -g.earned, g.student))
    rows = [row(g) for g in ordered]
    kinds = [r.kind for r in rows]
    waiting = [r for r in rows if r.grade.needs_a_person or not r.grade.final]
    return document(
        "index.html",
        script="sort.js",
        batches=[batch(a, rows) for a in sorted({g.assignment for g in grades})],
        total=len(rows),
        waiting=waiting,
        counts=(kinds.count("final"), len(waiting), kinds.count("not-run")),
        order=ORDER,
        unfenced=any(g.sandbox == "none" for g in grades),
    )


def batch(assignment: str, rows: Sequence[Row]) -> Batch:
    """One assignment's rows."""
    own = [r for r in rows if r.grade.assignment == assignment]
    exercises = {e.id: e for r in own for e in r.grade.exercises}
    return Batch(assignment, list(exercises.values()), own)


def row(grade: Grade) -> Row:
    """One hand-in's line."""
    kind = "not-run" if grade.ending in NOT_RUN else "final" if grade.final else "open"
    state = {"not-run": "not run", "final": "final", "open": "not final"}[kind]
    if kind == "open" and grade.withheld:
        state += f": {points(grade.withheld)} withheld"
    return Row(
        grade=grade,
        folder=f"{grade.assignment}/{grade.student}",
        state=state,
        kind=kind,
        order=["not-run", "open", "final"].index(kind),
        verdicts={e.id: e.verdict for e in grade.exercises},
    )


INDEX = Overview("index", "index.html", index)
