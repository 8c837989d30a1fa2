"""Work in a fork: what it tells comes back, and nothing else does."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable

import pytest

from grader.kernel.apart import MOST_BYTES, Apart


class Publisher:
    """Stands for what sends a notebook's output."""

    def schedule(self) -> None:
        """Send."""


def do(work: Callable[[], bytes], wall_s: float = 60.0) -> tuple[str, bytes]:
    return Apart(Publisher, lambda: None).do(work, wall_s)


def raises() -> bytes:
    raise ValueError


def ends_itself() -> bytes:
    os._exit(0)


def sleeps() -> bytes:
    signal.pause()
    return b"awake"


def starts_another() -> bytes:
    return b"child" if os.fork() == 0 else b"parent"


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda: b"done", ("told", b"done")),
        (lambda: b"one\ntwo", ("told", b"one")),
        (lambda: b"", ("told", b"")),
        (lambda: b"x" * (MOST_BYTES + 1), ("died", b"")),
        (raises, ("died", b"")),
        (ends_itself, ("died", b"")),
        (starts_another, ("died", b"")),
    ],
)
def test_one_line_comes_back_or_that_none_did(
    work: Callable[[], bytes], told: tuple[str, bytes]
) -> None:
    assert do(work) == told


def test_who_waits_too_long_is_ended() -> None:
    assert do(sleeps, wall_s=0.2) == ("silent", b"")


def test_the_process_is_as_it_was() -> None:
    counted: list[int] = []
    handler = signal.signal(signal.SIGCHLD, lambda *_: counted.append(1))
    try:
        ours = signal.getsignal(signal.SIGCHLD)
        before = (list(warnings.filters), os.listdir("/proc/self/fd"))
        changed = {"sent": Publisher.schedule}

        def clears() -> bytes:
            changed.clear()
            return b"done"

        assert do(clears) == ("told", b"done")
        assert (list(warnings.filters), os.listdir("/proc/self/fd")) == before
        assert signal.getsignal(signal.SIGCHLD) is ours
        assert (counted, changed) == ([], {"sent": Publisher.schedule})
    finally:
        signal.signal(signal.SIGCHLD, handler)


def test_the_fork_has_no_descriptor_but_one_and_writes_no_file() -> None:
    def looks() -> bytes:
        left = [int(n) for n in os.listdir("/proc/self/fd")]
        return str(sum(n > 2 for n in left)).encode()

    def writes() -> bytes:
        try:
            open("trace", "w")  # noqa: SIM115
        except PermissionError as problem:
            return str(problem).encode()
        return b"written"

    assert do(looks) == ("told", b"2")  # the pipe, and the folder that is being listed
    assert do(writes) == ("told", b"open is switched off here")


def test_a_fork_that_cannot_be_made_ready_is_silent() -> None:
    def settle() -> None:
        raise OSError("no threads")

    assert Apart(Publisher, settle).do(lambda: b"done", 60.0) == ("silent", b"")
