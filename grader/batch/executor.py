"""What carries out the work of a batch: on this machine, or on many.

The whole of the seam. An executor gets `Work`, which is plain data, and tells what came of each
as soon as its record lies in the folder that the work names. A cluster implements it by sending
`Work.as_text()` to its workers, each of which keeps a `Workplace` open and sends back an `Outcome`.
What is to be run again, and what counts, is none of its business: `batch/batch.py` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, Self

from grader.batch.work import Outcome, Work


class Ticker(Protocol):
    """Is told how far a batch is, from several threads."""

    def hand_in(self, student: str) -> None:
        """A hand-in starts."""

    def cell(self, student: str, done: int, total: int) -> None:
        """A cell has run."""

    def finished(self, outcome: Outcome) -> None:
        """A hand-in is graded."""


class Executor(Protocol):
    """Carries out work; a context manager, open for as long as a batch lasts.

    Attributes:
        crowded: whether hand-ins run beside others, and one that ran out of time may owe it to
            them.
        notes: what a person may want to know of how it went, each a sentence.
    """

    @property
    def crowded(self) -> bool:
        """See above."""
        ...

    @property
    def notes(self) -> list[str]:
        """See above."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *problem: object) -> None: ...

    def run(self, works: Iterable[Work], ticker: Ticker) -> Iterator[tuple[Work, Outcome]]:
        """Carry out all, each told as soon as it is done; a single one has no other beside it.

        Works are taken as they are needed, and none is kept: there may be any number. Whoever stops
        listening stops what still runs, and nothing more begins.

        Args:
            works: what to do.
            ticker: is told what starts and how far it is, as far as that is known here.

        Raises:
            HostError: a record cannot be written.
            NoFence: nothing can be run here.
        """
        ...
