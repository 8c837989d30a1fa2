"""Runs hand-ins in a sandbox of their own and settles what lasts of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from grader.batch.local import HandIn, grade_all
from grader.grade import Grade
from grader.grading import Batch, Graded, grade_file
from grader.keys import KeyMaker
from grader.record import settle
from grader.run.replaying import Replaying
from grader.sandboxes.sandbox import Sandbox


class Ticker(Protocol):
    """Is told how far a batch is."""

    def hand_in(self, student: str) -> None:
        """A hand-in starts."""

    def cell(self, student: str, done: int, total: int) -> None:
        """A cell has run."""

    def finished(self, grade: Grade) -> None:
        """A hand-in is graded."""


def run_and_settle(
    hand_ins: Sequence[HandIn],
    out: Path,
    make: KeyMaker,
    sandbox: Sandbox,
    jobs: int,
    ticker: Ticker,
) -> Iterator[tuple[HandIn, Graded]]:
    """Grade hand-ins side by side, each as soon as it is done.

    What a record says lasts once it is settled: until then, the hand-in runs again when the same is
    typed once more. Neither a bug of ours nor this machine's trouble is settled.

    Args:
        hand_ins: what to grade.
        out: where the records go.
        make: makes the keys by which records are known again.
        sandbox: not yet open.
        jobs: how many run at a time.
        ticker: is told how far they are.

    Raises:
        HostError: a record cannot be written.
        NoFence: nothing can be run here.
    """
    with sandbox, Replaying(sandbox) as replay:
        batch = Batch(make.assignment, make.rubric, out, sandbox, make.salt, replay)

        def grade(one: HandIn) -> Graded:
            ticker.hand_in(one.student)
            progress = partial(ticker.cell, one.student)
            return grade_file(one.path, one.student, batch, progress, one.arrival)

        for one, graded in grade_all(hand_ins, grade, jobs, sandbox.close):
            if lasts(graded):
                settle(graded.folder, make.of(graded.grade.submission))
            ticker.finished(graded.grade)
            yield one, graded


def lasts(graded: Graded) -> bool:
    """Whether an outcome would come again: neither our bug nor this machine's trouble is in it."""
    broken = any(m.verdict == "broken" for m in graded.grade.marks)
    return graded.grade.ending != "host_failed" and not (graded.bug or graded.page_bug or broken)
