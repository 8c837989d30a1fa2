"""The sandbox for other people's code: a batch's warm parent and its fenced forks."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from jupyter_client.manager import AsyncKernelManager

from grader.assignment import Limits
from grader.brought import Brought
from grader.errors import HostError
from grader.sandboxes.channels import capped_context
from grader.sandboxes.fenced import READY_S, FencedSpecs, environment, fence_terms
from grader.sandboxes.parcels import parcel
from grader.sandboxes.sandbox import Clean, Kernel
from grader.sandboxes.warm_parent import WarmParent


class Fence:
    """Forks of one warm parent.

    Args:
        preload: modules to import in the warm parent.
        threads: that torch may use in each kernel.
        hidden: folders that no kernel may see, wherever they lie.
    """

    name = "fenced"

    def __init__(self, preload: Iterable[str], threads: int, hidden: Iterable[Path] = ()) -> None:
        self.warm = WarmParent(preload, environment(threads))
        self.closed = False
        self._hidden = [str(path.resolve()) for path in hidden]

    def __enter__(self) -> Self:
        return self  # the warm parent starts when it is first needed

    def __exit__(self, *problem: object) -> None:
        self.close()

    @property
    def notes(self) -> list[str]:
        """What the warm parent could not do."""
        return [
            f"{name} starts threads when it is imported, so it was not imported beforehand:"
            " every hand-in that uses it takes longer"
            for name in self.warm.left_out
        ]

    def clean(self) -> Clean:
        """A fenced fork that computes claims again."""
        return self._serving("replaying", Limits(), [])

    def loader(self, limits: Limits, files: Sequence[Brought]) -> Clean:
        """A fenced fork that loads a saved file."""
        with parcel(files) as brought:
            return self._serving("reloading", limits, [brought])

    def _serving(self, work: str, limits: Limits, descriptors: list[int]) -> Clean:
        """A fenced fork that answers on a socket."""
        self.warm.start()
        ours, theirs = socket.socketpair()
        terms = fence_terms(self.warm, limits, self._hidden)
        with theirs:
            request = {"work": work, "terms": terms}
            fork = self.warm.fork(request, [theirs.fileno(), *descriptors])
        try:
            fork.wait_ready(READY_S)
        except HostError:
            fork.close()
            ours.close()
            raise
        return Clean(ours, fork.close)

    def close(self) -> None:
        """End the batch, and every kernel that still runs."""
        self.closed = True
        self.warm.close()

    @contextmanager
    def kernel(self, seed: int, limits: Limits, files: Sequence[Brought] = ()) -> Iterator[Kernel]:
        """A fenced fork for one hand-in."""
        context = capped_context()
        specs = FencedSpecs(self.warm, seed, limits, self._hidden)
        manager = AsyncKernelManager(
            context=context, transport="ipc", kernel_name="grader", kernel_spec_manager=specs
        )
        try:
            with parcel(files) as specs.files:
                yield Kernel(manager, {})
        finally:
            context.destroy(linger=0)
