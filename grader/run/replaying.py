"""Asks a clean process to compute again what a hand-in says it computed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from grader.errors import HostError

SCRIPT = Path(__file__).resolve().parent.parent / "kernel" / "start_replaying.py"
START_S = 120.0
ANSWER_S = 20.0
MOST_STARTS = 5
MAX_REPLY = 64 * 2**20
KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")

Step = dict[str, Any]
Reply = dict[str, Any]


class ReplayLink:
    """A connection to a process that runs `serve` of `kernel/replaying.py`.

    Threads may share it; they wait for each other. Once it failed it is closed, because an answer
    that comes late would be taken for the next one.

    Args:
        connection: a connected stream socket; closed by `close`.
        seconds: how long one request may take.
    """

    def __init__(self, connection: socket.socket, seconds: float = ANSWER_S) -> None:
        self._connection = connection
        connection.settimeout(seconds)
        self._answers = connection.makefile("rb")
        self._asking = Lock()

    def __call__(self, steps: list[Step]) -> list[Reply]:
        """The replies to steps, one for each.

        Raises:
            HostError: the process is gone, too slow, or does not answer as agreed.
        """
        request = json.dumps({"steps": steps}).encode() + b"\n"
        with self._asking:
            try:
                self._connection.sendall(request)
                replies = json.loads(self._answers.readline(MAX_REPLY))["replies"]
                if not isinstance(replies, list) or len(replies) != len(steps):
                    raise ValueError("another number of replies than steps")
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
                self.close()
                raise HostError(f"the replaying process does not answer: {problem}") from problem
        return replies

    def close(self) -> None:
        """End the connection, and with it the serving."""
        with suppress(OSError):
            self._answers.close()
            self._connection.close()


class ReplayProcess:
    """A replaying process of its own, started when it is first asked, and again if it dies.

    Use it as a context manager; calling it does steps as `ReplayLink` does.
    """

    def __init__(self, seconds: float = ANSWER_S) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._link: ReplayLink | None = None
        self._starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __call__(self, steps: list[Step]) -> list[Reply]:
        """The replies to steps, one for each.

        Raises:
            HostError: the process could not be started, or does not answer.
        """
        link = self._link or self._start()
        try:
            return link(steps)
        except HostError:
            self.close()
            raise

    def close(self) -> None:
        """End the process, if there is one."""
        if self._link is not None:
            self._link.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._link = self._process = None

    def _start(self) -> ReplayLink:
        if self._starts >= MOST_STARTS:
            raise HostError("the replaying process died too often")
        self._starts += 1
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", str(SCRIPT), str(theirs.fileno())],
                    pass_fds=[theirs.fileno()], env=environment(),
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )  # fmt: skip
            except OSError as problem:
                ours.close()
                raise HostError(f"the replaying process does not start: {problem}") from problem
        link = ReplayLink(ours, START_S)
        try:
            link([{"do": "version"}])
        except HostError:
            link.close()
            self.close()
            raise
        ours.settimeout(self._seconds)
        self._link = link
        return link


def environment() -> dict[str, str]:
    """A clean environment: one thread, no GPU, nothing of ours but what loading libraries needs."""
    kept = {k: os.environ[k] for k in KEPT if k in os.environ}
    return {
        **kept,
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
