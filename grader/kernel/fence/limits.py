"""What a fenced process may use, as far as the kernel can hold it to that by itself."""

from __future__ import annotations

import resource
from pathlib import Path

from .terms import Terms

MIB = 2**20


def private_bytes() -> int:
    """Writable private memory this process has asked for so far."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def apply(terms: Terms) -> None:
    """Set the limits; they hold for every process that follows.

    Memory is limited as data (RLIMIT_DATA), not as address space: torch maps far more than it
    uses. Stacks of threads count too, so there is room for those on top.
    """
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # before the host's own
    data = private_bytes() + terms.memory_mb * MIB + terms.processes * 8 * MIB
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: data,
        resource.RLIMIT_NPROC: terms.processes,
        resource.RLIMIT_NOFILE: terms.open_files,
        resource.RLIMIT_FSIZE: terms.disk_mb * MIB,
        resource.RLIMIT_CPU: terms.cpu_s,
        resource.RLIMIT_MEMLOCK: 64 * 1024,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 1024,
    }
    for kind, most in limits.items():
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))
