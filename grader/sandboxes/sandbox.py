"""What every sandbox is: a maker of kernels, open for as long as a batch lasts."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, Self

from jupyter_client.manager import AsyncKernelManager

from grader.assignment import Limits
from grader.brought import Brought


class Kernel(NamedTuple):
    """A kernel that is about to start.

    Attributes:
        manager: starts and ends it; its provisioner's `pid` is the kernel's process.
        options: for `manager.start_kernel`.
    """

    manager: AsyncKernelManager
    options: dict[str, Any]


class Clean(NamedTuple):
    """A process that has run nobody's code but ours, and serves `replaying` or `reloading`.

    Attributes:
        connection: a connected stream socket to it.
        close: ends it.
    """

    connection: socket.socket
    close: Callable[[], None]


class Sandbox(Protocol):
    """Starts kernels; several at a time, from any thread.

    Attributes:
        name: as grades and evidence name it.
        closed: whether the batch is over; what still runs then was stopped by us.
        notes: what a person may want to know of how it ran, each a sentence.
    """

    name: str
    closed: bool

    @property
    def notes(self) -> list[str]:
        """See above."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *problem: object) -> None: ...

    def clean(self) -> Clean:
        """A process in which claims can be computed again.

        Raises:
            HostError: it does not start.
        """
        ...

    def loader(self, limits: Limits, files: Sequence[Brought]) -> Clean:
        """A process that loads a saved file, as `kernel.reloading` says, and ends with it.

        Args:
            limits: what it may use.
            files: what lies in its working folder, the saved file among them.

        Raises:
            HostError: it does not start.
        """
        ...

    def close(self) -> None:
        """End the batch: what still runs is stopped."""
        ...

    def kernel(
        self, seed: int, limits: Limits, files: Sequence[Brought] = ()
    ) -> AbstractContextManager[Kernel]:
        """A kernel for one hand-in.

        Args:
            seed: where its random generators start.
            limits: what it may use.
            files: what lies in its working folder.
        """
        ...
