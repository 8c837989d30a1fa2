"""ipykernel's application on sockets that somebody else opened.

The host listens on unix sockets in a folder of its own and hands the descriptors over, so that a
fenced kernel needs neither a network nor a folder it shares with the host, and writes no
connection file.
"""

from __future__ import annotations

from typing import Any

import zmq
from ipykernel.kernelapp import IPKernelApp

CHANNELS = ("shell", "iopub", "stdin", "control")
"""In the order of their ports, from 1. There is no heartbeat: the host sees the process itself."""


class HandedOver(IPKernelApp):
    """A kernel on listening sockets.

    Args:
        sockets: descriptors of CHANNELS, in order.
        key: signs the messages.
    """

    def __init__(self, sockets: list[int], key: str, **traits: Any) -> None:
        super().__init__(transport="ipc", ip="kernel", **traits)
        self._sockets = sockets
        self.session.key = key.encode("ascii")
        for port, channel in enumerate(CHANNELS, 1):
            setattr(self, f"{channel}_port", port)

    def _try_bind_socket(self, s: Any, port: int) -> int:
        s.setsockopt(zmq.USE_FD, self._sockets[port - 1])
        s.setsockopt(zmq.SNDHWM, 0)  # an output must wait, not vanish, while the host is busy
        s.bind(f"ipc://{self.ip}-{port}")
        return port

    def init_connection_file(self) -> None:
        """There is none."""

    def write_connection_file(self, **kwargs: Any) -> None:
        """There is none."""

    def init_heartbeat(self) -> None:
        """There is none."""
