"""Stands between a kernel's channels and their client, and counts what passes.

libzmq bounds one frame of a message and not how many there are, and keeps a message until its last
frame has come: a kernel whose message never ends would fill the host's memory. So what a kernel
sends is measured here, frame by frame, before libzmq sees it. What is over a bound cuts the
connection, which stays cut until it is opened again; a message that was cut off never arrives.

Frames are those of ZMTP 3 (rfc.zeromq.org/spec/23): a greeting of 64 bytes, then for each frame a
byte of flags, its length in one byte or eight, and its body.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from grader.sandboxes.channels import MESSAGE_BYTES

GREETING = 64
SIGNATURE = (0, 9)
"""Where 0xFF and 0x7F stand in the greeting; the version follows."""
VERSION = 3
MORE, LONG = 1, 2
MOST_FRAMES = 256
"""Of one message: Jupyter's have seven, and one for each buffer."""
CELL_MESSAGES = 20_000
RUN_MESSAGES = 60_000
LEAST_MESSAGES = 500
"""What a cell may still send where the run's are used up: to say how it ended."""
CHUNK = 2**18


class Excess(Exception):
    """A kernel sent more than is taken, or what is no message."""


class Allowance:
    """How many messages of a channel may still pass."""

    def __init__(self) -> None:
        self._run = RUN_MESSAGES
        self._cell = CELL_MESSAGES

    def new_cell(self) -> None:
        """Start counting again; the run's count goes on."""
        self._cell = min(CELL_MESSAGES, max(LEAST_MESSAGES, self._run))

    def take(self) -> None:
        """One message.

        Raises:
            Excess: there were too many.
        """
        if self._cell <= 0:
            raise Excess
        self._cell -= 1
        self._run -= 1


class Meter:
    """Measures the messages in a stream of bytes, without keeping them.

    Args:
        message: called for each message, and may raise.
    """

    def __init__(self, message: Callable[[], None]) -> None:
        self._message = message
        self._greeting = bytearray()
        self._header = bytearray()
        self._body = 0
        self._bytes = 0
        self._frames = 0

    def feed(self, data: bytes) -> None:
        """Measure the next bytes.

        Raises:
            Excess: a message is over a bound, or this is another protocol.
        """
        at = 0
        if len(self._greeting) < GREETING:
            at = GREETING - len(self._greeting)
            self._greeting += data[:at]
            self._check_greeting()
        while at < len(data):
            if self._body:
                skipped = min(self._body, len(data) - at)
                self._body -= skipped
                at += skipped
            else:
                self._header.append(data[at])
                at += 1
                self._check_header()

    def _check_greeting(self) -> None:
        known = bytes(self._greeting)
        for place, byte in zip(SIGNATURE, (0xFF, 0x7F), strict=True):
            if known[place : place + 1] not in (b"", bytes([byte])):
                raise Excess
        if len(known) > SIGNATURE[1] + 1 and known[SIGNATURE[1] + 1] != VERSION:
            raise Excess

    def _check_header(self) -> None:
        flags = self._header[0]
        if len(self._header) < (9 if flags & LONG else 2):
            return
        self._body = int.from_bytes(self._header[1:], "big")
        self._header.clear()
        self._bytes += self._body
        self._frames += 1
        if self._bytes > MESSAGE_BYTES or self._frames > MOST_FRAMES:
            raise Excess
        if not flags & MORE:
            self._bytes = self._frames = 0
            self._message()


class Relay:
    """Passes on what a kernel and its client say to each other on some channels.

    Args:
        kernel: the address of the kernel's channels; a dash and the port follow.
        ports: of the channels.

    Attributes:
        address: as `kernel`, for the client.
        broken: ports of channels whose connection ended, by whomever.
    """

    def __init__(self, kernel: str, ports: Iterable[int]) -> None:
        self._kernel = kernel
        self._allowances = {port: Allowance() for port in ports}
        self._opened = asyncio.Event()
        self._listeners: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: dict[int, socket.socket] = {}
        self.address = f"{kernel}-relay"
        self.broken: set[int] = set()

    def start(self) -> None:
        """Take connections from now on; in a running event loop."""
        self._opened.set()
        for port in self._allowances:
            listener = socket.socket(socket.AF_UNIX)
            self._listeners.append(listener)
            listener.bind(f"{self.address}-{port}")
            listener.listen()
            listener.setblocking(False)
            self._begin(self._accept(listener, port))

    def new_cell(self) -> None:
        """Another cell may send as much again."""
        for allowance in self._allowances.values():
            allowance.new_cell()

    def open_again(self) -> None:
        """Let connections pass that were cut; libzmq takes them up by itself."""
        self.broken.clear()
        self._opened.set()

    async def close(self) -> None:
        """End all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listener in self._listeners:
            listener.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket, port: int) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            client.setblocking(False)
            self._begin(self._pass_on(client, port))

    async def _pass_on(self, client: socket.socket, port: int) -> None:
        """Both directions of one connection, until one of them ends."""
        self._latest[port] = client
        with client, socket.socket(socket.AF_UNIX) as kernel:
            await self._opened.wait()
            kernel.setblocking(False)
            try:
                address = f"{self._kernel}-{port}"
                await asyncio.get_running_loop().sock_connect(kernel, address)
            except OSError:  # it does not listen yet; libzmq comes again
                return
            await pass_both(kernel, client, Meter(self._allowances[port].take))
        if self._latest[port] is client:  # libzmq gives up a connection that is silent for long
            self._opened.clear()
            self.broken.add(port)


async def pass_both(kernel: socket.socket, client: socket.socket, meter: Meter) -> None:
    """Pass on what a kernel says, measured, and what its client says."""
    down = asyncio.ensure_future(pump(kernel, client, meter.feed))
    up = asyncio.ensure_future(pump(client, kernel, ignore))
    try:
        await asyncio.wait({down, up}, return_when=asyncio.FIRST_COMPLETED)
        if not down.done() and not up.result():  # what a dying kernel said may still come
            await down
    finally:
        down.cancel()
        up.cancel()
        await asyncio.gather(down, up, return_exceptions=True)  # before their sockets are closed


async def pump(source: socket.socket, target: socket.socket, look: Callable[[bytes], None]) -> bool:
    """Pass on bytes that somebody looked at, until one side is gone or somebody objects.

    Returns:
        Whether the source came to its end.
    """
    loop = asyncio.get_running_loop()
    with suppress(OSError, Excess):
        while data := await loop.sock_recv(source, CHUNK):
            look(data)
            await loop.sock_sendall(target, data)
        return True
    return False


def ignore(data: bytes) -> None:
    """What the host itself sends is not measured."""
