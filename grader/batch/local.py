"""Grades hand-ins side by side on this machine.

A thread per job: each waits for a kernel in a process of its own, so threads are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Self

from grader.batch.executor import Ticker
from grader.batch.work import Outcome, Work
from grader.batch.workplace import Workplace
from grader.sandboxes.sandbox import Sandbox


class Local:
    """An `Executor` of this machine.

    Args:
        sandbox: not yet open.
        jobs: how many hand-ins run at a time.
    """

    def __init__(self, sandbox: Sandbox, jobs: int) -> None:
        self._place = Workplace(sandbox)
        self._jobs = jobs

    @property
    def crowded(self) -> bool:
        """Whether hand-ins run beside others."""
        return self._jobs > 1

    @property
    def notes(self) -> list[str]:
        """What the sandbox says of how it went."""
        return self._place.sandbox.notes

    def __enter__(self) -> Self:
        self._place.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._place.__exit__(*problem)

    def run(self, works: Iterable[Work], ticker: Ticker) -> Iterator[tuple[Work, Outcome]]:
        """See `Executor`."""
        waiting = iter(works)
        running: dict[Future[Outcome], Work] = {}
        ended: list[tuple[Work, Outcome]] = []
        with ThreadPoolExecutor(self._jobs) as pool:
            try:
                while True:
                    for work in islice(waiting, self._jobs - len(running)):
                        running[pool.submit(self._place.do, work, ticker)] = work
                    yield from ended  # the next ones run meanwhile
                    if not running:
                        return
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    failed = next((future for future in done if future.exception()), None)
                    ended = [(running.pop(future), future.result()) for future in done - {failed}]
                    if failed is not None:  # what was done beside it counts
                        yield from ended
                        failed.result()
            except BaseException:  # broad: whoever stops listening, too, stops what runs
                self._place.sandbox.close()
                raise
