"""What stands between a kernel and the host's end of its channels, without a kernel."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.run import relay
from grader.run.relay import Allowance, Excess, Meter, Relay
from grader.sandboxes.channels import MESSAGE_BYTES

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
assert len(GREETING) == relay.GREETING


def frame(body: bytes, *, more: bool = False, flags: int = 0) -> bytes:
    flags |= more
    if len(body) < 256 and not flags & 2:
        return bytes([flags, len(body)]) + body
    return bytes([flags | 2]) + len(body).to_bytes(8, "big") + body


def message(*bodies: bytes) -> bytes:
    return b"".join(frame(b, more=n < len(bodies)) for n, b in enumerate(bodies, 1))


def counted(*pieces: bytes) -> int:
    """How many messages a meter finds."""
    found: list[None] = []
    meter = Meter(lambda: found.append(None))
    for piece in pieces:
        meter.feed(piece)
    return len(found)


bodies = st.lists(st.binary(max_size=600), min_size=1, max_size=8)


@given(st.lists(bodies, max_size=8), st.integers(1, 700))
def test_messages_are_counted_however_they_are_cut_into_pieces(
    messages: list[list[bytes]], length: int
) -> None:
    stream = GREETING + b"".join(message(*m) for m in messages)
    pieces = [stream[n : n + length] for n in range(0, len(stream), length)]
    assert counted(*pieces) == len(messages)


def over(*pieces: bytes) -> bool:
    try:
        counted(*pieces)
    except Excess:
        return True
    return False


def header(length: int, flags: int = 2) -> bytes:
    return bytes([flags]) + length.to_bytes(8, "big")


def test_a_message_over_the_size_is_known_by_its_header() -> None:
    assert not over(GREETING, header(MESSAGE_BYTES))
    assert over(GREETING, header(MESSAGE_BYTES + 1))
    assert over(GREETING, header(2**64 - 1))
    assert over(GREETING, header(2**64 - 1, flags=6))


def test_frames_of_one_message_are_added_and_those_of_several_are_not() -> None:
    part = bytes(MESSAGE_BYTES // 2)
    assert not over(GREETING, frame(part, more=True), frame(part))
    assert over(GREETING, frame(part, more=True), frame(part, more=True), header(1))
    assert not over(GREETING, *[frame(part)] * 4)


def test_a_message_of_frames_without_end_is_over() -> None:
    empty = frame(b"", more=True)
    assert not over(GREETING, empty * relay.MOST_FRAMES)
    assert over(GREETING, empty * (relay.MOST_FRAMES + 1))


@pytest.mark.parametrize(
    "greeting",
    [b"GET / HTTP/1.1", b"\x01\x00", GREETING[:9] + b"\x00", GREETING[:10] + b"\x01\x05\x00\x00"],
    ids=["http", "ZMTP 1", "no signature", "ZMTP 2"],
)
def test_another_protocol_is_not_passed_on(greeting: bytes) -> None:
    assert over(greeting)


def test_a_greeting_may_come_byte_by_byte() -> None:
    assert counted(*(bytes([b]) for b in GREETING), message(b"a")) == 1


def test_a_cell_may_send_so_many_messages_and_the_next_as_many_again() -> None:
    allowance = Allowance()
    for _ in range(2):
        assert passed(allowance) == relay.CELL_MESSAGES
        allowance.new_cell()


def test_all_cells_together_may_send_so_many_and_each_may_still_say_how_it_ended() -> None:
    allowance = Allowance()
    sent: list[int] = []
    while len(sent) < 6:
        sent.append(passed(allowance))
        allowance.new_cell()
    assert sum(sent[:3]) == relay.RUN_MESSAGES
    assert sent[3:] == [relay.LEAST_MESSAGES] * 3


def passed(allowance: Allowance) -> int:
    for number in range(10**6):
        try:
            allowance.take()
        except Excess:
            return number
    raise AssertionError("no end")


# Between two ends


class Ends(NamedTuple):
    """A relay, the socket that a kernel listens on, and a way to connect as its client."""

    relay: Relay
    kernel: socket.socket
    connect: Callable[[], Awaitable[socket.socket]]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as made:  # short enough for a socket
        yield Path(made)


def between(folder: Path, work: Callable[[Ends], Awaitable[None]]) -> None:
    """Do some work with a relay that runs."""

    async def run() -> None:
        kernel = socket.socket(socket.AF_UNIX)
        kernel.bind(str(folder / "k-1"))
        kernel.listen()
        kernel.setblocking(False)
        made = Relay(str(folder / "k"), [1])

        async def connect() -> socket.socket:
            client = socket.socket(socket.AF_UNIX)
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, f"{made.address}-1")
            return client

        made.start()
        with kernel:
            try:
                async with asyncio.timeout(10):
                    await work(Ends(made, kernel, connect))
            finally:
                await made.close()

    asyncio.run(run())


async def received(end: socket.socket, length: int) -> bytes:
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < length and (piece := await loop.sock_recv(end, length - len(data))):
        data += piece
    return data


def test_what_both_sides_say_arrives_unchanged(folder: Path) -> None:
    said = GREETING + message(b"a", b"b" * 100_000) * 20

    async def work(ends: Ends) -> None:
        loop = asyncio.get_running_loop()
        client = await ends.connect()
        kernel, _ = await loop.sock_accept(ends.kernel)
        with client, kernel:
            sending = asyncio.ensure_future(loop.sock_sendall(kernel, said))
            assert await received(client, len(said)) == said
            await sending
            await loop.sock_sendall(client, b"not measured" * 1000)
            assert await received(kernel, 12_000) == b"not measured" * 1000
        assert ends.relay.broken == set()

    between(folder, work)


def test_what_a_kernel_says_as_it_dies_arrives(folder: Path) -> None:
    async def work(ends: Ends) -> None:
        loop = asyncio.get_running_loop()
        client = await ends.connect()
        kernel, _ = await loop.sock_accept(ends.kernel)
        with client:
            with kernel:
                await loop.sock_sendall(kernel, GREETING + message(b"last words"))
            assert (await received(client, 1000)).endswith(b"last words")
            assert ends.relay.broken == {1}

    between(folder, work)


@pytest.mark.slow
def test_a_connection_that_was_cut_is_taken_up_when_it_is_opened_again(folder: Path) -> None:
    async def work(ends: Ends) -> None:
        loop = asyncio.get_running_loop()
        client = await ends.connect()
        kernel, _ = await loop.sock_accept(ends.kernel)
        await loop.sock_sendall(kernel, GREETING + message(b"a") + header(2**40))
        data = await received(client, 1000)
        assert header(2**40) not in data
        assert ends.relay.broken == {1}
        client.close()
        kernel.close()
        stale, client = await ends.connect(), await ends.connect()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await loop.sock_accept(ends.kernel)
        stale.close()
        ends.relay.open_again()
        while True:  # the stale one may come first; nobody speaks on it
            kernel, _ = await loop.sock_accept(ends.kernel)
            await loop.sock_sendall(kernel, GREETING)
            with kernel:
                try:
                    async with asyncio.timeout(0.5):
                        assert await received(client, 64) == GREETING
                        break
                except TimeoutError:
                    continue
        client.close()
        assert ends.relay.broken == set()

    between(folder, work)


def test_a_client_may_come_before_the_kernel_listens(folder: Path) -> None:
    async def work(ends: Ends) -> None:
        Path(ends.kernel.getsockname()).unlink()
        with await ends.connect() as early:
            assert await received(early, 1) == b""
        assert ends.relay.broken == set()

    between(folder, work)
