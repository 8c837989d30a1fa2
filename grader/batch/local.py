"""Grades hand-ins side by side on this machine.

A thread per job: each waits for a kernel in a process of its own, so threads are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from grader.grading import Graded
from grader.submission import BY_ITSELF, Arrival


class HandIn(NamedTuple):
    """A file, who handed it in, and how it came."""

    path: Path
    student: str
    arrival: Arrival = BY_ITSELF


def grade_all(
    hand_ins: Sequence[HandIn],
    grade: Callable[[HandIn], Graded],
    jobs: int,
    stop: Callable[[], None],
) -> Iterator[tuple[HandIn, Graded]]:
    """Grade all, `jobs` at a time, each as soon as it is done.

    A busy machine must cost nobody points, so what ran out of time beside others runs once more
    alone; that result counts. So does what this machine failed at: its trouble may have passed.

    Args:
        hand_ins: what to grade.
        grade: grades one; called from several threads.
        jobs: how many at a time.
        stop: ends what still runs; called when somebody breaks the batch off.
    """
    again: list[HandIn] = []
    with ThreadPoolExecutor(jobs) as pool:
        doing = {pool.submit(grade, hand_in): hand_in for hand_in in hand_ins}
        try:
            for done in as_completed(doing):
                graded = done.result()
                if failed_here(graded) or (graded.out_of_time and jobs > 1):
                    again.append(doing[done])
                else:
                    yield doing[done], graded
        except BaseException:
            for waiting in doing:
                waiting.cancel()
            stop()
            raise
    for hand_in in again:
        yield hand_in, grade(hand_in)


def failed_here(graded: Graded) -> bool:
    """Whether it was this machine that failed, and no bug of ours: that would come again."""
    return graded.grade.ending == "host_failed" and not graded.bug
