"""Grades hand-ins side by side on this machine.

A thread per job: each waits for a kernel in a process of its own, so threads are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from grader.grading import Graded


class HandIn(NamedTuple):
    """A file, and who handed it in."""

    path: Path
    student: str


def grade_all(
    hand_ins: Sequence[HandIn],
    grade: Callable[[HandIn], Graded],
    jobs: int,
    stop: Callable[[], None],
) -> Iterator[tuple[HandIn, Graded]]:
    """Grade all, `jobs` at a time, each as soon as it is done.

    A busy machine must cost nobody points, so what ran out of time beside others runs once more
    alone; that result counts.

    Args:
        hand_ins: what to grade.
        grade: grades one; called from several threads.
        jobs: how many at a time.
        stop: ends what still runs; called when somebody breaks the batch off.
    """
    late: list[HandIn] = []
    with ThreadPoolExecutor(jobs) as pool:
        doing = {pool.submit(grade, hand_in): hand_in for hand_in in hand_ins}
        try:
            for done in as_completed(doing):
                graded = done.result()
                if graded.out_of_time and jobs > 1:
                    late.append(doing[done])
                else:
                    yield doing[done], graded
        except BaseException:
            for waiting in doing:
                waiting.cancel()
            stop()
            raise
    for hand_in in late:
        yield hand_in, grade(hand_in)
