"""Ladders that are read as text are those that the program knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.catalogue import faults
from grader.course import known_assignments
from grader.errors import AuthorError
from grader.ladder_texts import fault_ladder, ladders_of
from grader.rubric import load_rubric
from grader.tutor.hints import Ladder

COURSE = Path(__file__).parents[1]


@pytest.mark.parametrize("fault", faults(), ids=lambda f: f.id)
def test_the_ladder_of_a_fault_is_its_own(fault: object) -> None:
    known = next(f for f in faults() if f is fault)
    assert fault_ladder(known.id) == Ladder(known.id, known.title, known.hints, known.component)


def test_a_fault_that_nobody_knows_has_none() -> None:
    assert fault_ladder("Z99") is None
    assert fault_ladder('"') is None


@pytest.mark.parametrize("name", known_assignments(COURSE))
def test_the_ladders_of_a_rubric_are_its_own(name: str) -> None:
    rubric = load_rubric(COURSE, load_assignment(COURSE, name))
    found = ladders_of(COURSE, name)
    assert found.help == rubric.help
    told = [(e, ladder) for e, own in found.exercises.items() for ladder in own]
    assert [(e, x.about, x.title, x.rungs, x.component) for e, x in told] == [
        (c.exercise, c.id, c.title, tuple(c.hints), c.component or "")
        for c in rubric.criteria if c.visibility == "public"
    ]  # fmt: skip


def test_hidden_criteria_give_no_hints(tmp_path: Path) -> None:
    (tmp_path / "rubrics").mkdir()
    text = (COURSE / "rubrics" / "01-workflow.toml").read_text(encoding="utf-8")
    hidden = text.replace('id = "3.loop"', 'id = "3.loop"\nvisibility = "hidden"')
    (tmp_path / "rubrics" / "01-workflow.toml").write_text(hidden, encoding="utf-8")
    told = [x.about for x in ladders_of(tmp_path, "01-workflow").exercises["3"]]
    assert "3.loop" not in told
    assert told


@pytest.mark.parametrize("text", ["", "criterion = 7", "= 7", "[[criterion]]\nid = 7"])
def test_a_rubric_that_cannot_be_read_says_where(tmp_path: Path, text: str) -> None:
    (tmp_path / "rubrics").mkdir()
    (tmp_path / "rubrics" / "hw.toml").write_text(text, encoding="utf-8")
    with pytest.raises(AuthorError, match=r"hw\.toml"):
        ladders_of(tmp_path, "hw")
