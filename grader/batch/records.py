"""Judges many records anew, side by side in processes of their own.

Judging is pure computing, so it is processes here, and threads where kernels are waited for.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import NamedTuple, TypeVar

from grader.batch.work import HandIn, Outcome, Work
from grader.class_points import in_words
from grader.errors import HostError
from grader.evidence import read_evidence
from grader.facts import CellRead, Challenged
from grader.record import EVIDENCE
from grader.regrading import Changed, grade_before, lacks, regrade
from grader.reporting import Asked
from grader.submission import sha256_of
from grader.whence import Whence

FEW = 40
"""Records that are judged before another process would have started."""

Out = TypeVar("Out")
By = Callable[[Path], Out]


class Judged(NamedTuple):
    """What came of judging one record anew; small, for there may be thousands.

    Attributes:
        folder: where it lies.
        outcome: what it comes to now; None where it could not be judged.
        before: the points it had, in words; None where no grade could be read.
        changes: the criteria that earn something else.
        problem: why it could not be judged: this machine's trouble, or a record that is not whole.
        bug: the traceback of a bug of ours.
    """

    folder: Path
    outcome: Outcome | None = None
    before: str | None = None
    changes: tuple[Changed, ...] = ()
    problem: str = ""
    bug: str = ""


class Lacking(NamedTuple):
    """A record that a rubric cannot judge by what was seen of it, and why."""

    folder: Path
    why: str


def must_run(folders: Sequence[Path], asked: Mapping[str, Asked]) -> list[Lacking]:
    """The hand-ins that have to run again.

    Args:
        folders: of the records.
        asked: assignments and rubrics by the assignment's id.
    """
    with side_by_side(len(folders)) as each:
        found = each(partial(reason_to_run, asked=asked), folders)
    return [Lacking(folder, why) for folder, why in zip(folders, found, strict=True) if why]


def works_again(
    lacking: Sequence[Lacking], asked: Mapping[str, Asked], out: Path, sandbox: str
) -> list[Work]:
    """The work of running hand-ins again, each as it came.

    Raises:
        HostError: of some, nothing tells where they came from, or they are no longer there.
    """
    works, trouble = [], []
    for folder, _ in lacking:
        whence = Whence.of_record(folder)
        if whence is None:
            trouble.append(f"{folder.name}: its record does not say where it came from")
        elif not whence.path.is_file():
            trouble.append(f"{folder.name}: {whence.path} is no longer there")
        elif sha256_of(whence.path, whence.arrival) != submission_of(folder):
            trouble.append(f"{folder.name}: {whence.path} is another file now")
        else:
            hand_in = HandIn(whence.path, folder.name, whence.arrival)
            works.append(Work(hand_in, asked[folder.parent.name], out, sandbox, whence.salt))
    if trouble:
        raise HostError("\n".join([*trouble, "nothing was run; `grader grade` takes them anew"]))
    return works


def submission_of(folder: Path) -> str:
    """SHA-256 of what a record is of; empty where it does not tell.

    Its grade tells, whose evidence may be of another version.
    """
    grade = grade_before(folder)
    return grade.submission if grade else ""


def reason_to_run(folder: Path, *, asked: Mapping[str, Asked]) -> str:
    """Why one hand-in has to run again; empty where it need not."""
    try:
        evidence = read_evidence(folder / EVIDENCE, only=(CellRead, Challenged))
    except HostError as problem:
        return str(problem)
    return lacks(evidence, asked[folder.parent.name])


def judge_records(folders: Sequence[Path], asked: Mapping[str, Asked]) -> list[Judged]:
    """Judge all records anew and write their grades and pages."""
    with side_by_side(len(folders)) as each:
        return each(partial(judge_record, asked=asked), folders)


def judge_record(folder: Path, *, asked: Mapping[str, Asked]) -> Judged:
    """Judge one record; what goes wrong with it costs no other."""
    try:
        done = regrade(folder, asked[folder.parent.name])
    except HostError as problem:
        return Judged(folder, problem=str(problem))
    except Exception:  # broad: a bug of ours costs this record, and no other
        return Judged(folder, problem=f"{folder}: a bug of ours", bug=traceback.format_exc())
    before = in_words(Outcome.read(done.before)) if done.before else None
    outcome = Outcome.read(done.now)
    return Judged(folder, outcome, before, tuple(done.changes), bug=done.page_bug or outcome.broken)


@contextmanager
def side_by_side(number: int) -> Iterator[Callable[[By[Out], Sequence[Path]], list[Out]]]:
    """Something that applies a function to each folder, in as many processes as pay."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if number < FEW or cores < 2:
        yield lambda work, folders: [work(folder) for folder in folders]
        return
    spawn = get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=spawn, initializer=end_with_parent) as pool:
        share = max(1, min(25, number // (4 * cores)))
        yield lambda work, folders: list(pool.map(work, folders, chunksize=share))


def end_with_parent() -> None:
    """See to it that this process ends when the one that started it does, by whatever."""
    parent = parent_process()
    assert parent is not None  # noqa: S101  (somebody started it)

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
