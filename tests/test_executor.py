"""The seam for many machines: what an executor needs is plain data, whoever implements it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed, wait
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from rich.console import Console

from grader.assignment import load_assignment
from grader.batch.batch import carry_out
from grader.batch.executor import Executor, Ticker
from grader.batch.local import Local
from grader.batch.work import HandIn, Outcome, Work
from grader.batch.workplace import Workplace
from grader.cli.screen import ticking
from grader.errors import HostError
from grader.record import EVIDENCE, GRADE, settled
from grader.reporting import Asked
from grader.rubric import load_rubric
from grader.sandboxes.choose import FENCED, open_sandbox

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"


class Apart:
    """Other processes, which get text and give text, as other machines would."""

    crowded = True
    notes: ClassVar[list[str]] = []

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        for _ in self._pool.map(leave, range(2)):
            pass
        self._pool.shutdown()

    def run(self, works: Iterable[Work], ticker: Ticker) -> Iterator[tuple[Work, Outcome]]:
        sent = {self._pool.submit(do, work.as_text()): work for work in works}
        for future in as_completed(sent):
            yield sent[future], Outcome.of_text(future.result())


def do(text: str) -> str:
    """What a worker does."""
    work = Work.of_text(text)
    with ticking(Console(quiet=True), 1) as ticker:
        return workplace(work.sandbox).do(work, ticker).as_text()


@cache
def workplace(sandbox: str) -> Workplace:
    """Opened once in each worker."""
    return Workplace(open_sandbox(sandbox)).__enter__()


def leave(_: int) -> None:
    """Close a worker's place."""
    if workplace.cache_info().currsize:
        workplace(FENCED).__exit__(None, None, None)
        workplace.cache_clear()


def records_of(executor: Executor, out: Path) -> dict[str, Any]:
    """What an executor leaves, but for the pages."""
    known = load_assignment(ROOT, ID)
    asked = Asked(known, load_rubric(ROOT, known))
    works = [
        Work(HandIn(path, path.parent.name), asked, out, FENCED)
        for path in sorted((ROOT / "submissions" / ID).glob("*/*.ipynb"))
    ]
    with executor, ticking(Console(quiet=True), len(works)) as ticker:
        found: dict[str, Any] = {
            w.hand_in.student: o for w, o in carry_out(works, executor, ticker)
        }
    for work in works:
        found[f"{work.hand_in.student} was settled"] = settled(work.folder)
        for name in (EVIDENCE, GRADE):  # what our run displayed may hold addresses
            found[f"{work.hand_in.student}/{name}"] = (work.folder / name).read_bytes()
    return found


def test_work_that_was_sent_as_text_leaves_the_same_records(tmp_path: Path) -> None:
    here = records_of(Local(open_sandbox(FENCED, jobs=2), 2), tmp_path / "here")
    there = records_of(Apart(), tmp_path / "there")
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []
    assert all(here.values())
    assert len(here) == 4 * 5


def test_what_was_done_beside_a_failure_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = load_assignment(ROOT, ID)
    asked = Asked(known, load_rubric(ROOT, known))
    works = [Work(HandIn(tmp_path / n, n), asked, tmp_path, FENCED) for n in ("bad", "good")]
    executor = Local(open_sandbox(FENCED, jobs=2), 2)
    done = Outcome("good", ID, "", "finished", FENCED, True, 1, 0, 1, "", (), "graded")

    def do(_: Workplace, work: Work, ticker: Ticker) -> Outcome:
        if work.hand_in.student == "bad":
            raise HostError("the disk is full")
        return done

    def wait_for_all(futures: Iterable[Future[Outcome]], **_: object) -> object:
        return wait(futures)

    monkeypatch.setattr(Workplace, "do", do)
    monkeypatch.setattr("grader.batch.local.wait", wait_for_all)
    with ticking(Console(quiet=True), 2) as ticker:
        ran = executor.run(works, ticker)
        assert next(ran)[0].hand_in.student == "good"
        with pytest.raises(HostError, match="full"):
            next(ran)
