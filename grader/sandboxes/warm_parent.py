"""The host's end of the warm parent: start it, ask it for forks, see them end.

One per batch. It is ended by closing its socket, which the system does too if this process is
killed, and started again if it dies.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.errors import HostError, Stopped
from grader.sandboxes.fonts import copy_font_list
from grader.sandboxes.fork import MOST, Fork, no_fence
from grader.sandboxes.layout import SYSTEM, python_folders
from grader.sandboxes.stand_ins import put_stand_ins
from grader.sandboxes.temporary import ShortWay, temporary_folder

START = Path(__file__).resolve().parent.parent / "kernel" / "start.py"
LOADER = (
    "import sys; path = sys.stdin.readline().strip(); exec(compile(open(path).read(),"
    " '<_observer>', 'exec'), {'__name__': '__warm__', '__file__': path})"
)
"""The path comes as input, so that no command line and no traceback names a folder of the host."""
START_S = 120.0
PRELOAD = ("torchvision", "matplotlib.pyplot", "pandas", "sklearn")


def unreadable(path: str) -> str:
    """Hand-ins of root run as a user without rights, who must be able to read Python."""
    return (
        f"{path} is closed to other users, so a hand-in could not import it; open it with"
        " chmod -R o+rX, or grade as an ordinary user"
    )


class WarmParent:
    """Forks fenced children from a process that has everything imported.

    Args:
        preload: modules to import besides torch; those that are not installed are passed over.
        environment: of the warm parent and so of every child.

    Attributes:
        folder: of this batch, gone with it.
        missing: what should be imported and is not installed, or cannot be imported.
        left_out: what starts threads when it is imported: every fork imports it by itself, because
            a fork of a process with more than one thread is not safe.
        python: folders and files in which Python lies.
        elsewhere: those outside them that it imported from.
    """

    def __init__(self, preload: Iterable[str], environment: dict[str, str]) -> None:
        self._preload = list(preload)
        self._environment = environment
        self._lock = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.folder = Path()
        self._way: ShortWay | None = None
        self.missing: list[str] = []
        self.left_out: list[str] = []
        self.python: list[str] = []
        self.elsewhere: list[str] = []

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
            while True:
                self._end()
                told = self._begin()
                if told["alone"]:
                    return
                self._leave_out(told["threaded"])

    def _begin(self) -> dict[str, Any]:
        """Start it; what it tells when it is ready."""
        if not sys.platform.startswith("linux"):
            raise no_fence("namespaces, which only Linux has")
        self.folder = temporary_folder()
        for name in ("root", "runs", "bin"):
            (self.folder / name).mkdir()
        self._way = ShortWay(self.folder)
        put_stand_ins(self.folder / "bin")
        copy_font_list(self.folder / "mpl")
        self.python = python_folders()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {
            "control": theirs.fileno(), "folder": str(self.folder),
            "known": [*SYSTEM, *self.python],
            "preload": [name for name in self._preload if name not in self.left_out],
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
        self.missing, self.elsewhere = told["missing"], told["elsewhere"]
        if told["closed"]:
            self._end()
            raise HostError(unreadable(told["closed"][0]))
        return dict(told)

    def _leave_out(self, threaded: list[str]) -> None:
        """Do without what started threads, the next time."""
        found = [name for name in threaded if name in self._preload]
        if not found:
            self._end()
            raise HostError(
                f"importing {', '.join(threaded) or 'Python itself'} starts threads here, and a"
                " process that has some cannot be forked safely; `grader doctor` says more"
            )
        self.left_out += found

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

    def address(self, path: Path) -> str:
        """A name of a path in its folder that a socket can be bound to while it runs."""
        return self._way.to(path) if self._way else str(path)

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
        if self._way is not None:
            self._way.close()
            self._way = None
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = Path()
