"""One kernel and the channels to it, from its start to its end."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from nbformat import NotebookNode

from grader.errors import HostError, Stopped
from grader.run.ask import Answer
from grader.run.client import CountingClient
from grader.run.messages import WarySession
from grader.run.relay import Relay
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
        self._relay: Relay
        self._broken: set[int] = set()

    async def start(self) -> None:
        """Start the kernel and wait until it answers.

        Raises:
            HostError: it does not start.
        """
        try:
            await self._manager.start_kernel(**self._kernel.options)
            self.usage = Usage(int(getattr(self._manager.provisioner, "pid", 0)))
            client = self._manager.client(context=self._manager.context)  # not one of its own
            client.session = WarySession(self.flooded.set, key=client.session.key)
            self._relay = Relay(client.ip, [client.shell_port, client.iopub_port])
            self._relay.start()
            client.ip = self._relay.address
            self._nb.kc = self._client = client
            client.start_channels(stdin=False, hb=False, control=False)
            client.allow_stdin = False
            await self._ready()
        except (HostError, Stopped):
            raise
        except Exception as problem:
            said = f"{str(problem)[:300]} {last_line(self._kernel.options.get('stderr'))}"
            raise HostError(f"the kernel did not start: {said}") from problem

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

    async def _connect_again(self) -> None:
        """Mend what was cut."""
        self._relay.open_again()
        self._broken = set()
        await self._ready()

    async def execute(self, cell: NotebookNode, index: int) -> None:
        """Run one cell; its outputs go into the cell."""
        self._nb.new_cell()
        self._relay.new_cell()
        self.cut()  # what happened before this cell is not its doing
        if self._broken:
            await self._connect_again()
        await self._nb.async_execute_cell(cell, index)

    @property
    def reply(self) -> dict[str, Any]:
        """The content of the kernel's reply to the last cell."""
        return self._nb.reply

    async def question(self, kind: str, **asked: Any) -> Answer:
        """Ask on the shell channel and wait for the answer's content.

        Args:
            kind: the message's type.
            asked: what goes with it.

        Raises:
            Exception: of any kind: what comes back is student-made as far as we know.
        """
        question = json.loads(json.dumps({"nonce": secrets.token_hex(16), **asked}))
        message = self._client.session.msg(kind, question)
        self._client.shell_channel.send(message)
        own = message["header"]["msg_id"]
        while True:
            if self._client.shell_port in self._broken and self._nb.lost.is_set():
                raise TimeoutError("the answer was over the size")
            with suppress(queue.Empty):
                reply = await self._client.get_shell_msg(timeout=1)
                if reply["parent_header"].get("msg_id") == own:
                    content = reply["content"] if isinstance(reply["content"], dict) else {}
                    if not content:
                        raise TimeoutError("the answer held too much")
                    key = getattr(self._manager.provisioner, "seal", b"")
                    return Answer(content, repr([kind, question]), key)

    def cut(self) -> bool:
        """Whether a connection broke since the last look: the kernel sent too much, or ended it."""
        new = self._relay.broken - self._broken
        self._broken |= new
        return bool(new)

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
        if hasattr(self, "_client"):
            self._client.stop_channels()
        if hasattr(self, "_relay"):
            await self._relay.close()


def last_line(log: Any) -> str:
    """The last line of a kernel's log file, if it has one."""
    if log is None:
        return ""
    text = Path(log.name).read_text(errors="replace")
    return "".join(text.strip().splitlines()[-1:])[:300]
