"""Homework whose exercises nothing but numbers tell, and which hardly answers this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.another_homework import DOUBT, unless_another
from grader.assignment import load_assignment
from grader.evidence import SCHEMA, Header
from grader.finding import Finding, failed, passed
from grader.rubric import load_rubric

COURSE = Path(__file__).parents[1]
ASSIGNMENT = load_assignment(COURSE, "00-fundamentals")
CRITERIA = load_rubric(COURSE, ASSIGNMENT).criteria
GRADED = [e.id for e in ASSIGNMENT.exercise if e.graded]


def verdicts(right: list[str], by_number: list[str]) -> dict[str, set[str]]:
    """What each exercise comes to, if these are right and the others wrong."""
    header = Header(
        schema=SCHEMA, assignment=ASSIGNMENT.id, student="x", submission="", ending="finished",
        by_number=by_number,
    )  # fmt: skip
    found: list[Finding] = [
        passed("right") if c.exercise in right else failed("wrong") for c in CRITERIA
    ]
    told = unless_another(header, list(zip(CRITERIA, found, strict=True)))
    by_exercise: dict[str, set[str]] = {}
    for criterion, finding in zip(CRITERIA, told, strict=True):
        by_exercise.setdefault(criterion.exercise, set()).add(finding.verdict)
        assert finding.verdict != "no_evidence" or finding.because == DOUBT
    return by_exercise


@pytest.mark.parametrize("right", [[], GRADED[:1], GRADED[:2]])
def test_numbers_alone_and_hardly_an_answer_may_be_another_homework(right: list[str]) -> None:
    told = verdicts(right, GRADED)
    assert all(told[e] == {"passed" if e in right else "no_evidence"} for e in GRADED)


def test_a_quarter_that_is_right_says_which_homework_it_is() -> None:
    told = verdicts(GRADED[:3], GRADED)
    assert all(told[e] == {"passed" if e in GRADED[:3] else "failed"} for e in GRADED)


def test_headings_that_are_known_say_which_homework_it_is() -> None:
    assert set.union(*verdicts([], GRADED[:4]).values()) == {"failed"}
