"""Hand-ins side by side: what is graded when, and what happens when somebody breaks off."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self, cast

import psutil
import pytest
import records

from grader.assignment import Limits, load_assignment
from grader.batch.batch import carry_out
from grader.batch.executor import Ticker
from grader.batch.local import Local
from grader.batch.work import HandIn, Outcome, Work
from grader.errors import HostError, Stopped
from grader.grade import mark
from grader.grading import Batch, grade_file
from grader.record import KEYS
from grader.rubric import load_rubric
from grader.run.watch import descendants
from grader.sandboxes.sandbox import Kernel, Sandbox
from grader.submission import Arrival

ROOT = Path(__file__).parents[1]
NAMES = ("ann", "bob", "cem", "dia")
PATIENCE_S = 10
Finding = Generator[tuple[Work, Outcome], None, None]


def work(student: str, out: Path = Path()) -> Work:
    return Work(HandIn(Path(f"{student}.ipynb"), student), records.asked(), out, "fenced")


@pytest.fixture
def works(tmp_path: Path) -> list[Work]:
    """Of four students, each with a folder for the record."""
    made = [work(name, tmp_path) for name in NAMES]
    for one in made:
        one.folder.mkdir(parents=True)
    return made


class NoKernel:
    """A sandbox whose kernels do not start."""

    name = "fenced"
    closed = False
    notes: ClassVar[list[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    @contextmanager
    def kernel(self, seed: int, limits: Limits) -> Iterator[Kernel]:
        raise HostError("it ended as it started")
        yield


class Silent:
    """A ticker that tells nobody, and counts what counts."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def hand_in(self, student: str) -> None: ...

    def cell(self, student: str, done: int, total: int) -> None: ...

    def finished(self, outcome: Outcome) -> None:
        self.done.append(outcome.student)


Do = Callable[[Work, Ticker], Outcome]


def local(do: Do, jobs: int, sandbox: NoKernel | None = None) -> Local:
    """An executor of this machine that does something else than grade."""
    executor = Local(cast(Sandbox, sandbox or NoKernel()), jobs)
    cast(Any, executor)._place.do = do
    return executor


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

    def __call__(self, work: Work, ticker: Ticker) -> Outcome:
        student = work.hand_in.student
        with self._lock:
            times = [c.student for c in self.calls].count(student)
            self.calls.append(Call(student, self._running))
            self._running += 1
        late = student in self._late and times == 0
        failed = student in self._failed and times == 0
        with self._lock:
            self._running -= 1
        return outcome(student, late=late, failed=failed, submission=str(times))


def outcome(
    student: str, *, late: bool = False, failed: bool = False, bug: str = "", submission: str = "0"
) -> Outcome:
    evidence, _ = records.honest(student)
    grade = mark(evidence, [], records.asked().assignment)
    ending = "host_failed" if failed else "finished"
    return Outcome.read(grade)._replace(
        ending=ending, submission=submission, out_of_time=late, bug=bug
    )


def carried_out(works: list[Work], do: Do, jobs: int) -> dict[str, str]:
    """How many times each student's hand-in ran before the one that counts."""
    pairs = [
        (w.hand_in.student, o.submission) for w, o in carry_out(works, local(do, jobs), Silent())
    ]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_everybody_is_graded_once_and_settled(works: list[Work], jobs: int) -> None:
    grader = Grader()
    assert carried_out(works, grader, jobs) == dict.fromkeys(NAMES, "0")
    assert Counter(c.student for c in grader.calls) == dict.fromkeys(NAMES, 1)
    assert all((w.folder / KEYS).is_file() for w in works)


def test_nobody_is_graded_where_nobody_handed_in() -> None:
    assert list(carry_out([], local(Grader(), 2), Silent())) == []


def test_works_are_taken_as_they_are_needed(works: list[Work]) -> None:
    taken: list[str] = []

    def one_by_one() -> Iterator[Work]:
        for one in works:
            taken.append(one.hand_in.student)
            yield one

    found = local(Grader(), 1).run(one_by_one(), Silent())
    next(found)
    assert taken == ["ann", "bob"]
    cast(Finding, found).close()


def test_what_ran_out_of_time_beside_others_runs_once_more_alone_and_that_counts(
    works: list[Work],
) -> None:
    grader = Grader(late=("ann", "cem"))
    found = carried_out(works, grader, 2)
    assert found == {"ann": "1", "bob": "0", "cem": "1", "dia": "0"}
    assert {c.student for c in grader.calls[4:]} == {"ann", "cem"}
    assert [c.beside for c in grader.calls[4:]] == [0, 0]


def test_what_is_late_both_times_is_late(works: list[Work]) -> None:
    def always_late(work: Work, ticker: Ticker) -> Outcome:
        return outcome(work.hand_in.student, late=True)

    found = carry_out(works, local(always_late, 2), Silent())
    assert [o.out_of_time for _, o in found] == [True] * 4


def test_with_one_job_nothing_is_repeated(works: list[Work]) -> None:
    grader = Grader(late=("ann",))
    assert carried_out(works, grader, 1)["ann"] == "0"
    assert len(grader.calls) == len(works)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_this_machine_failed_at_is_tried_once_more(works: list[Work], jobs: int) -> None:
    grader = Grader(failed=("bob",))
    found = carried_out(works, grader, jobs)
    assert found == {"ann": "0", "bob": "1", "cem": "0", "dia": "0"}


def test_what_this_machine_fails_at_again_is_told_and_not_settled(works: list[Work]) -> None:
    def failing(work: Work, ticker: Ticker) -> Outcome:
        return outcome(work.hand_in.student, failed=work.hand_in.student == "bob")

    assert len(list(carry_out(works, local(failing, 2), Silent()))) == 4
    assert [(w.folder / KEYS).exists() for w in works] == [True, False, True, True]


def test_a_bug_of_ours_would_come_again_and_is_told_at_once(works: list[Work]) -> None:
    calls = []

    def broken(work: Work, ticker: Ticker) -> Outcome:
        calls.append(work)
        return outcome(work.hand_in.student, failed=True, bug="Traceback")

    assert len(list(carry_out(works, local(broken, 2), Silent()))) == len(calls) == len(works)
    assert not any((w.folder / KEYS).exists() for w in works)


class Waiting:
    """Hand-ins that run until they are stopped."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.some_started = threading.Event()
        self.sandbox = Stopping()

    def __call__(self, work: Work, ticker: Ticker) -> Outcome:
        if work.hand_in.student == "ann":
            return outcome("ann")
        self.started.append(work.hand_in.student)
        self.some_started.set()
        assert self.sandbox.stopped.wait(PATIENCE_S), "nobody stopped it"
        raise Stopped


class Stopping(NoKernel):
    """A sandbox that remembers how often it was closed."""

    def __init__(self) -> None:
        self.stops = 0
        self.stopped = threading.Event()

    def close(self) -> None:
        self.stops += 1
        self.stopped.set()


def test_a_batch_that_is_broken_off_is_stopped_and_nothing_more_begins(works: list[Work]) -> None:
    waiting = Waiting()
    found = cast(Finding, local(waiting, 1, waiting.sandbox).run(works, Silent()))
    assert next(found)[0].hand_in.student == "ann"
    assert waiting.some_started.wait(PATIENCE_S)
    with pytest.raises(KeyboardInterrupt):
        found.throw(KeyboardInterrupt)
    assert waiting.sandbox.stops == 1
    assert waiting.started == ["bob"]


def test_whoever_stops_listening_stops_the_batch(works: list[Work]) -> None:
    waiting = Waiting()
    found = cast(Finding, carry_out(works, local(waiting, 1, waiting.sandbox), Silent()))
    next(found)
    assert waiting.some_started.wait(PATIENCE_S)
    found.close()
    assert waiting.sandbox.stops == 1
    assert waiting.started == ["bob"]


def test_this_machines_trouble_ends_the_batch_and_stops_the_others(works: list[Work]) -> None:
    waiting = Waiting()

    def full_disk(work: Work, ticker: Ticker) -> Outcome:
        if work.hand_in.student == "ann":
            assert waiting.some_started.wait(PATIENCE_S)
            raise HostError("no space left")
        return waiting(work, ticker)

    with pytest.raises(HostError, match="no space left"):
        list(local(full_disk, 2, waiting.sandbox).run(works, Silent()))
    assert waiting.sandbox.stops == 1
    assert "dia" not in waiting.started


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


# What travels


def test_work_that_travelled_as_text_is_equal(tmp_path: Path) -> None:
    odd = Arrival("in/ann.ipynb", ("a.py", os.fsdecode(b"\xff.csv")), ("b.so",), ("look at it",))
    for one in (work("ann"), Work(HandIn(tmp_path / "\udcff", "ann", odd), records.asked(),
                                  tmp_path, "none", 3)):  # fmt: skip
        assert Work.of_text(one.as_text()) == one
        assert "\n" not in one.as_text()


def test_an_outcome_that_travelled_as_text_is_equal() -> None:
    for one in (outcome("ann"), outcome("\udcff", late=True, bug="Traceback\n…")):
        assert Outcome.of_text(one.as_text()) == one
        assert "\n" not in one.as_text()


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
