"""One hand-in from its file to its record: read, run, judge, mark, write."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import grader
from grader.assignment import Assignment
from grader.errors import HostError
from grader.evidence import SCHEMA, Ending, Evidence, Header, number
from grader.exercises import place
from grader.facts import Doubted
from grader.grade import Grade, judge, mark
from grader.notebook import Unreadable
from grader.reaching import doubts
from grader.record import write_record
from grader.rubric import Rubric
from grader.second_run import differing, worth_a_second_run
from grader.submission import Submission, read_submission


class Graded(NamedTuple):
    """A grade, where its record lies, and the traceback of a bug of ours, if one hit the run."""

    grade: Grade
    folder: Path
    bug: str = ""


def grade_file(
    path: Path,
    student: str,
    assignment: Assignment,
    rubric: Rubric,
    out: Path,
    *,
    salt: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Graded:
    """Grade one hand-in. What is wrong with it ends in its grade, never in an exception.

    Raises:
        HostError: the record cannot be written.
    """
    bug = ""
    try:
        evidence, executed = gather(path, student, assignment, salt=salt, progress=progress)
    except Exception as problem:  # costs this hand-in's run, and nobody else's
        bug = traceback.format_exc()
        why = f"a bug of ours: {type(problem).__name__}: {problem}"[:300]
        submission = read_submission(path, student)
        evidence, executed = without_run(submission, assignment, "host_failed", why), None
    grade = mark(evidence, judge(evidence, rubric, assignment), assignment)
    if worth_a_second_run(evidence):
        again = second_grade(path, student, assignment, rubric, salt=salt + 1)
        evidence = doubting(evidence, differing(grade, again) if again else [])
        grade = mark(evidence, judge(evidence, rubric, assignment), assignment)
    return Graded(grade, write_record(out, evidence, grade, executed), bug)


def second_grade(
    path: Path, student: str, assignment: Assignment, rubric: Rubric, *, salt: int
) -> Grade | None:
    """What a hand-in is worth in another run; None where that run came to nothing by our fault."""
    try:
        evidence, _ = gather(path, student, assignment, salt=salt, progress=lambda *_: None)
    except Exception:  # the first run stands by itself
        return None
    return mark(evidence, judge(evidence, rubric, assignment), assignment)


def doubting(evidence: Evidence, found: list[Doubted]) -> Evidence:
    """The evidence with doubts at its end."""
    return Evidence(header=evidence.header, facts=number([*evidence.facts, *found]))


def gather(
    path: Path,
    student: str,
    assignment: Assignment,
    *,
    salt: int,
    progress: Callable[[int, int], None],
) -> tuple[Evidence, str | None]:
    """A hand-in's evidence, and its executed notebook if it ran."""
    submission = read_submission(path, student)
    if isinstance(submission.notebook, Unreadable):
        why = f"{path.name}: {submission.notebook.reason}"
        return without_run(submission, assignment, "unreadable", why), None
    placement = place(submission.notebook, assignment)
    if not placement.recognised:
        why = (f"{path.name}: too few exercises of {assignment.id} were found in it;"
               " is it another homework?")  # fmt: skip
        return without_run(submission, assignment, "unreadable", why), None
    import nbformat

    from grader.run.execute import run_submission

    try:
        run = run_submission(submission, assignment, placement, salt=salt, progress=progress)
    except (HostError, OSError) as problem:
        return without_run(submission, assignment, "host_failed", str(problem)), None
    evidence = doubting(run.evidence, doubts(submission.notebook, placement))
    return evidence, nbformat.writes(run.executed)


def without_run(
    submission: Submission, assignment: Assignment, ending: Ending, why: str
) -> Evidence:
    """Evidence of a hand-in that did not run."""
    return Evidence(
        header=Header(
            schema=SCHEMA,
            assignment=assignment.id,
            student=submission.student,
            submission=submission.sha256,
            ending=ending,
            why=why.encode("utf-8", "replace").decode(),
            grader=grader.__version__,
        )
    )
