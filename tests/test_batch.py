"""Hand-ins side by side: what is graded when, and what happens when somebody breaks off."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple, cast

import psutil
import pytest

from grader.assignment import Limits, load_assignment
from grader.batch.local import HandIn, grade_all
from grader.errors import HostError, Stopped
from grader.grade import Grade
from grader.grading import Batch, Graded, grade_file
from grader.rubric import load_rubric
from grader.run.watch import descendants
from grader.sandboxes.sandbox import Kernel, Sandbox

ROOT = Path(__file__).parents[1]
HAND_INS = [HandIn(Path(f"{name}.ipynb"), name) for name in ("ann", "bob", "cem", "dia")]
PATIENCE_S = 10
Finding = Generator[tuple[HandIn, Graded], None, None]


class Call(NamedTuple):
    """One call of a grader, and how many others ran beside it."""

    student: str
    beside: int


class Grader:
    """Grades nothing, and remembers what it was asked.

    Args:
        late: students whose hand-ins run out of time beside others.
        failed: students whose hand-ins this machine fails at once.
    """

    def __init__(self, late: tuple[str, ...] = (), failed: tuple[str, ...] = ()) -> None:
        self._late = late
        self._failed = failed
        self._lock = threading.Lock()
        self._running = 0
        self.calls: list[Call] = []

    def __call__(self, hand_in: HandIn) -> Graded:
        with self._lock:
            times = [c.student for c in self.calls].count(hand_in.student)
            self.calls.append(Call(hand_in.student, self._running))
            self._running += 1
        late = hand_in.student in self._late and times == 0
        failed = hand_in.student in self._failed and times == 0
        with self._lock:
            self._running -= 1
        return graded(f"{hand_in.student}-{times}", late=late, failed=failed)


def graded(folder: str, *, late: bool = False, failed: bool = False, bug: str = "") -> Graded:
    grade = SimpleNamespace(ending="host_failed" if failed else "finished")
    return Graded(cast(Grade, grade), Path(folder), bug, out_of_time=late)


def never() -> None:
    raise AssertionError("nobody broke the batch off")


def folders(found: Iterator[tuple[HandIn, Graded]]) -> dict[str, str]:
    pairs = [(hand_in.student, str(g.folder)) for hand_in, g in found]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_everybody_is_graded_once(jobs: int) -> None:
    grader = Grader()
    assert folders(grade_all(HAND_INS, grader, jobs, never)) == {
        h.student: f"{h.student}-0" for h in HAND_INS
    }
    assert Counter(c.student for c in grader.calls) == {h.student: 1 for h in HAND_INS}


def test_nobody_is_graded_where_nobody_handed_in() -> None:
    assert list(grade_all([], Grader(), 2, never)) == []


def test_what_ran_out_of_time_beside_others_runs_once_more_alone_and_that_counts() -> None:
    grader = Grader(late=("ann", "cem"))
    found = folders(grade_all(HAND_INS, grader, 2, never))
    assert found == {"ann": "ann-1", "bob": "bob-0", "cem": "cem-1", "dia": "dia-0"}
    assert {c.student for c in grader.calls[4:]} == {"ann", "cem"}
    assert [c.beside for c in grader.calls[4:]] == [0, 0]


def test_what_is_late_both_times_is_late() -> None:
    def always_late(hand_in: HandIn) -> Graded:
        return graded(hand_in.student, late=True)

    assert all(g.out_of_time for _, g in grade_all(HAND_INS, always_late, 2, never))


def test_with_one_job_nothing_is_repeated() -> None:
    grader = Grader(late=("ann",))
    assert folders(grade_all(HAND_INS, grader, 1, never))["ann"] == "ann-0"
    assert len(grader.calls) == len(HAND_INS)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_this_machine_failed_at_is_tried_once_more(jobs: int) -> None:
    grader = Grader(failed=("bob",))
    found = folders(grade_all(HAND_INS, grader, jobs, never))
    assert found == {"ann": "ann-0", "bob": "bob-1", "cem": "cem-0", "dia": "dia-0"}


def test_a_bug_of_ours_would_come_again_and_is_told_at_once() -> None:
    calls = []

    def broken(hand_in: HandIn) -> Graded:
        calls.append(hand_in.student)
        return graded(hand_in.student, failed=True, bug="Traceback")

    assert len(list(grade_all(HAND_INS, broken, 2, never))) == len(calls) == len(HAND_INS)


class Waiting:
    """Hand-ins that run until they are stopped."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.some_started = threading.Event()
        self.stops = 0
        self._stopped = threading.Event()

    def __call__(self, hand_in: HandIn) -> Graded:
        if hand_in.student == "ann":
            return graded("ann")
        self.started.append(hand_in.student)
        self.some_started.set()
        assert self._stopped.wait(PATIENCE_S), "nobody stopped it"
        raise Stopped

    def stop(self) -> None:
        self.stops += 1
        self._stopped.set()


def test_a_batch_that_is_broken_off_is_stopped_and_nothing_more_begins() -> None:
    waiting = Waiting()
    found = cast(Finding, grade_all(HAND_INS, waiting, 1, waiting.stop))
    assert next(found)[0].student == "ann"
    assert waiting.some_started.wait(PATIENCE_S)
    with pytest.raises(KeyboardInterrupt):
        found.throw(KeyboardInterrupt)
    assert waiting.stops == 1
    assert waiting.started == ["bob"]


def test_whoever_stops_listening_stops_the_batch() -> None:
    waiting = Waiting()
    found = cast(Finding, grade_all(HAND_INS, waiting, 1, waiting.stop))
    next(found)
    assert waiting.some_started.wait(PATIENCE_S)
    found.close()
    assert waiting.stops == 1
    assert waiting.started == ["bob"]


def test_this_machines_trouble_ends_the_batch_and_stops_the_others() -> None:
    waiting = Waiting()

    def full_disk(hand_in: HandIn) -> Graded:
        if hand_in.student == "ann":
            assert waiting.some_started.wait(PATIENCE_S)
            raise HostError("no space left")
        return waiting(hand_in)

    with pytest.raises(HostError, match="no space left"):
        list(grade_all(HAND_INS, full_disk, 2, waiting.stop))
    assert waiting.stops == 1
    assert "dia" not in waiting.started


class NoKernel:
    """A sandbox whose kernels do not start."""

    name = "fenced"
    closed = False

    @contextmanager
    def kernel(self, seed: int, limits: Limits) -> Iterator[Kernel]:
        raise HostError("it ended as it started")
        yield


def test_a_hand_in_that_we_stopped_as_it_started_keeps_its_earlier_record(tmp_path: Path) -> None:
    known = load_assignment(ROOT, "00-fundamentals")
    sandbox = NoKernel()
    batch = Batch(known, load_rubric(ROOT, known), tmp_path, cast(Sandbox, sandbox))
    path = ROOT / "assignments" / "00-fundamentals" / "solution.ipynb"
    record = grade_file(path, "ann", batch).folder / "grade.json"
    before = record.read_bytes()
    assert b'"host_failed"' in before
    record.write_bytes(b"an earlier grade")
    sandbox.closed = True
    with pytest.raises(Stopped):
        grade_file(path, "ann", batch)
    assert record.read_bytes() == b"an earlier grade"


# Whose CPU time and memory count as a hand-in's

FAMILY = """
import subprocess, sys, threading
SLEEP = "print('up', flush=True); import time; time.sleep(60)"
def child(code):
    started = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    started.stdout.readline()
    return started
nested = f'''
import subprocess, sys
p = subprocess.Popen([sys.executable, "-c", {SLEEP!r}], stdout=subprocess.PIPE)
p.stdout.readline()
print("up", flush=True)
p.wait()
'''
own = [child(nested)]
thread = threading.Thread(target=lambda: (own.append(child(SLEEP)), ready.set(), end.wait()))
ready, end = threading.Event(), threading.Event()
thread.start()
ready.wait()
print("up", flush=True)
sys.stdin.read()
"""
"""A child with a child, and a child that a thread started."""


@pytest.fixture
def family() -> Iterator[psutil.Process]:
    command = [sys.executable, "-c", FAMILY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        parent = psutil.Process(process.pid)
        members = parent.children(recursive=True)
        yield parent
        for member in (*members, parent):
            member.kill()


def test_all_children_and_theirs_are_found(family: psutil.Process) -> None:
    found = descendants(family)
    assert len(found) == 3
    assert {p.pid for p in found} == {p.pid for p in family.children(recursive=True)}


def test_where_the_system_keeps_no_list_the_same_are_found(
    family: psutil.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {p.pid for p in descendants(family)}
    monkeypatch.setattr("os.path.exists", lambda path: False)
    assert {p.pid for p in descendants(family)} == expected


def test_a_process_that_is_gone_has_no_children() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        gone = psutil.Process(process.pid)
        process.kill()
    assert descendants(gone) == []
