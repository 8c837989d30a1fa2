"""The warm parent: everything imported, nothing run; each hand-in gets a fork of it.

It speaks with the host over one socket of packets, and ends when that closes, whatever became of
the host: then it kills what it forked and removes the batch's folder. It starts no thread and runs
no torch operation, because a fork keeps only the thread that forks.

A request is JSON with the descriptors it needs. What comes back goes to the request's own reply
socket, which is the first descriptor: `{}` with a pidfd, then from the child itself `{"ready": …}`,
`{"failed": …}` (there is no fence) or `{"broken": …}` (any other trouble), then `{"exit": …}`.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Any, NamedTuple, NoReturn

from . import launch
from .fence.calls import (
    NEW_PID,
    SET_DEATH_SIGNAL,
    FenceError,
    join_namespace,
    prctl,
    unshare,
)
from .fence.enter import enter
from .fence.filter import program
from .fence.identity import enter_user_namespace, may_mount
from .fence.terms import read_terms
from .loaded import closed_to_others, elsewhere

MOST = 1 << 18
SETTLED_S = 0.3
"""How long a thread that an import started may take to end."""
OWN = (
    "app",
    "stream",
    "replaying",
    "reloading",
    "calls",
    "probes.operations",
    "probes.training",
    "probes.training_loops",
)
"""What a child needs of this package: its files are out of sight by then."""
ALWAYS = (
    "torch", "numpy", "numpy.random", "ipykernel.ipkernel", "ipykernel.debugger", "pdb",
    "IPython.core.completerlib", "IPython.extensions.storemagic", "tornado.platform.asyncio",
    "torch.utils._device", "faulthandler",
)  # fmt: skip
"""torch, and what starting a kernel would import in every child."""


def trouble(problem: BaseException) -> dict[str, str]:
    """What the host is told: that there is no fence here, or of any other trouble.

    A place that is gone is no missing facility: the folder of a batch that ends goes with it.
    """
    gone = isinstance(problem, FenceError) and problem.number == errno.ENOENT
    if isinstance(problem, (FenceError, OSError)) and not gone:
        return {"failed": str(problem)}
    return {"broken": f"{type(problem).__name__}: {problem}"[:2000]}


class WarmParent:
    """The loop of the warm parent.

    Args:
        control: the host's end closes when the batch ends.
        folder: the batch's folder on the host, removed at the end.
        root: whether this process is root in earnest.
    """

    def __init__(self, control: socket.socket, folder: str, *, root: bool) -> None:
        self._control = control
        self._folder = folder
        self._root = root
        self._program = program()
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._children: dict[int, socket.socket] = {}

    def serve(self) -> None:
        """Fork for every request until the host is gone."""
        awake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        control = self._control.fileno()
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        try:
            while True:
                ready, _, _ = select.select([control, awake], [], [])
                if awake in ready:
                    os.read(awake, 4096)
                    self._reap()
                if control in ready and not self._answer():
                    return
        finally:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self) -> bool:
        """Take one request; False when there will be no more."""
        data, descriptors, _, _ = socket.recv_fds(self._control, MOST, 16)
        if not data:
            return False
        reply = socket.socket(fileno=descriptors[0])
        try:
            pid = self._fork(json.loads(data), reply, descriptors[1:])
        except (OSError, FenceError) as problem:
            send(reply, failed=str(problem))
            reply.close()
            return True
        finally:
            for descriptor in descriptors[1:]:
                os.close(descriptor)
        self._children[pid] = reply
        pidfd = os.pidfd_open(pid)
        with contextlib.suppress(OSError):  # whoever asked is gone
            socket.send_fds(reply, [b"{}"], [pidfd])
        os.close(pidfd)
        return True

    def _fork(self, request: dict[str, Any], reply: socket.socket, descriptors: list[int]) -> int:
        """A child that is the first process of a new pid namespace."""
        unshare(NEW_PID, "a pid namespace")
        try:
            pid = os.fork()
            if pid == 0:
                self._be_a_child(request, reply, descriptors)
        finally:
            join_namespace(self._own, NEW_PID)
        return pid

    def _be_a_child(
        self, request: dict[str, Any], reply: socket.socket, descriptors: list[int]
    ) -> NoReturn:
        """Fence this process in and do what the request asks for."""
        try:
            kept = only(reply.fileno(), descriptors)
            enter(read_terms(request["terms"]), self._program, root=self._root)
            work = importlib.import_module(f".{request['work']}", __package__)
            work.run_forked(request, reply, kept)
        except BaseException as problem:
            send(reply, **trouble(problem))
        os._exit(1)

    def _reap(self) -> None:
        """Tell the host how children ended."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            reply = self._children.pop(pid, None)
            if reply is not None:
                send(reply, exit=os.waitstatus_to_exitcode(status))
                reply.close()


def send(reply: socket.socket, **message: Any) -> None:
    """One message to the host, if it still listens."""
    with contextlib.suppress(OSError):
        reply.send(json.dumps(message).encode())


def only(reply: int, descriptors: list[int]) -> list[int]:
    """Close every descriptor but these; standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    kept = {reply, *descriptors}
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the one that listed them
    return descriptors


class Preloaded(NamedTuple):
    """What came of importing what hand-ins will import.

    Attributes:
        missing: what cannot be imported.
        threaded: during whose import threads were started.
    """

    missing: list[str]
    threaded: list[str]


def preload(names: list[str]) -> Preloaded:
    """Import what hand-ins will import."""
    found = Preloaded([], [])
    for name in [*ALWAYS, *names]:
        before = threads()
        try:
            importlib.import_module(name)
        except Exception:  # broad: any package may be broken in any way, and no hand-in need use it
            found.missing.append(name)
        if more_threads_than(before):
            found.threaded.append(name)
    for name in OWN:
        importlib.import_module(f".{name}", __package__)
    launch.prepare()
    gc.collect()
    gc.freeze()
    return found


def more_threads_than(number: int) -> bool:
    """Whether there are, and not only for a moment."""
    until = time.monotonic() + SETTLED_S
    while threads() > number:
        if time.monotonic() > until:
            return True
        time.sleep(0.01)
    return False


def threads() -> int:
    """Threads of this process, those below Python included."""
    return len(os.listdir("/proc/self/task"))


def main(line: str) -> None:
    """Be the warm parent; line holds the host's settings as JSON."""
    settings = json.loads(line)
    control = socket.socket(fileno=settings["control"])
    root = may_mount()
    try:
        if not root:
            enter_user_namespace(0)
        enter_pid_namespace()
        parent = WarmParent(control, settings["folder"], root=root)
    except (FenceError, OSError) as problem:
        send(control, failed=str(problem))
        sys.exit(1)
    for name, value in settings["environment"].items():
        os.environ[name] = value
    found = preload(settings["preload"])
    for name in settings["environment"]:
        del os.environ[name]
    tempfile.tempdir = None  # a library may have asked for it; the fork's is another
    closed = closed_to_others()[:1] if root else []  # forks of root become another user
    send(
        control, ready=True, **found._asdict(), elsewhere=elsewhere(settings["known"]),
        closed=closed, alone=not more_threads_than(1),
    )  # fmt: skip
    parent.serve()
    os._exit(0)  # without waiting for threads that a package may have started


def enter_pid_namespace() -> None:
    """Go on as the first process of a pid namespace: with it, everything it forked ends.

    Only the owner of a namespace may come back to it after a fork into another one.
    """
    unshare(NEW_PID, "a pid namespace")
    pid = os.fork()
    if pid:
        os.closerange(3, 1024)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
    prctl(SET_DEATH_SIGNAL, signal.SIGKILL, what="ending with the process that was started")
