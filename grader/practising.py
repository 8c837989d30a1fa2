"""A student's own notebook, checked on their own machine: run where it is new.

What was run before, with the same assignment and versions, is not run again. Records lie in the
learner's folder and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from grader.assignment import load_assignment
from grader.batch.batch import carry_out
from grader.batch.earlier import earlier
from grader.batch.executor import Executor, Ticker
from grader.batch.lock import holding
from grader.batch.work import HandIn, Outcome, Work
from grader.course import known_assignments
from grader.errors import HostError
from grader.evidence import read_evidence
from grader.exercises import place
from grader.kinds import stem_of
from grader.learner import HOME, checks_folder
from grader.names import readable
from grader.notebook import Notebook
from grader.record import EVIDENCE, GRADE
from grader.reporting import Asked, read_grade
from grader.rubric import load_rubric
from grader.students import safe
from grader.submission import Arrival, read_submission
from grader.tutor.events import Event
from grader.tutor.hints import history, last_check
from grader.tutor.practice import Practised, event, practised


class Checked(NamedTuple):
    """What a check of a notebook came to.

    Attributes:
        exercises: what it tells of each, by id and in order.
        torch: the version of PyTorch it ran with; empty where nothing ran.
        ran: whether it had to run.
        bug: the traceback of a bug of ours; empty where none was hit.
    """

    exercises: dict[str, Practised]
    torch: str
    ran: bool
    bug: str = ""


class UnreadableNotebook(ValueError):
    """Why a file is no notebook, and what to do about it."""


def assignment_of(course: Path, notebook: Path) -> str | None:
    """The assignment whose exercises a notebook holds; None where none fits, or several do.

    What headings say counts more than their numbers, which every homework has.

    Raises:
        AuthorError: an assignment of the course is wrong.
        UnreadableNotebook: it is none.
    """
    found: dict[str, tuple[float, float]] = {}
    for name in known_assignments(course):
        assignment = load_assignment(course, name)
        cells = read_submission(notebook, "mine", assignment).notebook
        if not isinstance(cells, Notebook):
            raise UnreadableNotebook(cells.reason)
        if (placed := place(cells, assignment)).recognised:
            graded = {e.id for e in assignment.exercise if e.graded}
            here = graded & {*placed.exercise.values()}
            said = len(here - {*placed.by_number}) / max(1, len(graded))
            found[name] = (said, len(here) / max(1, len(graded)))
    best = [name for name, share in found.items() if share == max(found.values())]
    return best[0] if len(best) == 1 else None


def work_of(course: Path, assignment: str, notebook: Path, sandbox: str) -> Work:
    """What there is to do to check a notebook; its record has the name of its path.

    Raises:
        AuthorError: everything that is wrong with the assignment's files.
    """
    known = load_assignment(course, assignment)
    path = notebook.resolve()
    tag = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    hand_in = HandIn(path, safe(f"{stem_of(path.name)}-{tag}"), Arrival(readable(path.name)))
    return Work(hand_in, Asked(known, load_rubric(course, known)), checks_folder(), sandbox)


def answered(work: Work) -> Checked | None:
    """What the record says, if the notebook, the assignment and the versions are as they were."""
    return checked(work, ran=False) if earlier(work) is not None else None


def check(
    work: Work, executor: Executor, ticker: Ticker, waiting: Callable[[str], None]
) -> Checked:  # fmt: skip
    """Run a notebook, and tell what came of it.

    Args:
        work: what to do.
        executor: open; does it.
        ticker: is told how far it is.
        waiting: is told of another check that runs, and is waited for.

    Raises:
        HostError: its record cannot be written.
        NoFence: nothing can be run here.
    """
    what = f"grader check {work.hand_in.path.name}"
    with holding(work.out, what, elsewhere=HOME, waiting=waiting):
        outcomes = [outcome for _, outcome in carry_out([work], executor, ticker)]
    return checked(work, ran=True)._replace(bug=bug_in(outcomes[0]))


def bug_in(outcome: Outcome) -> str:
    """The traceback of a bug of ours in a run or a check."""
    return outcome.bug or outcome.broken


def checked(work: Work, *, ran: bool) -> Checked:
    """What the record of a work tells.

    Raises:
        HostError: it cannot be read.
    """
    grade, evidence = read_grade(work.folder / GRADE), read_evidence(work.folder / EVIDENCE)
    return Checked(practised(grade, evidence, work.asked.rubric), evidence.header.torch, ran)


def latest(course: Path, assignment: str) -> Checked | None:
    """What the last check of an assignment found, whatever the notebook was; None without one."""
    records = (checks_folder() / assignment).glob(f"*/{GRADE}")
    newest = max(records, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        return None
    known = load_assignment(course, assignment)
    try:
        grade, evidence = read_grade(newest), read_evidence(newest.with_name(EVIDENCE))
        found = practised(grade, evidence, load_rubric(course, known))
    except (HostError, KeyError):
        return None  # of another version, or another rubric
    return Checked(found, evidence.header.torch, ran=False)


def to_remember(
    found: Mapping[str, Practised], before: Sequence[Event], asked: str, learner: str, at: datetime
) -> list[Event]:
    """The events of a check.

    The exercise that was asked about counts each time. Others that came along count where
    something about them is new: whoever works on exercise 5 has not failed at exercise 3 again.

    Args:
        found: what the check told, by exercise.
        before: all that was done.
        asked: the exercise that was asked about; empty where the whole notebook was.
        learner: random id of whoever asked.
        at: when, with a time zone.
    """
    events = []
    for exercise, one in found.items():
        now = event(one, learner, at)
        last = last_check(history(before, one.assignment, exercise))
        same = last is not None and (last.code, last.outcome) == (now.code, now.outcome)
        if one.why or one.verdict == "missing" or (same and exercise != asked):
            continue
        events.append(now)
    return events


def first_open(found: Mapping[str, Practised]) -> str:
    """The first exercise that was begun and is not correct; empty where there is none."""
    return next((e for e, one in found.items() if one.verdict not in ("correct", "missing")), "")
