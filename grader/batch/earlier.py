"""What an earlier batch left: hand-ins that are graded, and those to be judged anew.

A batch that was broken off, by whatever, goes on where it stopped when the same is typed again. A
record counts only if it is whole and was settled: its hand-in, the assignment, the sandbox and the
versions are as they were. Where only the rubric is another one, its evidence is judged anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from grader.batch.local import HandIn
from grader.errors import HostError
from grader.grading import Graded
from grader.keys import KeyMaker
from grader.record import GRADE, settled
from grader.regrading import judge_anew, keep
from grader.reporting import Asked, read_grade
from grader.submission import sha256_of


class Earlier(NamedTuple):
    """A hand-in that need not run.

    Attributes:
        graded: as its record has it now.
        anew: whether it was judged anew, by another rubric than before.
    """

    graded: Graded
    anew: bool


def earlier(one: HandIn, out: Path, make: KeyMaker) -> Earlier | None:
    """What a record says of a hand-in, if that is still true; None where it has to run.

    Args:
        one: the hand-in.
        out: the folder of the records.
        make: makes the keys that a record has to bear.

    Raises:
        HostError: the record cannot be written.
    """
    folder = out / make.assignment.id / one.student
    before = settled(folder)
    if before is None:
        return None
    now = make.of(sha256_of(one.path, one.arrival))
    if now.run != before.run:
        return None
    asked = Asked(make.assignment, make.rubric)
    try:
        if now.mark == before.mark:
            return Earlier(Graded(read_grade(folder / GRADE), folder), anew=False)
        anew = judge_anew(folder, asked)
    except HostError:
        return None  # the record is not what it was, so it is made again
    done = keep(folder, anew, asked)
    return Earlier(Graded(done.now, folder, page_bug=done.page_bug), anew=True)
