"""Opens the sandbox that a person names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from grader.sandboxes.fence import Fence
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


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
