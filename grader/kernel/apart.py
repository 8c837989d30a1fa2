"""Does something in a fork of this process, so that nothing of it stays.

The fork has one thread, no descriptor but a pipe to its parent, and less of everything: CPU time,
memory on top of what is there, no further process, no byte into any file. What it prints goes
nowhere. The parent takes one line of at most MOST_BYTES from it and ends it, whatever it does.

Everything that is called is taken before any code of a student's can bind it anew. The road not
taken is to undo what was done: nobody can know what that is.
"""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, NamedTuple, NoReturn

MOST_BYTES = 2**20
CPU_S = 5
"""Of one piece of work; whole seconds are what the system counts."""
DATA = 2**29
"""Bytes of memory on top of what the process has."""
REFUSED = frozenset({
    "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system", "os.kill", "os.killpg",
    "subprocess.Popen", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink",
    "os.truncate", "os.chmod", "os.utime", "shutil.rmtree", "shutil.move", "pty.spawn",
    "socket.__new__", "socket.connect", "signal.pthread_kill",
})  # fmt: skip
READY = b"+"
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

Ended = Literal["told", "out_of_time", "silent", "died"]


class Told(NamedTuple):
    """What came of the work; `line` is what it told, and empty where it did not.

    It is silent where it waited too long, and where the fork could not be made ready for it: the
    first byte that a fork tells is that it was.
    """

    ended: Ended
    line: bytes = b""


class Apart:
    """Forks.

    Args:
        publisher: the class whose objects send what is printed or shown to the host.
        settle: what the fork does first, such as making torch use one thread: the others do not
            come along.
    """

    def __init__(self, publisher: type, settle: Callable[[], None]) -> None:
        self._publisher = publisher
        self._settle = settle
        self._fork, self._pipe, self._read, self._write = os.fork, os.pipe, os.read, os.write
        self._close, self._kill, self._wait, self._exit = os.close, os.kill, os.wait4, os._exit
        self._close_all, self._session, self._file = os.closerange, os.setsid, open
        self._open, self._double, self._kill_all = os.open, os.dup2, os.killpg
        self._poll, self._now, self._handler = select.poll, time.monotonic, signal.signal
        self._limit, self._hook = resource.setrlimit, sys.addaudithook
        self._limits, self._wakeup = resource.getrlimit, signal.set_wakeup_fd

    def do(self, work: Callable[[], bytes], wall_s: float) -> Told:
        """What some work tells within so many seconds, in one line without its end.

        Raises:
            OSError: this process may not fork, or has no descriptor left.
        """
        reading, writing = self._pipe()
        handler = self._handler(signal.SIGCHLD, signal.SIG_DFL)  # the end is nobody's to notice
        pid = 0
        try:
            pid = self._quiet_fork()
            if pid == 0:
                self._be_apart(work, writing)
            self._close(writing)
            writing = -1
            return self._hear(reading, pid, wall_s)
        finally:
            for descriptor in (reading, writing):
                if descriptor >= 0:
                    self._close(descriptor)
            if handler is not None:
                self._handler(signal.SIGCHLD, handler)

    def _quiet_fork(self) -> int:
        """Fork; newer Pythons warn of it, and that would be seen.

        The filter is put there and taken away by hand, because `catch_warnings` makes Python
        forget which warnings were shown.
        """
        filters: list[Any] = warnings.filters  # type: ignore[assignment]
        quiet = ("ignore", None, DeprecationWarning, None, 0)
        filters.insert(0, quiet)
        try:
            return self._fork()
        finally:
            with suppress(ValueError):
                filters.remove(quiet)

    def _hear(self, reading: int, pid: int, wall_s: float) -> Told:
        """Take a line from the fork, and end it."""
        until, data, late = self._now() + wall_s, b"", False
        poll = self._poll()
        poll.register(reading, select.POLLIN)
        try:
            while b"\n" not in data and len(data) <= len(READY) + MOST_BYTES:
                left = until - self._now()
                late = left <= 0 or not poll.poll(left * 1000)
                piece = b"" if late else self._read(reading, 2**16)
                if not piece:
                    break
                data += piece
        finally:
            too_long = self._end(pid)
        if not data.startswith(READY):
            return Told("silent")
        line, end, _ = data[len(READY) :].partition(b"\n")
        if end and len(line) <= MOST_BYTES:
            return Told("told", line)
        return Told("out_of_time" if too_long else "silent" if late else "died")

    def _end(self, pid: int) -> bool:
        """End the fork and what it may have started; whether it used up its CPU time."""
        for kill in (self._kill_all, self._kill):
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
        try:
            _, status, used = self._wait(pid, 0)
        except ChildProcessError:  # a thread of the student's waits for whatever ends
            return False
        told_so = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
        return told_so or bool(used.ru_utime + used.ru_stime > 0.7 * CPU_S)  # it counts ticks

    def _be_apart(self, work: Callable[[], bytes], writing: int) -> NoReturn:
        """Be the fork: do the work, tell what came of it, and be gone."""
        try:
            self._shut_in(writing)
            self._write(writing, READY)
            line = work() + b"\n"
            while line:
                line = line[self._write(writing, line) :]
        finally:
            self._exit(0)

    def _shut_in(self, writing: int) -> None:
        """Let nothing out but through one descriptor."""
        gc.disable()
        self._session()
        self._wakeup(-1)
        self._handler(signal.SIGXCPU, signal.SIG_DFL)
        room = data_limit(self._file)
        nowhere = self._open(os.devnull, os.O_RDWR)
        for stream in range(3):
            self._double(nowhere, stream)
        self._close_all(3, writing)
        self._close_all(writing + 1, 2**20)
        for name in ("schedule", "send_multipart"):
            setattr(self._publisher, name, lambda *_, **__: None)
        sys.stdout = sys.stderr = Nowhere()
        self._settle()
        self._bound(resource.RLIMIT_CPU, CPU_S, CPU_S + 1)  # the first of them says so
        for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
            self._bound(kind, 0, 0)
        if room is not None:
            self._bound(resource.RLIMIT_DATA, room, room)
        self._hook(refuse)

    def _bound(self, kind: int, soft: int, hard: int) -> None:
        """Lower a limit; it is never raised."""
        _, now = self._limits(kind)
        hard = hard if now == resource.RLIM_INFINITY else min(hard, now)
        self._limit(kind, (min(soft, hard), hard))


def refuse(event: str, args: tuple[Any, ...]) -> None:
    """Let no code start, end or change anything outside the fork.

    Raises:
        PermissionError: it would.
    """
    writes = event == "open" and len(args) > 2 and isinstance(args[2], int) and args[2] & WRITES
    if event in REFUSED or (writes and args[0] != os.devnull):
        raise PermissionError(f"{event} is switched off here")


def data_limit(opened: Callable[..., Any]) -> int | None:
    """The most private memory the fork may have, in bytes; None where that is not known."""
    with suppress(OSError), opened("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024 + DATA
    return None


class Nowhere:
    """A stream that keeps nothing."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        """Take text."""
        return len(text)

    def flush(self) -> None:
        """Do nothing."""

    def isatty(self) -> bool:
        """No."""
        return False
