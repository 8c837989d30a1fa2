"""Asks a clean process to compute again what a hand-in says it computed."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from threading import Lock
from typing import Any, Self

from grader.errors import HostError
from grader.sandboxes.sandbox import Clean, Sandbox

START_S = 120.0
ANSWER_S = 20.0
MOST_STARTS = 5
MAX_REPLY = 64 * 2**20

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


class Replaying:
    """A replaying process of a sandbox, started when it is first asked, and again if it dies.

    Use it as a context manager; calling it does steps as `ReplayLink` does.

    Args:
        sandbox: starts the process.
        seconds: how long one request may take.
    """

    def __init__(self, sandbox: Sandbox, seconds: float = ANSWER_S) -> None:
        self._sandbox = sandbox
        self._seconds = seconds
        self._asking = Lock()
        self._process: Clean | None = None
        self._link: ReplayLink | None = None
        self._starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def __call__(self, steps: list[Step]) -> list[Reply]:
        """The replies to steps, one for each.

        Raises:
            HostError: the process could not be started, or does not answer.
        """
        with self._asking:  # one hand-in's failure must not close what another waits for
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
            self._process.close()
        self._link = self._process = None

    def _start(self) -> ReplayLink:
        if self._starts >= MOST_STARTS:
            raise HostError("the replaying process died too often")
        self._starts += 1
        try:
            self._process = self._sandbox.clean()
        except OSError as problem:
            raise HostError(f"the replaying process does not start: {problem}") from problem
        link = ReplayLink(self._process.connection, START_S)
        try:
            link([{"do": "version"}])
        except HostError:
            self.close()
            raise
        self._starts = 0  # only what never worked is given up
        self._process.connection.settimeout(self._seconds)
        self._link = link
        return link
