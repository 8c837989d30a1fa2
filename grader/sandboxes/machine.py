"""What this machine has for kernels: cores and memory, as far as this process may use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from grader.assignment import Limits

KEPT_MB = 1024
"""For the system, the grader and its warm parent."""
GROUPS = Path("/sys/fs/cgroup")


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_mb() -> int:
    """Memory in MiB: the machine's, or the container's where that has less."""
    there: int = psutil.virtual_memory().total
    return min(there, *group_limits()) // 2**20


def group_limits() -> Iterator[int]:
    """Bytes that control groups around this process allow, of either version of Linux's."""
    yield 2**63
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, name = line.split(":", 2)
        if kinds == "" or "memory" in kinds.split(","):
            file = "memory.limit_in_bytes" if kinds else "memory.max"
            top = GROUPS / "memory" if kinds else GROUPS
            group = top / name.lstrip("/")
            for folder in (group, *group.parents):
                yield from number_in(folder / file)


def number_in(path: Path) -> Iterator[int]:
    """The number in a file, if it holds one."""
    try:
        yield int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return


def each_mb(limits: Limits) -> int:
    """What one hand-in may take of memory, in MiB; what it writes lies there too."""
    return limits.memory_mb + limits.disk_mb


def jobs_that_fit(limits: Limits) -> int:
    """Hand-ins at a time, at least one, that memory is enough for if each takes all it may."""
    return max(1, (memory_mb() - KEPT_MB) // each_mb(limits))
