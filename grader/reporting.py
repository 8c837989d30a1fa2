"""All reports of a record and of a batch, made from the files of records alone."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from grader.assignment import Assignment, load_assignment
from grader.course import known_assignments
from grader.errors import AuthorError, HostError
from grader.evidence import Evidence, read_evidence
from grader.executed import read_executed
from grader.grade import NO_CELLS, Grade
from grader.record import EVIDENCE, EXECUTED, GRADE, Grades
from grader.report import Record, Records, Titles, formats, overviews
from grader.roster import absent_in, enrolled_in
from grader.rubric import Rubric, load_rubric
from grader.whole_files import write_file


class Asked(NamedTuple):
    """What was asked for, and what earns points."""

    assignment: Assignment
    rubric: Rubric


def remove_reports(folder: Path) -> None:
    """Remove all reports of one hand-in, before its record becomes another.

    Raises:
        HostError: they cannot be removed.
    """
    try:
        for one in formats():
            (folder / one.file).unlink(missing_ok=True)
    except OSError as problem:
        raise HostError(f"{folder}: cannot be written: {problem.strerror}") from problem


def write_reports(
    folder: Path, grade: Grade, evidence: Evidence, executed: str | None, asked: Asked
) -> str:
    """Write all reports of one hand-in into its record's folder.

    A report that cannot be made costs nobody a point; an older one in its place is removed.

    Returns:
        The traceback of a bug of ours, if one hit a report; else nothing.

    Raises:
        HostError: the folder cannot be written.
    """
    trouble = []
    cells = []
    try:
        cells = [*read_executed(executed)] if executed is not None else []
    except ValueError:
        trouble.append(traceback.format_exc())
    record = Record(grade, evidence, tuple(cells), *asked)
    for one in formats():
        trouble.append(write_one(folder / one.file, partial(one.render, record)))
    return "".join(trouble)


def write_overviews(out: Path, found: Iterable[Path], course: Path) -> str:
    """Write all reports of a batch into its folder; the traceback of a bug of ours, if any.

    Args:
        out: the folder of the batch.
        found: the folders of the records to list.
        course: where titles are.

    Raises:
        HostError: the folder cannot be written.
    """
    found = tuple(found)
    absent = absent_in(out)
    ids = {name: enrolled.ids for name, enrolled in enrolled_in(out).items()}
    named = {*(folder.parent.name for folder in found), *(a.assignment for a in absent)}
    records = Records(Grades(found), absent, titles_of(course, named), ids)
    return "".join(write_one(out / o.file, partial(o.render, records)) for o in overviews())


def titles_of(course: Path, assignments: Iterable[str]) -> dict[str, Titles]:
    """The titles of assignments; one that the course does not have, or has broken, has none."""
    found = {}
    for name in sorted({*assignments} & {*known_assignments(course)}):
        try:
            assignment = load_assignment(course, name)
            criteria = load_rubric(course, assignment).criteria
        except AuthorError:
            continue  # told where it is graded; its page shows ids instead
        found[name] = Titles(assignment.title, {c.id: c.title for c in criteria})
    return found


def write_one(path: Path, render: Callable[[], Iterable[str]]) -> str:
    """Write one report; the traceback where it could not be made, and then no file."""
    try:
        write_file(path, render())
    except HostError:
        raise
    except Exception:  # broad: a report is code of ours or of a plug-in
        path.unlink(missing_ok=True)
        return traceback.format_exc()
    return ""


def read_record(folder: Path, asked: Asked) -> tuple[Grade, Evidence, str | None]:
    """Grade, evidence and executed notebook of a record.

    Raises:
        HostError: the record is not whole, or was judged by another rubric.
    """
    evidence = read_evidence(folder / EVIDENCE)
    grade = read_grade(folder / GRADE)
    if (grade.submission, grade.student) != (evidence.header.submission, evidence.header.student):
        raise HostError(f"{folder}: {GRADE} and {EVIDENCE} are of different hand-ins; grade again")
    known = {c.id for c in asked.rubric.criteria}
    other = sorted({m.criterion for m in grade.marks} ^ known)
    if other:
        raise HostError(
            f"{folder}: judged by another rubric, one that differs in {other[0]}; grade it again"
        )
    return grade, evidence, None if grade.ending in NO_CELLS else read_text(folder / EXECUTED)


def read_grade(path: Path) -> Grade:
    """A grade from its file.

    Raises:
        HostError: it is missing, cut short or of another version.
    """
    try:
        return Grade.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as problem:
        why = "not there" if isinstance(problem, FileNotFoundError) else "not readable"
        raise HostError(f"{path}: {why}; grade this hand-in again") from problem


def read_text(path: Path) -> str:
    """A text file of a record.

    Raises:
        HostError: it is missing or cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise HostError(f"{path}: not readable; grade this hand-in again") from problem
