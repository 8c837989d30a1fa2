"""Keeps a running cell within its limits.

CPU time of the kernel and its children is what counts; wall time is the backstop. What is over a
limit is interrupted, and killed if it does not react.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

import psutil

from grader.assignment import Limits

SOCKET_MB = 0.4
"""What a socket can hold in the kernel's memory, where no process is charged with it."""

Excess = Literal["out_of_time", "out_of_memory", "output_flood"]

TOLD = {
    "out_of_time": "ran out of time",
    "out_of_memory": "ran out of memory",
    "output_flood": "printed without end",
}
"""What a cell over a limit did."""


class Usage:
    """What a kernel process and its children have used.

    Args:
        pid: of the kernel process.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._started = time.monotonic()
        self._excused_cpu = 0.0

    @contextmanager
    def excused(self) -> Iterator[None]:
        """What is used inside is nobody's: neither CPU time nor seconds count."""
        cpu, wall = self._cpu_or(0.0), time.monotonic()
        try:
            yield
        finally:
            self._excused_cpu += max(0.0, self._cpu_or(cpu) - cpu)
            self._started += time.monotonic() - wall

    def _cpu_or(self, otherwise: float) -> float:
        try:
            return self.cpu()
        except psutil.NoSuchProcess:
            return otherwise

    def cpu(self) -> float:
        """CPU seconds so far, children included, ended ones too."""
        own = self._process.cpu_times()
        total = own.user + own.system + own.children_user + own.children_system
        for child in descendants(self._process):
            with suppress(psutil.NoSuchProcess):  # it counts as an ended child next time
                used = child.cpu_times()
                total += used.user + used.system
        return float(total) - self._excused_cpu

    def memory_mb(self, enough: float) -> float:
        """Resident memory in MiB, children included.

        Pages that processes share are counted once, but only looked at closely where counting
        them many times gives more than `enough`: it takes milliseconds a gigabyte.
        """
        processes = [self._process, *descendants(self._process)]
        hidden = sockets(self._process.pid) * SOCKET_MB + tables_mb(processes)
        total = hidden + added(processes, lambda p: p.memory_info().rss)
        return total if total <= enough else hidden + added(processes, shared_once)

    def wall(self) -> float:
        """Seconds since the kernel started."""
        return time.monotonic() - self._started


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """All children and theirs.

    Linux lists a thread's children in one file; psutil would read every process of the machine.
    """
    listed = f"/proc/{process.pid}/task/{process.pid}/children"
    if not os.path.exists(listed):
        return [] if not process.is_running() else list(process.children(recursive=True))
    found: list[psutil.Process] = []
    waiting = [process.pid]
    while waiting:
        for pid in children(waiting.pop()):
            waiting.append(pid)
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(pid))
    return found


def children(pid: int) -> list[int]:
    """Process numbers of a process's children; none if it is gone."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += [int(number) for number in file.read().split()]
    return found


def shared_once(process: psutil.Process) -> int:
    """A process's part of the memory it is in; all of it where it keeps that from us."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)


def sockets(pid: int) -> int:
    """Sockets in a process's network namespace; 0 in our own, where they are not its own."""
    with suppress(OSError, ValueError, IndexError):
        if os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino:
            return 0
        with open(f"/proc/{pid}/net/sockstat", encoding="ascii") as file:
            return int(file.readline().split()[2])
    return 0


def tables_mb(processes: list[psutil.Process]) -> float:
    """Page tables, in MiB: reading a large empty mapping fills them and nothing else."""
    total = 0
    for process in processes:
        with suppress(OSError, ValueError), open(f"/proc/{process.pid}/status", "rb") as file:
            total += next((int(n.split()[1]) for n in file if n.startswith(b"VmPTE:")), 0)
    return total / 1024


def added(processes: list[psutil.Process], of: Callable[[psutil.Process], int]) -> float:
    """A number of bytes over all processes that still run, in MiB."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += of(process)
    return total / 2**20


async def excess(
    usage: Usage,
    limits: Limits,
    overflowed: Callable[[], Awaitable[bool]],
    ended: asyncio.Event,
) -> Excess | None:
    """Waits until a limit is passed and names it; None once the cell or its kernel has ended."""
    try:
        cpu, wall = usage.cpu(), usage.wall()
    except psutil.NoSuchProcess:
        return None
    pause = 0.02
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), pause)
        if ended.is_set():
            return None
        if await overflowed():
            return "output_flood"
        try:
            used = usage.cpu()
            if used - cpu > limits.cell_cpu_s or used > limits.run_cpu_s:
                return "out_of_time"
            if usage.wall() - wall > limits.cell_wall_s or usage.wall() > limits.run_wall_s:
                return "out_of_time"
            if usage.memory_mb(limits.memory_mb) > limits.memory_mb:
                return "out_of_memory"
        except psutil.NoSuchProcess:  # and nothing else: a blind watch would be no limit
            return None
        pause = min(pause * 1.5, 0.25)
