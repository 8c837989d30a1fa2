"""One fork of the warm parent, as the host sees it: told when it is ready, signalled, ended."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from pathlib import Path
from typing import Any, NamedTuple

from grader.errors import HostError, NoFence
from grader.sandboxes.facilities import remedy

MOST = 1 << 18
"""Bytes of a message between the warm parent and the host."""


class Ended(NamedTuple):
    """A fork's exit status: negative for a signal."""

    status: int


class Fork:
    """One fenced child.

    Attributes:
        pid: its process number as the host sees it.
        forsaken: whether the warm parent ended before it, and took it along.
    """

    def __init__(self, reply: socket.socket) -> None:
        self._reply = reply
        self._ended: Ended | None = None
        self.pid = 0
        self._pidfd = -1
        self.forsaken = False
        self.told: dict[str, Any] = {}

    def wait_ready(self, seconds: float) -> None:
        """Wait until the child is fenced in and ready.

        Raises:
            NoFence: it never will be; the message names what is missing.
            HostError: it ended, or is not ready in time.
        """
        self._reply.settimeout(seconds)
        try:
            while "ready" not in self.told:
                data, descriptors, _, _ = socket.recv_fds(self._reply, MOST, 1)
                for descriptor in descriptors:
                    self._pidfd = descriptor
                    self.pid = pid_of(descriptor)
                if not data or "exit" in self.told:
                    status = self.told.get("exit", "unknown")
                    raise HostError(f"the fenced process ended as it started (status {status})")
                self.told.update(json.loads(data))
                if "broken" in self.told:
                    raise HostError(f"the fenced process failed: {self.told['broken']}")
                if "failed" in self.told:
                    raise no_fence(str(self.told["failed"]))
        except TimeoutError as problem:
            raise HostError(f"the fenced process was not ready in {seconds:.0f} s") from problem
        finally:
            self._reply.settimeout(None)

    def ended(self) -> Ended | None:
        """How it ended; None while it runs."""
        if self._ended is None and self._pidfd >= 0:
            gone, _, _ = select.select([self._pidfd], [], [], 0)
            if gone:
                self._ended = Ended(self._status())
        return self._ended

    def _status(self) -> int:
        """The exit status that the warm parent tells, -9 if it is gone itself."""
        self._reply.settimeout(1.0)
        try:
            while data := self._reply.recv(MOST):
                told = json.loads(data)
                if "exit" in told:
                    return int(told["exit"])
            self.forsaken = True
        except (OSError, ValueError):
            pass
        return -int(signal.SIGKILL)

    def interrupt(self) -> None:
        """SIGINT for it and for the programs it started."""
        if self.pid and self.ended() is None:  # no pid means our own group
            try:
                os.killpg(self.pid, signal.SIGINT)
            except OSError:  # it left its group, or is gone
                self.send(signal.SIGINT)

    def send(self, number: int) -> None:
        """A signal for the child; nothing if it is gone."""
        if self._pidfd >= 0 and self.ended() is None:
            try:
                signal.pidfd_send_signal(self._pidfd, number)
            except ProcessLookupError:
                return

    def close(self) -> None:
        """Kill it, with everything in its namespace, and forget it.

        Nobody waits for a killed one: it takes as long as a fork, and the warm parent reaps it.
        """
        self.send(signal.SIGKILL)
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        self._reply.close()


def no_fence(lacks: str) -> NoFence:
    """What is missing, and what to do about it."""
    return NoFence(
        f"there is no fence on this machine, so nothing was graded; it lacks {lacks}\n"
        f"what to do: {remedy()}\n"
        "`grader doctor` shows the whole picture; your own code only: --sandbox none"
    )


def pid_of(pidfd: int) -> int:
    """The process number in our own namespace; the warm parent's is another."""
    info = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii")
    return max(0, int(info.split("Pid:")[1].split()[0]))
