"""A batch: what is run again, what counts, and what lasts of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.batch.executor import Executor, Ticker
from grader.batch.work import Outcome, Work
from grader.keys import KeyMaker, Keys
from grader.record import settle


def carry_out(
    works: Iterable[Work], executor: Executor, ticker: Ticker
) -> Iterator[tuple[Work, Outcome]]:
    """Grade hand-ins, each told as soon as it is known what counts.

    A busy machine must cost nobody points, so what ran out of time beside others runs once more
    alone; that result counts. So does what this machine failed at: its trouble may have passed.

    What a record says lasts once it is settled: until then, the hand-in runs again when the same is
    typed once more. Neither a bug of ours nor this machine's trouble is settled.

    Args:
        works: what to do; taken as they are needed.
        executor: open; does it.
        ticker: is told how far they are.

    Raises:
        HostError: a record cannot be written.
        NoFence: nothing can be run here.
    """
    again: list[Work] = []
    for work, outcome in executor.run(works, ticker):
        if outcome.failed_here or (outcome.out_of_time and executor.crowded):
            again.append(work)
        else:
            yield work, settled(work, outcome, ticker)
    for work in again:
        for _, outcome in executor.run([work], ticker):
            yield work, settled(work, outcome, ticker)


def settled(work: Work, outcome: Outcome, ticker: Ticker) -> Outcome:
    """An outcome that counts; its record is settled, if it lasts."""
    if outcome.lasts:
        settle(work.folder, keys_of(work, outcome.submission))
    ticker.finished(outcome)
    return outcome


def keys_of(work: Work, submission: str) -> Keys:
    """The keys that the record of a work has to bear, for a hand-in of some bytes."""
    arrival = work.hand_in.arrival
    told = tuple(name.encode("utf-8", "backslashreplace").decode()
                 for name in (*arrival.odd, *arrival.left_out))  # fmt: skip
    make = KeyMaker(work.asked.assignment, work.asked.rubric, work.sandbox, work.salt)
    return make.of(submission, told)
