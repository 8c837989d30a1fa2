"""Which sweep over a data loader a step belongs to: the loader that gave a batch last.

A sweep begins with the first batch of an iterator. One that is gone, as after a loop over test
data inside a training loop, gives way to the one before it. So the loader that is evaluated on
counts for no training, and which of a loader's batches were used needs no look at them.
"""

from __future__ import annotations

import weakref
from typing import Any

from ..doors import after

MOST_OPEN = 50
"""Iterators that are remembered at a time; of more, the oldest are forgotten."""


class Sweep:
    """One pass over a loader.

    Attributes:
        iterator: a weak reference to what gives the batches.
        batches: how many it gave.
        stepped: the runs that stepped on one of them.
    """

    __slots__ = ("batches", "iterator", "stepped")

    def __init__(self, iterator: Any) -> None:
        self.iterator = weakref.ref(iterator)
        self.batches = 0
        self.stepped: set[str] = set()


class Sweeps:
    """The sweeps that go on now.

    Attributes:
        open: the one that gave a batch last at the end; some may be over.
    """

    def __init__(self) -> None:
        from torch.utils.data import dataloader

        self.open: list[Sweep] = []
        iterators: Any = dataloader._BaseDataLoaderIter
        iterators.__next__ = after(self._given, iterators.__next__)

    def _given(self, batch: Any, iterator: Any) -> None:
        """An iterator gave a batch."""
        if not self.open or self.open[-1].iterator() is not iterator:
            self._to_the_end(iterator)
        if (
            getattr(iterator, "_num_yielded", 0) == 1
        ):  # also of one that starts anew, as with workers that stay
            self.open[-1] = Sweep(iterator)
        self.open[-1].batches += 1

    def _to_the_end(self, iterator: Any) -> None:
        others = [s for s in self.open if s.iterator() not in (None, iterator)]
        known = next((s for s in self.open if s.iterator() is iterator), None)
        self.open = [*others[-MOST_OPEN:], known or Sweep(iterator)]

    def current(self) -> Sweep | None:
        """The sweep that gave the latest batch and is not over."""
        while self.open and self.open[-1].iterator() is None:
            self.open.pop()
        return self.open[-1] if self.open else None
