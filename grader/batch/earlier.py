"""What an earlier batch left: hand-ins that are graded, and those to be judged anew.

A batch that was broken off, by whatever, goes on where it stopped when the same is typed again. A
record counts only if it is whole and was settled: its hand-in, the assignment, the sandbox and the
versions are as they were. Where only the rubric is another one, its evidence is judged anew.
"""

from __future__ import annotations

from typing import NamedTuple

from grader.batch.batch import keys_of
from grader.batch.work import Outcome, Work
from grader.record import GRADE, settled
from grader.regrading import judge_anew, keep
from grader.reporting import read_grade
from grader.submission import sha256_of


class Earlier(NamedTuple):
    """A hand-in that need not run.

    Attributes:
        outcome: as its record has it now.
        anew: whether it was judged anew, by another rubric than before.
    """

    outcome: Outcome
    anew: bool


def earlier(work: Work) -> Earlier | None:
    """What a record says of a hand-in, if that is still true; None where it has to run.

    Raises:
        HostError: the record cannot be written.
    """
    before = settled(work.folder)
    if before is None:
        return None
    now = keys_of(work, sha256_of(work.hand_in.path, work.hand_in.arrival))
    if now.run != before.run:
        return None
    try:
        if now.mark == before.mark:
            return Earlier(Outcome.read(read_grade(work.folder / GRADE)), anew=False)
        anew = judge_anew(work.folder, work.asked)
    except Exception:  # broad: not what it was, or a bug of ours; either way it runs again
        return None
    done = keep(work.folder, anew, work.asked)
    return Earlier(Outcome.read(done.now)._replace(page_bug=done.page_bug), anew=True)
