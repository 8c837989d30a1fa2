"""Opens the sandbox that a person names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from grader.sandboxes.fence import Fence
from grader.sandboxes.machine import cores
from grader.sandboxes.plain import Plain
from grader.sandboxes.sandbox import Sandbox
from grader.sandboxes.temporary import check_temporary

FENCED, NONE = "fenced", "none"
MOST_THREADS = 2
"""So that a limit in CPU time means the same on every machine."""


def open_sandbox(
    name: str, *, preload: Iterable[str] = (), jobs: int = 1, hidden: Iterable[Path] = ()
) -> Sandbox:
    """A sandbox for a batch; a context manager.

    Args:
        name: fenced, or none.
        preload: modules that hand-ins of the batch import.
        jobs: kernels at a time; they share the cores.
        hidden: folders that no kernel may see.

    Raises:
        HostError: there is no place for its folder.
    """
    check_temporary()
    threads = max(1, min(MOST_THREADS, cores() // jobs))
    return Plain(threads) if name == NONE else Fence(preload, threads, hidden)
