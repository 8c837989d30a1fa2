"""One hand-in from its file to its record: read, run, judge, mark, write."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import grader
from grader.along import all_doubts, modules
from grader.assignment import Assignment
from grader.corroboration.corroborate import Replay, corroborated
from grader.diagnosing import diagnosed
from grader.errors import HostError, NoFence, Stopped
from grader.evidence import SCHEMA, Ending, Evidence, Header
from grader.executed import as_text
from grader.exercises import place
from grader.facts import CellEnded
from grader.grade import Grade
from grader.names import readable
from grader.notebook import Unreadable
from grader.record import folder_of, write_record
from grader.reporting import Asked, remove_reports, write_reports
from grader.rubric import Rubric
from grader.second_run import worth_a_second_run
from grader.submission import BY_ITSELF, Arrival, Submission, came, read_submission
from grader.weighing import doubting, graded, weigh
from grader.whence import Whence

if TYPE_CHECKING:
    from grader.sandboxes.sandbox import Sandbox


Progress = Callable[[int, int], None]

IN_FUNCTION = ", or are its answers inside a function"
"""What keeps the exercises of a script from being told apart."""


class Graded(NamedTuple):
    """The outcome of one hand-in.

    Attributes:
        grade: what it earned.
        folder: where its record lies.
        bug: the traceback of a bug of ours, if one hit the run.
        out_of_time: whether a cell of it ran out of time.
        page_bug: the traceback of a bug of ours that kept a page from being made.
        troubled: whether this machine kept something of it from being seen.
    """

    grade: Grade
    folder: Path
    bug: str = ""
    out_of_time: bool = False
    page_bug: str = ""
    troubled: bool = False


class Batch(NamedTuple):
    """What is the same for every hand-in of a batch.

    Attributes:
        assignment: what was asked for.
        rubric: what earns points.
        out: where the records go.
        sandbox: where the hand-ins run.
        salt: another one starts the random generators elsewhere.
        replay: a clean process that computes again what was told; without one, nothing is.
    """

    assignment: Assignment
    rubric: Rubric
    out: Path
    sandbox: Sandbox
    salt: int = 0
    replay: Replay | None = None


def grade_file(
    path: Path,
    student: str,
    batch: Batch,
    progress: Progress = lambda done, total: None,
    arrival: Arrival = BY_ITSELF,
) -> Graded:
    """Grade one hand-in. What is wrong with it ends in its grade, never in an exception.

    Args:
        path: of the hand-in.
        student: whose it is.
        batch: what is the same for all.
        progress: is told how many cells are done.
        arrival: how it came.

    Raises:
        HostError: the record cannot be written.
        NoFence: nothing can be run here.
        Stopped: the batch was broken off meanwhile.
    """
    try:
        done = run_and_judge(path, student, batch, progress, arrival)
    except (Stopped, NoFence):
        raise
    except Exception as problem:  # costs this hand-in's run, and nobody else's
        why = f"a bug of ours: {type(problem).__name__}: {problem}"[:300]
        submission = read_submission(path, student, batch.assignment, arrival)
        evidence = without_run(submission, batch.assignment, "host_failed", why)
        asked = Asked(batch.assignment, batch.rubric)
        done = Ran(evidence, None, graded(evidence, asked), traceback.format_exc(), False)
    evidence, executed, grade, bug, trouble = done
    late = any(e.ending == "out_of_time" for e in evidence.everywhere(CellEnded))
    if batch.sandbox.closed:  # it ended because we ended it; an earlier record stays
        raise Stopped
    remove_reports(folder_of(batch.out, grade))
    whence = Whence(path, arrival, batch.salt)
    folder = write_record(batch.out, evidence, grade, executed, whence)
    asked = Asked(batch.assignment, batch.rubric)
    page_bug = write_reports(folder, grade, evidence, executed, asked)
    return Graded(grade, folder, bug, late, page_bug, trouble)


class Ran(NamedTuple):
    """What running a hand-in came to: evidence, executed notebook, grade, our bug, our trouble."""

    evidence: Evidence
    executed: str | None
    grade: Grade
    bug: str
    troubled: bool


def run_and_judge(
    path: Path, student: str, batch: Batch, progress: Progress, arrival: Arrival
) -> Ran:
    """Run a hand-in, as often as it takes to be fair, and judge it."""
    evidence, executed = gather(path, student, batch, progress, arrival)
    compared = worth_a_second_run(evidence, sources(path, student, batch, arrival, evidence))

    def further(salt: int) -> tuple[Evidence | None, str]:
        return further_run(path, student, batch, arrival, salt)

    asked = Asked(batch.assignment, batch.rubric)
    weighed = weigh(evidence, asked, further, compared=compared)
    grade = diagnosed(weighed.grade, weighed.evidence)
    return Ran(weighed.evidence, executed, grade, weighed.bug, weighed.troubled)


def sources(
    path: Path, student: str, batch: Batch, arrival: Arrival, evidence: Evidence
) -> list[str]:
    """The Python that came along with a hand-in."""
    if not any(file.name.lower().endswith(".py") for file in evidence.header.files):
        return []
    return list(modules(read_submission(path, student, batch.assignment, arrival).files).values())


def further_run(
    path: Path, student: str, batch: Batch, arrival: Arrival, salt: int
) -> tuple[Evidence | None, str]:
    """A hand-in's evidence in another run; None and the traceback where a bug of ours hit it.

    What was seen before stands by itself then.
    """
    if batch.sandbox.closed:
        return None, ""
    other = batch._replace(salt=salt)
    try:
        evidence, _ = gather(path, student, other, lambda done, total: None, arrival)
        return evidence, ""
    except (Stopped, NoFence):
        raise
    except Exception:  # costs the comparison, and nobody a point; the traceback is told
        return None, traceback.format_exc()


def gather(
    path: Path, student: str, batch: Batch, progress: Progress, arrival: Arrival = BY_ITSELF
) -> tuple[Evidence, str | None]:
    """A hand-in's evidence, and its executed notebook if it ran."""
    assignment = batch.assignment
    submission = read_submission(path, student, assignment, arrival)
    if isinstance(submission.notebook, Unreadable):
        why = f"{readable(path.name)}: {submission.notebook.reason}"
        return without_run(submission, assignment, "unreadable", why), None
    placement = place(submission.notebook, assignment)
    if not placement.recognised:
        inner = IN_FUNCTION if path.suffix == ".py" else ""
        why = (f"{readable(path.name)}: too few exercises of {assignment.id} were found in it;"
               f" is it another homework{inner}?")  # fmt: skip
        unrun = as_text(submission.notebook)
        return without_run(submission, assignment, "unrecognised", why), unrun
    import nbformat

    from grader.run.execute import run_submission
    from grader.run.reload import reloaded

    try:
        run = run_submission(
            submission, assignment, placement, batch.sandbox, salt=batch.salt, progress=progress
        )
    except NoFence:
        raise
    except (HostError, OSError) as problem:
        return without_run(submission, assignment, "host_failed", str(problem)), None
    evidence = reloaded(run.evidence, run.files, submission.files, assignment, batch.sandbox)
    evidence = doubting(evidence, all_doubts(submission.notebook, submission.files))
    if batch.replay is not None:
        evidence = corroborated(evidence, batch.replay)
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
            **came(submission),
            ending=ending,
            why=why.encode("utf-8", "replace").decode(),
            grader=grader.__version__,
            uncertain=list(submission.arrival.odd),
        )
    )
