"""The host's end of the process that loads a saved file, without such a process."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from grader.assignment import Assignment, Exercise, Limits
from grader.brought import Brought
from grader.definitions import Step
from grader.errors import HostError
from grader.facts import FileWritten, ProbeFailed, Reloaded
from grader.run import loading
from grader.run.bring import OutOfRun
from grader.run.loading import Loader, Lost, Read, free_name
from grader.run.reload import reloaded
from grader.sandboxes.sandbox import Clean
from grader.scene import Scene


class Answering:
    """Stands for a sandbox whose processes say what they are told to; None says nothing."""

    def __init__(self, *lines: bytes | None) -> None:
        self.lines = lines
        self.files: list[Brought] = []
        self.started = self.closed = 0

    def loader(self, limits: Limits, files: Sequence[Brought]) -> Clean:
        ours, theirs = socket.socketpair()
        self.files, self.started = list(files), self.started + 1
        for line in self.lines:
            if line is not None:
                theirs.sendall(line)
        if None not in self.lines:
            theirs.shutdown(socket.SHUT_WR)

        def close() -> None:
            self.closed += 1
            theirs.close()

        return Clean(ours, close)


@contextmanager
def loader(sandbox: Any, *along: Brought) -> Iterator[Loader]:  # noqa: ANN401  (a stand-in)
    with Loader(sandbox, Limits(), along, b"data") as made:
        yield made


def line(**told: Any) -> bytes:  # noqa: ANN401  (whatever a process may say)
    return json.dumps(told).encode() + b"\n"


def test_answers_are_read_one_after_the_other() -> None:
    sandbox = Answering(line(form="torch", holds="state_dict", state="one"), line(made="class"))
    with loader(sandbox) as process:
        assert process.read() == Read(form="torch", holds="state_dict", state="one")
        assert process.rebuild([Step("run", "import torch")], []).made == "class"
    assert sandbox.closed == 1


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"no\n",
        b"[]\n",
        b"3\n",
        b"[" * 100_000 + b"\n",
        line(form="unheard of"),
        line(holds="everything"),
        line(globals=["x"] * 201),
        line(state="x" * 401),
        line(entries=3),
    ],
)
def test_what_is_no_answer_ends_it(said: bytes) -> None:
    with loader(Answering(said)) as process, pytest.raises(Lost) as lost:
        process.read()
    assert not lost.value.late


def test_a_silent_process_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "READ_S", 0.05)
    with loader(Answering(None)) as process, pytest.raises(Lost) as lost:
        process.read()
    assert lost.value.late


def test_the_file_lies_beside_what_came_along() -> None:
    sandbox = Answering()
    with loader(sandbox, Brought("saved", b"own"), Brought("net.py", b"")):
        pass
    assert [(f.name, f.data) for f in sandbox.files][-1] == ("saved-", b"data")


@pytest.mark.parametrize(
    ("taken", "name"),
    [(set(), "saved"), ({"saved"}, "saved-"), ({"saved/x.pt", "saved-"}, "saved--")],
)
def test_its_name_is_free(taken: set[str], name: str) -> None:
    assert free_name(taken) == name


# A hand-in with two files


ASKED = Assignment(id="a", title="a", exercise=[Exercise(id="5", title="5", reload=True)])


def two_files(sandbox: Any) -> list[Any]:  # noqa: ANN401  (a stand-in)
    scene = Scene().cell("3").trains().model(state="one")
    evidence = scene.cell("5").saves().cell("5").saves().evidence()
    files = [
        OutOfRun(FileWritten(cell=cell, exercise="5", path="models/model.pth"), b"data")
        for cell in (1, 2)
    ]
    found = reloaded(evidence, files, (), ASKED, sandbox)
    return [f for f in found.facts if isinstance(f, (Reloaded, ProbeFailed))]


def test_what_took_too_long_once_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "READ_S", 0.05)
    sandbox = Answering(None)
    first, second = two_files(sandbox)
    assert first.outcome == "not_readable"
    assert (second.probe, "it took longer" in second.problem) == ("reload", True)
    assert (sandbox.started, sandbox.closed) == (1, 1)


def test_a_process_that_ends_over_one_file_says_nothing_of_the_next() -> None:
    sandbox = Answering()
    assert [f.outcome for f in two_files(sandbox)] == ["not_readable", "not_readable"]
    assert (sandbox.started, sandbox.closed) == (2, 2)


def test_a_process_that_does_not_start_is_no_fault_of_the_files() -> None:
    class Failing:
        def loader(self, limits: Limits, files: Sequence[Brought]) -> Clean:
            raise HostError("no room")

    assert [f.probe for f in two_files(Failing())] == ["reload", "reload"]


def test_an_answer_that_trickles_in_is_late_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "READ_S", 0.3)
    sandbox = Answering(None)
    ours, theirs = socket.socketpair()
    sandbox.loader = lambda limits, files: Clean(ours, theirs.close)  # type: ignore[method-assign]
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.05):
            theirs.sendall(b" ")

    thread = threading.Thread(target=trickle)
    with loader(sandbox) as process:
        thread.start()
        try:
            with pytest.raises(Lost) as lost:
                process.read()
        finally:
            stop.set()
            thread.join()
    assert lost.value.late
