"""The clean process: it computes what a closed table holds, and nothing else."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from grader.errors import HostError
from grader.kernel.replaying import MAX_LINE, answer, serve
from grader.run.replaying import Replaying, ReplayLink
from grader.sandboxes.plain import Plain

Data = dict[str, Any]


def tensor(shape: list[int], values: list[float], dtype: str = "float32") -> Data:
    return {"shape": shape, "dtype": dtype, "values": values}


def call(op: str, *args: object, **named: object) -> Data:
    return {"do": "call", "op": op, "args": list(args), "named": named}


PAIR = tensor([2], [1, 2])
SQUARE = tensor([2, 2], [1, 2, 3, 4])


# The protocol, without torch


@pytest.mark.parametrize("line", [b"", b"x", b"[]", b"{}", b'{"steps": 3}', b"\xff", b"[" * 9999])
def test_a_line_that_is_no_request_is_answered_with_nothing(line: bytes) -> None:
    assert answer(line) == []


def served() -> tuple[socket.socket, threading.Thread]:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs,))
    thread.start()
    return ours, thread


def test_it_serves_until_the_other_side_closes() -> None:
    ours, thread = served()
    with ours, ours.makefile("rb") as answers:
        for _ in range(3):
            ours.sendall(b"{}\n")
            assert json.loads(answers.readline()) == {"replies": []}
    thread.join(10)
    assert not thread.is_alive()


def test_a_line_without_end_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.kernel.replaying.MAX_LINE", 1000)
    assert MAX_LINE > 1000
    ours, thread = served()
    with ours, ours.makefile("rb") as answers:
        ours.sendall(b"x" * 1001)
        assert answers.read() == b""
    thread.join(10)


@pytest.mark.parametrize("said", [b"", b"no\n", b"{}\n", b'{"replies": []}\n', b"[]\n"])
def test_an_answer_that_is_none_is_the_machines_fault(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    link = ReplayLink(ours, 1)
    theirs.sendall(said)
    theirs.shutdown(socket.SHUT_WR)
    with theirs, pytest.raises(HostError):
        link([{"do": "version"}])
    link.close()


def test_after_a_failure_a_late_answer_is_not_taken_for_another() -> None:
    ours, theirs = socket.socketpair()
    link = ReplayLink(ours, 0.05)
    with theirs:
        with pytest.raises(HostError):
            link([{"do": "version"}])
        with suppress(OSError):
            theirs.sendall(b'{"replies": [{}]}\n')
        with pytest.raises(HostError):
            link([{"do": "version"}])


def test_a_process_that_is_silent_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    link = ReplayLink(ours, 0.05)
    with theirs, pytest.raises(HostError):
        link([{"do": "version"}])
    link.close()


# The real process

kernel = pytest.mark.kernel


@pytest.fixture(scope="module")
def replay() -> Iterator[Replaying]:
    with Replaying(Plain(1)) as process:
        yield process


@kernel
@pytest.mark.parametrize(
    ("step", "ways"),
    [
        (call("matmul", SQUARE, tensor([2, 1], [1, 2])), [[[5, 11]]]),
        (call("sub", PAIR, 1), [[[0, 1]], [[0, -1]]]),
        (call("T", tensor([1, 2], [1, 2])), [[[1, 2]]]),
        (call("max", SQUARE), [[[4]]]),
        (call("max", SQUARE, 1), [[[2, 4], [1, 1]]]),
        (call("argmin", SQUARE, dim=0), [[[0, 0]]]),
        (call("squeeze", tensor([1, 2], [1, 2])), [[[1, 2]]]),
        (call("getitem", SQUARE, [0, 1]), [[[1, 2, 3, 4]], [[2]]]),
        (call("stack", [PAIR, PAIR]), [[[1, 2, 1, 2]]]),
        (call("einsum", {"equation": "ij,j->i"}, SQUARE, PAIR), [[[5, 11]]]),
        (call("sum", PAIR, dtype={"dtype": "int64"}), [[[3]]]),
        (call("tensor", [[1, 2], [3, 4]]), [[[1, 2, 3, 4]]]),
        (call("where", tensor([2], [0, 1], "bool")), [[[1]]]),
        (call("zeros", 2, 3), [[[0] * 6]]),
        (call("unravel_index", tensor([], [5], "int64"), shape=[2, 3]), [[[1], [2]]]),
        (call("equal", PAIR, PAIR), [[[1]]]),
    ],
)
def test_a_call_is_computed(replay: Replaying, step: Data, ways: list[Any]) -> None:
    (reply,) = replay([step])
    assert [[o["values"] for o in outputs] for outputs in reply["any"]] == ways


@kernel
@pytest.mark.parametrize(
    "step",
    [
        call("__class__", PAIR),
        call("save", PAIR, "x"),
        call("load", "x"),
        call("apply_", PAIR),
        call("einsum", {"equation": "__import__('os')"}, PAIR),
        call("zeros", 10**9),
        call("ones", [1000, 1000, 1000]),
        call("arange", 0, 1, 1e-9),
        call("arange", tensor([], [0]), 10**9),
        call("linspace", tensor([], [0]), tensor([], [1]), steps=10**9),
        call("full", size=[10**5, 10**5], fill_value=0),
        call("diag", PAIR, 10**5),
        call("repeat", PAIR, 10**9),
        call("matmul", tensor([2], [1, 2], "object"), PAIR),
        call("add", tensor([1] * 9, [1]), PAIR),
        call("add", PAIR, tensor([3], [1, 2, 3])),
        call("add", PAIR, "text"),
        call("add"),
        {"do": "draw", "seed": "x", "calls": []},
        {"do": "draw", "seed": 2**80, "calls": []},
        {"do": "eval", "op": "1 + 1"},
        {},
        3,
        None,
    ],
)
def test_everything_else_is_refused(replay: Replaying, step: object) -> None:
    refused, fine = replay([step, call("max", SQUARE)])  # type: ignore[list-item]
    assert not any(refused.values())
    assert fine["any"]


@kernel
def test_draws_come_one_after_the_other_from_their_seed(replay: Replaying) -> None:
    calls = [
        {"op": "rand", "shape": [3], "dtype": "float32", "args": []},
        {"op": "randint", "shape": [2], "dtype": "int64", "args": [5, 10]},
        {"op": "normal_", "shape": [2], "dtype": "float32", "args": [0, 1]},
    ]
    all_at_once, again, alone = replay(
        [{"do": "draw", "seed": 0, "calls": c} for c in (calls, calls, calls[1:])]
    )
    assert all_at_once == again
    assert all_at_once["outputs"][0]["values"] == pytest.approx([0.4963, 0.7682, 0.0885], abs=1e-4)
    assert all_at_once["outputs"][1] != alone["outputs"][0]


@kernel
def test_numbers_are_found_in_the_stream_of_their_seed(replay: Replaying) -> None:
    rows = [[0.768221796, 0.0884774327], [0.768221796, 0.5], [0.49625659]]
    (reply,) = replay([{"do": "find", "seed": 0, "rows": rows}])
    assert reply["at"] == [1, None, 0]
    assert reply["searched"] == 2**18


@kernel
def test_no_more_is_drawn_than_is_allowed(replay: Replaying) -> None:
    large = {"op": "rand", "shape": [1000, 2000], "dtype": "float32", "args": []}
    small = {"op": "rand", "shape": [2], "dtype": "float32", "args": []}
    first, second = replay(
        [{"do": "draw", "seed": 0, "calls": c} for c in ([large, small], [small])]
    )
    assert first == {"outputs": []}
    assert len(second["outputs"]) <= 1


@kernel
def test_a_process_that_died_is_started_again() -> None:
    with Replaying(Plain(1)) as process:
        assert process([{"do": "version"}])[0]["torch"]
        running = process._process
        assert running is not None
        running.close()
        with pytest.raises(HostError):
            process([{"do": "version"}])
        assert process([{"do": "version"}])[0]["torch"]


def test_a_process_that_does_not_start_is_the_machines_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("grader.sandboxes.plain.START", "/nowhere/at/all.py")
    with Replaying(Plain(1)) as process:
        for _ in range(7):
            with pytest.raises(HostError):
                process([{"do": "version"}])
