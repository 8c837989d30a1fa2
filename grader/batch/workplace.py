"""A place where work is done: a sandbox and a process that computes claims again."""

from __future__ import annotations

from functools import partial
from typing import Self

from grader.batch.executor import Ticker
from grader.batch.work import Outcome, Work
from grader.grading import Batch, grade_file
from grader.run.replaying import Replaying
from grader.sandboxes.sandbox import Sandbox


class Workplace:
    """Grades one hand-in after another, or several at a time; a context manager.

    Args:
        sandbox: not yet open; each work that comes here names this one.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._replay = Replaying(sandbox)

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        try:
            self._replay.close()
        finally:
            self.sandbox.__exit__(*problem)

    def do(self, work: Work, ticker: Ticker) -> Outcome:
        """Grade a hand-in, and leave its record in the folder that the work names.

        Raises:
            HostError: the record cannot be written.
            NoFence: nothing can be run here.
            Stopped: the batch was broken off meanwhile.
        """
        path, student, arrival = work.hand_in
        batch = Batch(
            work.asked.assignment, work.asked.rubric, work.out, self.sandbox, work.salt,
            self._replay,
        )  # fmt: skip
        ticker.hand_in(student)
        return Outcome.of(grade_file(path, student, batch, partial(ticker.cell, student), arrival))
