"""One kernel and the channels to it, from its start to its end."""

from __future__ import annotations

import asyncio
import os
import queue
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from nbformat import NotebookNode

from grader.errors import HostError, Stopped
from grader.run.ask import Answer
from grader.run.client import CountingClient
from grader.run.watch import Usage
from grader.sandboxes.sandbox import Kernel
from grader.trips import MOST_BYTES

START_S = 120.0
OUTPUT_S = 60.0
"""How long output on its way is waited for: a host takes some hundred pieces a second."""
DEATH_S = 0.5
"""A dying kernel's connections break before the system says that it is dead."""


class Session:
    """A running kernel.

    Args:
        kernel: not yet started.
        notebook: whose cells will run; takes their outputs.
        output_bytes: how much one cell may write.

    Attributes:
        usage: what the kernel has used, once it runs.
        flooded: set when the running cell wrote too much.
    """

    usage: Usage

    def __init__(self, kernel: Kernel, notebook: NotebookNode, output_bytes: int) -> None:
        self._kernel = kernel
        self._manager = kernel.manager
        self._nb = CountingClient(
            notebook, km=kernel.manager, allow_errors=True, timeout=None, record_timing=False,
            store_widget_state=False, output_bytes=output_bytes, iopub_timeout=OUTPUT_S,
        )  # fmt: skip
        self.flooded = self._nb.flooded
        self._client: AsyncKernelClient
        self._monitors: dict[str, Any] = {}
        self._broken: set[str] = set()

    async def start(self) -> None:
        """Start the kernel and wait until it answers.

        Raises:
            HostError: it does not start.
        """
        try:
            await self._manager.start_kernel(**self._kernel.options)
            self.usage = Usage(int(getattr(self._manager.provisioner, "pid", 0)))
            client = self._manager.client(context=self._manager.context)  # not one of its own
            client.start_channels(stdin=False, hb=False)
            client.allow_stdin = False
            self._nb.kc = self._client = client
            await self._ready()
        except (HostError, Stopped):
            raise
        except Exception as problem:
            said = f"{str(problem)[:300]} {last_line(self._kernel.options.get('stderr'))}"
            raise HostError(f"the kernel did not start: {said}") from problem
        for name in ("iopub", "shell"):
            channel = self._socket(name)
            self._monitors[name] = channel.get_monitor_socket(zmq.EVENT_DISCONNECTED)

    async def _ready(self) -> None:
        """Both channels carry: the kernel answers, and what it publishes arrives."""
        until = time.monotonic() + START_S
        answered = published = False
        while not (answered and published):
            if time.monotonic() > until or not await self.alive():
                raise RuntimeError("it ended as it started, or is silent")
            if not answered:
                self._client.kernel_info()
            with suppress(queue.Empty):
                await self._client.get_shell_msg(timeout=1)
                answered = True
            with suppress(queue.Empty):
                await self._client.get_iopub_msg(timeout=1)
                published = True
            answered = answered and published

    def _socket(self, channel: str) -> Any:
        return getattr(self._client, f"{channel}_channel").socket

    async def _connect_again(self) -> None:
        """Mend what was cut: a connection that broke the protocol is not taken up by itself."""
        for channel in self._broken:
            url = self._client._make_url(channel)
            with suppress(zmq.ZMQError):  # already forgotten
                self._socket(channel).disconnect(url)
            self._socket(channel).connect(url)
        await self._ready()
        self.cut()
        self._broken.clear()

    async def execute(self, cell: NotebookNode, index: int) -> None:
        """Run one cell; its outputs go into the cell."""
        self._nb.new_cell()
        self.cut()  # what happened before this cell is not its doing
        if self._broken:
            await self._connect_again()
        await self._nb.async_execute_cell(cell, index)

    @property
    def reply(self) -> dict[str, Any]:
        """The content of the kernel's reply to the last cell."""
        return self._nb.reply

    async def question(self, kind: str) -> Answer:
        """Ask on the shell channel and wait for the answer's content.

        Raises:
            Exception: of any kind: what comes back is student-made as far as we know.
        """
        nonce = secrets.token_hex(16)
        message = self._client.session.msg(kind, {"nonce": nonce})
        self._client.shell_channel.send(message)
        own = message["header"]["msg_id"]
        while True:
            if "shell" in self._broken and self._nb.lost.is_set():
                raise TimeoutError("the answer was over the size")
            with suppress(queue.Empty):
                reply = await self._client.get_shell_msg(timeout=1)
                if reply["parent_header"].get("msg_id") == own:
                    content = reply["content"] if isinstance(reply["content"], dict) else {}
                    key = getattr(self._manager.provisioner, "seal", b"")
                    return Answer(content, nonce, key)

    def cut(self) -> bool:
        """Whether a connection broke since the last look: a message was over the size."""
        broken = False
        for channel, monitor in self._monitors.items():
            while monitor.get(zmq.EVENTS) & zmq.POLLIN:
                monitor.recv_multipart(zmq.NOBLOCK)
                self._broken.add(channel)
                broken = True
        return broken

    def trips(self) -> bytes | None:
        """What the trip-wire wrote since the last look; None once somebody closed it."""
        descriptor = getattr(self._manager.provisioner, "trips", -1)
        if descriptor < 0:
            return b""
        data = b""
        while len(data) <= MOST_BYTES:
            try:
                piece = os.read(descriptor, MOST_BYTES)
            except BlockingIOError:
                return data
            if not piece:
                return data or None
            data += piece
        return data

    def taken(self) -> bool:
        """Whether this machine ended the kernel, and nothing that the hand-in did."""
        return bool(getattr(self._manager.provisioner, "taken", False))

    async def alive(self) -> bool:
        """Whether the kernel's process runs."""
        return bool(await self._manager.is_alive())

    async def overflowed(self) -> bool:
        """Whether the cell wrote more than is taken, all in all or in one message."""
        if self.flooded.is_set():
            self._nb.lost.set()  # what is still on its way would only be thrown away
            return True
        if not self.cut():
            return False
        await asyncio.sleep(DEATH_S)
        if not await self.alive():
            return False
        self._nb.lost.set()
        return True

    async def interrupt(self) -> None:
        """Ctrl-C."""
        await self._manager.interrupt_kernel()

    async def kill(self) -> None:
        """End the kernel at once.

        Not through `shutdown_kernel`: that asks politely first, and looks every 0.1 s.
        """
        provisioner = self._manager.provisioner
        if provisioner is not None:
            await provisioner.kill()
            await provisioner.wait()

    async def close(self) -> None:
        """End the kernel if it still runs, and the channels."""
        with suppress(Exception):  # it may be gone already; its folder goes in any case
            if self._manager.provisioner is not None:
                await self._manager.provisioner.kill()
            await self._manager.cleanup_resources()
        for monitor in self._monitors.values():
            monitor.close(linger=0)
        if hasattr(self, "_client"):
            self._client.stop_channels()


def last_line(log: Any) -> str:
    """The last line of a kernel's log file, if it has one."""
    if log is None:
        return ""
    text = Path(log.name).read_text(errors="replace")
    return "".join(text.strip().splitlines()[-1:])[:300]
