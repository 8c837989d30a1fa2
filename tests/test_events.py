"""The log of a learner: what is written is read again, and nothing else is taken for an event."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader import learner
from grader.errors import HostError
from grader.tutor.events import Event, read_line

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CHECK = Event("ab", AT, "01-workflow", "check", exercise="3", outcome="partly",
              failed=("loop-order",), faults=("T07",), criteria=("3.loop",), code="0f")  # fmt: skip


@pytest.mark.parametrize("event", [
    CHECK,
    Event("ab", AT, "01-workflow", "hint", exercise="3", level=2, about="T07", forced=True),
    Event("ab", AT, "01-workflow", "explain"),
])  # fmt: skip
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    assert read_line(event.line()) == event


def test_a_line_holds_no_more_than_was_told() -> None:
    told = json.loads(Event("ab", AT, "01-workflow", "explain").line())
    assert set(told) == {"version", "learner", "at", "assignment", "kind"}


@pytest.mark.parametrize("change", [
    {"version": 2}, {"kind": "exam"}, {"outcome": "great"}, {"at": "2026-03-01T12:00:00"},
    {"at": 7}, {"faults": "T07"}, {"faults": [7]}, {"level": 0}, {"level": "2"},
    {"forced": "yes"}, {"unhinted": 1}, {"name": "Ann"}, {"exercise": 3}, {"passed": None},
])  # fmt: skip
def test_what_is_no_event_is_passed_over(change: dict[str, object]) -> None:
    assert read_line(json.dumps({**json.loads(CHECK.line()), **change})) is None


@pytest.mark.parametrize("line", ["", "{", "[]", "7", '{"version":1}', "[" * 100_000])
def test_a_torn_line_is_passed_over(line: str) -> None:
    assert read_line(line) is None


def test_a_line_cut_off_by_a_crash_swallows_no_later_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(learner.HOME, str(tmp_path))
    learner.remember(CHECK)
    with (tmp_path / learner.EVENTS).open("a") as log:
        log.write(CHECK.line()[:40])
    learner.remember(CHECK)
    assert learner.remembered() == [CHECK, CHECK]


def test_what_is_forgotten_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(learner.HOME, str(tmp_path / "home"))
    first = learner.learner_id()
    assert learner.learner_id() == first
    learner.remember(CHECK)
    (learner.checks_folder() / "hw" / "mine").mkdir(parents=True)
    learner.forget()
    assert not (tmp_path / "home").exists()
    assert learner.remembered() == []


def test_processes_that_start_at_once_are_one_learner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(learner.HOME, str(tmp_path))
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: learner.learner_id(), range(64)))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == [learner.LEARNER]


def test_an_empty_id_is_made_anew_and_one_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(learner.HOME, str(tmp_path))
    (tmp_path / learner.LEARNER).write_text("\n")
    assert learner.learner_id() == learner.learner_id() != ""
    (tmp_path / learner.LEARNER).unlink()
    (tmp_path / learner.LEARNER).mkdir()
    with pytest.raises(HostError, match="learner"):
        learner.learner_id()
