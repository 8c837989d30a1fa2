"""A doubt takes and gives no points: it withholds what it concerns."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_grade import VERDICTS, Says, answers, asks, graded, one, points

from grader.evidence import Evidence
from grader.facts import AnyClaim, CellEnded, Doubted
from grader.finding import WITHHELD, Verdict


class Needs(Says):
    """Passes on the evidence of exercise 1."""

    kind: ClassVar[str] = "needs"

    def needs(self) -> list[str]:
        return ["1"]


def doubting(exercise: str | None) -> Evidence:
    return answers("1", "2").doubts("it looks around", exercise).evidence()


def test_a_doubt_about_the_hand_in_withholds_what_it_would_have_earned() -> None:
    criteria = [asks("1.a", "passed"), asks("1.b", "partly"), asks("2.a", "failed")]
    grade = graded(doubting(None), *criteria)
    assert [m.verdict for m in grade.marks] == ["no_evidence", "no_evidence", "failed"]
    assert points(grade) == (0, 20, 30, False)
    assert grade.needs_a_person == ["it looks around"]
    assert {m.because for m in grade.marks[:2]} == {"it looks around"}


def test_a_doubt_about_an_exercise_withholds_that_one_and_what_needs_it() -> None:
    criteria = [asks("1.a", "passed"), asks("2.a", "passed"), asks("2.b", Needs())]
    grade = graded(doubting("1"), *criteria)
    assert [m.verdict for m in grade.marks] == ["no_evidence", "passed", "no_evidence"]
    assert points(grade) == (10, 20, 30, False)
    assert grade.needs_a_person == ["exercise 1: it looks around"]
    assert one(grade, "1").verdict == "unknown"


def test_an_uncertain_outcome_costs_no_points_either() -> None:
    grade = graded(doubting("1"), asks("1.a", "failed"), asks("2.a", "failed"))
    assert [m.verdict for m in grade.marks] == ["no_evidence", "failed"]


def test_what_waits_for_a_doubted_criterion_is_judged_as_if_it_were_not() -> None:
    failing = asks("1.b", "failed", after="1.a")
    grade = graded(doubting(None), asks("1.a", "passed"), failing)
    assert [m.verdict for m in grade.marks] == ["no_evidence", "failed"]


def test_many_doubts_are_each_told_once() -> None:
    scene = answers("1").doubts("a").doubts("b").doubts("a").doubts("a", "1")
    grade = graded(scene.evidence(), asks("1.a", "passed"), asks("1.b", "passed"))
    assert grade.needs_a_person == ["a", "b", "exercise 1: a"]


def test_a_doubt_where_nothing_was_earned_still_goes_to_a_person() -> None:
    grade = graded(doubting(None), asks("1.a", "failed"))
    assert points(grade) == (0, 0, 10, False)
    assert grade.needs_a_person == ["it looks around"]


def test_an_ending_is_told_beside_the_doubt() -> None:
    scene = answers("1").doubts("so").cell("2", "x").ends("unreached")
    evidence = scene.evidence(ending="kernel_died", why="cell 2 ended the kernel")
    grade = graded(evidence, asks("1.a", "passed"), asks("2.a", "failed"))
    assert grade.needs_a_person[:2] == ["cell 2 ended the kernel", "so"]


def test_a_kernel_cannot_say_a_doubt_nor_anything_else_that_is_seen_from_outside() -> None:
    from pydantic import TypeAdapter, ValidationError

    claims: TypeAdapter[object] = TypeAdapter(AnyClaim)
    for fact in (Doubted(cell=0, reason="x"), CellEnded(cell=0, ending="finished")):
        with pytest.raises(ValidationError):
            claims.validate_python(fact.model_dump())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(VERDICTS, st.booleans()), min_size=1, max_size=5),
       st.sampled_from([None, "0", "1"]))  # fmt: skip
def test_a_doubt_never_adds_and_never_takes(
    drawn: list[tuple[Verdict, bool]], exercise: str | None
) -> None:
    criteria = [asks(f"{i % 2}.{i}", v, core=core) for i, (v, core) in enumerate(drawn)]
    scene = answers("0", "1")
    before = graded(scene.evidence(), *criteria)
    after = graded(scene.doubts("so", exercise).evidence(), *criteria)
    assert after.possible == before.possible
    assert after.earned <= before.earned <= after.earned + after.withheld
    assert not after.final
    for mark in after.marks:
        if exercise in (None, mark.exercise):
            assert mark.earned == 0
            assert mark.verdict in (*WITHHELD, "failed")
