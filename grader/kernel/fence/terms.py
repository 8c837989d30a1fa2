"""What a fenced process may see and use."""

from __future__ import annotations

from typing import Any, NamedTuple


class Terms(NamedTuple):
    """The terms of one fence, as the host sends them.

    Attributes:
        base: an empty folder of the host on which the new root is built; stays empty there.
        readable: host folders and files and where they appear, read-only.
        hidden: folders that stay empty, should they lie in a readable one.
        disk_mb: size of everything it may write, in MiB; it lies in memory.
        files: how many files and folders it may have.
        processes: processes and threads at a time.
        memory_mb: private memory it may ask for beyond what the warm parent holds, in MiB.
        open_files: file descriptors of one process.
        cpu_s: CPU seconds of one process, a backstop behind the host's own count.
        hostname: what the machine calls itself.
    """

    base: str
    readable: list[tuple[str, str]]
    hidden: list[str]
    disk_mb: int
    files: int
    processes: int
    memory_mb: int
    open_files: int
    cpu_s: int
    hostname: str


def read_terms(data: dict[str, Any]) -> Terms:
    """Terms from JSON."""
    readable = [(str(source), str(target)) for source, target in data["readable"]]
    return Terms(**{**data, "readable": readable})
