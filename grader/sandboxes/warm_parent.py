"""The host's end of the warm parent: start it, ask it for forks, see them end.

One per batch. It is ended by closing its socket, which the system does too if this process is
killed, and started again if it dies.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from grader.errors import HostError, NoFence, Stopped
from grader.sandboxes.facilities import remedy
from grader.sandboxes.fonts import copy_font_list
from grader.sandboxes.stand_ins import put_stand_ins

START = Path(__file__).resolve().parent.parent / "kernel" / "start.py"
LOADER = (
    "import sys; path = sys.stdin.readline().strip(); exec(compile(open(path).read(),"
    " '<_observer>', 'exec'), {'__name__': '__warm__', '__file__': path})"
)
"""The path comes as input, so that no command line and no traceback names a folder of the host."""
START_S = 120.0
MOST = 1 << 18
PRELOAD = ("torchvision", "matplotlib.pyplot", "pandas", "sklearn")


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


class WarmParent:
    """Forks fenced children from a process that has everything imported.

    Args:
        preload: modules to import besides torch; those that are not installed are passed over.
        environment: of the warm parent and so of every child.

    Attributes:
        folder: of this batch, gone with it.
        missing: what should be imported and is not installed.
        threads: of the warm parent once all is imported: one, or a fork is not safe.
    """

    def __init__(self, preload: Iterable[str], environment: dict[str, str]) -> None:
        self._preload = list(preload)
        self._environment = environment
        self._lock = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.folder = Path()
        self.missing: list[str] = []
        self.threads = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def start(self) -> None:
        """Have it running; does nothing where it runs already.

        Raises:
            NoFence: it cannot be started here.
            Stopped: it was closed.
        """
        with self._lock:
            if self._closed:
                raise Stopped
            if self._process is not None and self._process.poll() is None:
                return
            self._end()
            self._begin()

    def _begin(self) -> None:
        if not sys.platform.startswith("linux"):
            raise no_fence("namespaces, which only Linux has")
        self.folder = Path(tempfile.mkdtemp(prefix="grader-"))
        for name in ("root", "runs", "bin"):
            (self.folder / name).mkdir()
        put_stand_ins(self.folder / "bin")
        copy_font_list(self.folder / "mpl")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {
            "control": theirs.fileno(), "folder": str(self.folder), "preload": self._preload,
            "environment": {"MPLCONFIGDIR": str(self.folder / "mpl")},
        }  # fmt: skip
        log = self.folder / "warm.log"
        with theirs, log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", LOADER],
                stdin=subprocess.PIPE, stdout=file, stderr=file, cwd="/",
                env=self._environment, pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        self._control = ours
        with self._process.stdin as lines:  # type: ignore[union-attr]
            lines.write(f"{START}\n{json.dumps(settings)}\n".encode())
        ours.settimeout(START_S)
        try:
            told = json.loads(ours.recv(MOST) or b"{}")
        except (OSError, ValueError):
            told = {}
        ours.settimeout(None)
        if "ready" not in told:
            said = log.read_text(errors="replace").strip().splitlines()[-1:]
            self._end()
            if "failed" in told:
                raise no_fence(str(told["failed"]))
            why = "".join(said)[:300] or "it gave no reason"
            raise HostError(f"the warm parent did not start: {why}")
        self.missing, self.threads = told["missing"], told["threads"]

    def fork(self, request: dict[str, Any], descriptors: list[int]) -> Fork:
        """Ask for a child; `Fork.wait_ready` tells when it is one.

        Args:
            request: `terms`, `work` (the module that takes over), and what that needs.
            descriptors: handed over; the caller closes its own.

        Raises:
            HostError: the warm parent is gone and does not start again.
        """
        self.start()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            control = self._control
            try:
                if control is None:
                    raise OSError("not started")
                socket.send_fds(
                    control, [json.dumps(request).encode()], [theirs.fileno(), *descriptors]
                )
            except OSError as problem:
                ours.close()
                raise HostError(f"the warm parent does not answer: {problem}") from problem
        return Fork(ours)

    def close(self) -> None:
        """End it, and all it forked, for good; its folder goes with it."""
        self._closed = True
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = Path()
