"""ipykernel's application in two halves: one before the fork, one after it.

What takes long, configuration and the shell, is made once in the warm parent. What belongs to one
hand-in, sockets, threads, streams and a profile of its own, is made in the fork. The host listens
on unix sockets in a folder of its own and hands the descriptors over, so that a fenced kernel
needs neither a network nor a folder it shares with the host, and writes no connection file.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import zmq
from ipykernel.compiler import XCachingCompiler
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.application import BaseIPythonApplication
from IPython.core.profiledir import ProfileDir

from .stream import PiecewiseStream

STREAM = f"{PiecewiseStream.__module__}.{PiecewiseStream.__name__}"
CHANNELS = ("shell", "iopub", "stdin", "control")
"""In the order of their ports, from 1. There is no heartbeat: the host sees the process itself."""


class ForkedKernel(IPKernelApp):
    """A kernel on listening sockets that somebody else opened."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(transport="ipc", ip="kernel", outstream_class=STREAM, **traits)
        self.config.HistoryManager.enabled = False  # no thread and no database; `%history` works
        self._sockets: list[int] = []

    def prepare(self) -> None:
        """The first half, in the warm parent: no thread, no socket, no stream."""
        with tempfile.TemporaryDirectory() as folder:
            self.ipython_dir = folder
            BaseIPythonApplication.initialize(self, [])
            self.init_pdb()
            ZMQInteractiveShell.instance(
                parent=self, profile_dir=self.profile_dir, user_ns={},
                compiler_class=XCachingCompiler,
            )  # fmt: skip

    def take_over(self, sockets: list[int], key: str) -> None:
        """The second half, in the fork, in ipykernel's own order.

        Args:
            sockets: descriptors of CHANNELS, in order.
            key: signs the messages.
        """
        self._sockets = sockets
        self.session.key = key.encode("ascii")
        for port, channel in enumerate(CHANNELS, 1):
            setattr(self, f"{channel}_port", port)
        self._settle()
        self.init_blackhole()
        self.init_poller()
        self.init_sockets()
        self.log_connection_info()
        self.init_io()
        self.init_signal()
        self.init_kernel()
        self.init_path()
        self.init_shell()
        self.shell.kernel = self.kernel
        self.init_gui_pylab()
        self.init_extensions()
        self.init_code()

    def _settle(self) -> None:
        """Move the shell from the warm parent's folder into the student's home."""
        shell = ZMQInteractiveShell.instance()
        self.ipython_dir = shell.ipython_dir = os.path.expanduser("~/.ipython")
        folder = os.path.join(self.ipython_dir, "profile_default")
        self.profile_dir = shell.profile_dir = ProfileDir.create_profile_dir(folder)
        shell.db = type(shell.db)(os.path.join(self.profile_dir.location, "db"))

    def _try_bind_socket(self, s: Any, port: int) -> int:
        s.setsockopt(zmq.USE_FD, self._sockets[port - 1])
        s.setsockopt(zmq.SNDHWM, 0)  # an output must wait, not vanish, while the host is busy
        s.bind(f"ipc://{self.ip}-{port}")
        return port
