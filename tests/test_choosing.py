"""The next exercise: the first whose groundwork is there, and why in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.tutor.choosing import Choice, choose
from grader.tutor.events import Event
from grader.tutor.mastery import GUESS_GIVEN, GUESS_NUMBERS
from grader.tutor.syllabus import Chapter, chapter, facts_of
from grader.tutor.upcoming import next_lines, next_markdown

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_chapter(name: str, *components: str) -> Chapter:
    """A chapter with an exercise for each word, whose components stand between +."""
    exercises = [{"id": str(n), "title": f"Exercise {n}"} for n in range(1, len(components) + 1)]
    criteria = [
        {"id": f"{n}.{part}", "exercise": str(n), "component": part, "check": {"kind": "shown"}}
        for n, parts in enumerate(components, 1) for part in parts.split("+")
    ]  # fmt: skip
    return chapter({"id": name, "title": name.title(), "exercise": exercises}, criteria)


COURSE = [
    a_chapter("a", "tensor-ops", "nn-module", "loop-order+optimizer-setup", "save-load"),
    a_chapter("b", "tensor-ops+data-split", "activation"),
]


def check(place: str, *, days: float = 0, code: str = "x", lost: Sequence[str] = ()) -> Event:
    """A check of an exercise such as "a1"; right unless components are lost."""
    task = next(t for c in COURSE for t in c.tasks if t.place == (place[0], place[1:]))
    return Event(
        "ab", START + timedelta(days=days), place[0], "check", place[1:],
        outcome="partly" if lost else "correct", failed=tuple(lost), code=code,
        passed=tuple(c for c in task.components if c not in lost),
    )  # fmt: skip


def chosen(events: Sequence[Event], *, days: float = 0, course: Sequence[Chapter] = COURSE) -> str:
    """Kind and place of what is chosen."""
    choice = choose(course, events, START + timedelta(days=days))
    assert "\n" not in choice.why
    assert not choice.why.endswith(".")
    return f"{choice.kind}: {''.join(choice.task.place) if choice.task else ''}"


def why(events: Sequence[Event], *, days: float = 0, course: Sequence[Chapter] = COURSE) -> str:
    return choose(course, events, START + timedelta(days=days)).why


def test_somebody_new_starts_at_the_beginning() -> None:
    assert chosen([]) == "new: a1"
    assert why([]) == "the first that is not solved yet"


def test_what_is_begun_goes_on() -> None:
    assert chosen([check("a1", lost=["tensor-ops"])]) == "go on: a1"


def test_what_went_well_leads_on_and_says_so() -> None:
    assert chosen([check("a1")]) == "new: a2"
    assert why([check("a1")]).endswith("you have what it builds on: Tensors and their operations")


def test_whoever_starts_in_the_middle_is_not_sent_back() -> None:
    assert chosen([check("b1", lost=["data-split"])]) == "go on: b1"
    assert chosen([check("b1")]) == "new: b2"
    assert chosen([check("b1"), check("b2")]) == "new: a1"


def failed_first(place: str, *lost: str) -> list[Event]:
    """An exercise that was right at the second check."""
    return [check(place, lost=lost), check(place, code="y")]


def test_an_exercise_waits_for_its_groundwork_and_another_chapter_goes_first() -> None:
    before = [check("a1"), *failed_first("a2", "nn-module")]
    assert chosen(before) == "new: b1"
    assert why(before).startswith("a 3 waits for Models as classes (0 of 1 first tries)")


def test_what_lies_behind_an_open_exercise_of_its_assignment_is_never_offered() -> None:
    before = [check("a1"), *failed_first("a2", "nn-module"), check("b1")]
    assert chosen(before) == "new: a3"


def test_within_one_assignment_it_goes_on_in_order_whatever_was_hard() -> None:
    before = [check("a1"), *failed_first("a2", "nn-module")]
    assert chosen(before, course=COURSE[:1]) == "new: a3"
    begun = [*before, check("a3", lost=["loop-order"])]
    assert chosen(begun, course=COURSE[:1]) == "go on: a3"
    assert "take its hints, because it builds on Models as classes" in why(
        before, course=COURSE[:1]
    )


def test_where_no_groundwork_is_there_what_may_work_out_and_is_least_known_is_practised() -> None:
    course = [
        a_chapter("a", "nn-module", "activation+shape"),
        a_chapter("b", "nn-module", "train-eval-mode+plotting"),
    ]
    lost = [
        Event("ab", START, name, "check", "1", outcome="correct" if well else "wrong",
              passed=("nn-module",) if well else (), failed=() if well else ("nn-module",),
              code=f"{name}{well}")
        for name in "ab" for well in (False, True)
    ]  # fmt: skip
    assert chosen(lost, course=course) == "practise: a2"
    assert "least known: What lies between layers (not tried yet)" in why(lost, course=course)


def test_groundwork_that_no_exercise_before_practises_keeps_nobody_waiting() -> None:
    assert chosen([], course=[a_chapter("z", "vit-patch")]) == "new: z1"


def test_after_six_failed_checks_a_person_helps_more() -> None:
    checks = [check("a1", code=str(n), lost=["tensor-ops"]) for n in range(6)]
    assert "a person can help more now" in why(checks)
    assert "a person" not in why(checks[:5])


REVIEWED = [a_chapter("r", *["seed"] * 4, "plotting", "plotting")]


def solved(number: int, component: str, *, days: float = 0, code: str = "x") -> Event:
    return Event("ab", START + timedelta(days=days), "r", "check", str(number), outcome="correct",
                 passed=(component,), code=code)  # fmt: skip


def test_now_and_then_comes_a_look_back_and_never_two_without_new_ones() -> None:
    done = [solved(n, "seed") for n in (1, 2, 3)]
    assert chosen(done, days=20, course=REVIEWED) == "new: r4"
    assert chosen(done, days=40, course=REVIEWED) == "review: r1"
    assert "Seeds and random numbers: mastered once" in why(done, days=40, course=REVIEWED)
    looked = [*done, solved(1, "seed", days=40, code="z")]
    assert chosen(looked, days=40, course=REVIEWED) == "new: r4"
    assert chosen(looked, days=400, course=REVIEWED) == "new: r4"  # due, and none solved since
    new = [*looked, *(solved(n, "plotting", days=41) for n in (4, 5))]
    assert chosen(new, days=400, course=REVIEWED) == "new: r6"
    every = [*new, solved(6, "plotting", days=42)]
    assert chosen(every, days=400, course=REVIEWED).startswith("review: ")


def test_when_all_is_done_it_says_so() -> None:
    everything = [check(f"{c.id}{t.exercise}") for c in COURSE for t in c.tasks]
    assert chosen(everything) == "done: "
    assert chosen([], course=[]) == "nothing: "


def test_a_hidden_criterion_makes_no_exercise_and_tells_no_component() -> None:
    criteria: list[dict[str, Any]] = [
        {"id": "1.a", "exercise": "1", "component": "seed", "check": {}, "visibility": "hidden"},
        {"id": "2.a", "exercise": "2", "component": "seed", "check": {}, "visibility": "hidden"},
        {"id": "2.b", "exercise": "2", "component": "dtype", "check": {}},
        {"id": "2.c", "exercise": "2", "check": {}},
    ]
    exercises = [{"id": "1", "title": "One"}, {"id": "2", "title": "Two"}]
    [task] = chapter({"id": "h", "title": "H", "exercise": exercises}, criteria).tasks
    assert (task.exercise, task.components) == ("2", ("dtype",))


def test_what_is_given_is_met_more_easily_and_numbers_less() -> None:
    criteria: list[dict[str, Any]] = [
        {"id": "1.a", "exercise": "1", "component": "seed", "check": {"values": [[1.5]]}},
        {"id": "1.b", "exercise": "1", "component": "seed", "check": {}},
        {"id": "1.c", "exercise": "1", "component": "dtype", "check": {}, "given": True},
    ]
    made = chapter({"id": "h", "title": "H", "exercise": [{"id": "1", "title": "One"}]}, criteria)
    facts = facts_of([made])
    assert facts.guesses == {("h", "1", "seed"): GUESS_NUMBERS, ("h", "1", "dtype"): GUESS_GIVEN}
    assert facts.about["h", "1.c"] == "dtype"


places = st.sampled_from([f"{c.id}{t.exercise}" for c in COURSE for t in c.tasks])
steps = st.tuples(places, st.booleans(), st.integers(0, 30), st.sampled_from("xyz"))


@given(st.lists(steps, max_size=30))
def test_something_is_always_chosen_and_never_what_is_solved_but_for_a_review(
    taken: list[tuple[str, bool, int, str]],
) -> None:
    events, days = [], 0
    for place, well, gap, code in taken:
        days += gap
        task = next(t for c in COURSE for t in c.tasks if t.place == (place[0], place[1:]))
        events.append(check(place, days=days, code=code, lost=() if well else task.components))
    choice = choose(COURSE, events, START + timedelta(days=days))
    done = {(e.assignment, e.exercise) for e in events if e.outcome == "correct"}
    if choice.task is None:
        assert len(done) == sum(len(c.tasks) for c in COURSE)
    else:
        assert (choice.task.place in done) is (choice.kind == "review")
    assert choice.why


def test_a_choice_is_told_with_where_and_why_and_what_to_type() -> None:
    first = choose(COURSE, [], START)
    lines = [line.text for line in next_lines(first)]
    assert lines == ["a 1  Exercise 1", " the first that is not solved yet.",
                     " grader check NOTEBOOK -e 1"]  # fmt: skip
    assert next_markdown(first) == "**a 1  Exercise 1**: the first that is not solved yet.\n"
    again = first._replace(kind="go on")
    assert [line.text for line in next_lines(again)][2:] == [
        " grader hint a 1", " grader check NOTEBOOK -e 1"
    ]  # fmt: skip
    nothing = Choice("done", None, "every exercise is solved")
    assert [line.text for line in next_lines(nothing)] == ["Every exercise is solved."]
    assert next_markdown(nothing) == "Every exercise is solved.\n"


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_choice_fits_a_terminal(width: int) -> None:
    choice = choose(COURSE, [check("a1"), *failed_first("a2", "nn-module")], START)
    assert all(len(line.text) <= max(width, 27) for line in next_lines(choice, width))
