"""The ladder of hints: which one belongs, when its rungs open, and what opens a solution."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from grader.tutor.events import Event, Outcome
from grader.tutor.hints import (
    CLOSED,
    Ladder,
    Shown,
    failed_checks,
    hint_event,
    hint_text,
    history,
    ladder_for,
    ladders_in_turn,
    mend_first,
    next_hint,
    solution_opens,
)

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FAULT = Ladder("T07", "step() is missing", ("look", "idea", "change"), "loop-order")
OWN = [Ladder("3.loop", "a loop", ("l1", "l2", "l3")), Ladder("3.loss", "the loss", ("s1", "s2"))]


class Learner:
    """Somebody who checks and asks, one thing after the other."""

    def __init__(self) -> None:
        self.did: list[Event] = []
        self._clock = (START + timedelta(minutes=m) for m in count())

    def check(
        self, code: str, outcome: Outcome = "wrong", faults: Sequence[str] = ("T07",),
        criteria: Sequence[str] = ("3.loop",),
    ) -> None:  # fmt: skip
        found = Event("ab", next(self._clock), "hw", "check", exercise="3", outcome=outcome)
        told = found._replace(code=code, faults=tuple(faults), criteria=tuple(criteria))
        self.did.append(told)

    def ask(self, ladder: Ladder = FAULT, *, forced: bool = False) -> Shown:
        shown = next_hint(self.did, ladder, forced=forced)
        if shown.new:
            told = hint_event(shown, ladder, self.did, learner="ab", at=next(self._clock),
                              assignment="hw", exercise="3")  # fmt: skip
            self.did.append(told)
        return shown


def fault(name: str) -> Ladder | None:
    return FAULT if name == "T07" else None


def test_the_ladder_is_that_of_the_likeliest_fault() -> None:
    one = Learner()
    one.check("a")
    assert ladder_for(one.did, OWN, fault) == FAULT


def test_a_possible_fault_comes_after_a_certain_one_and_says_what_it_is() -> None:
    one = Learner()
    one.check("a", faults=())
    one.did[-1] = one.did[-1]._replace(possible=("T07",))
    found = ladder_for(one.did, OWN, fault)
    assert found == FAULT._replace(title="possibly: step() is missing")
    other = OWN[1]._replace(about="L04")
    one.did[-1] = one.did[-1]._replace(faults=("L04",))
    assert ladder_for(one.did, OWN, lambda f: other if f == "L04" else FAULT) == other


def test_without_a_fault_it_is_that_of_the_first_criterion_that_lost() -> None:
    one = Learner()
    one.check("a", faults=(), criteria=("3.loss",))
    assert ladder_for(one.did, OWN, fault) == OWN[1]
    one.check("b", faults=("gone",), criteria=("3.loss",))
    assert ladder_for(one.did, OWN, fault) == OWN[1]


def test_criteria_that_could_not_be_judged_have_hints_too_and_the_events_order_counts() -> None:
    one = Learner()
    one.check("a", "unknown", faults=(), criteria=("3.loss", "3.loop"))
    assert ladders_in_turn(one.did[-1], OWN, fault) == OWN[::-1]


def test_a_ladder_that_did_not_help_is_followed_by_the_next() -> None:
    one = Learner()
    one.check("a", criteria=("3.loop", "3.loss"))
    shown = []
    for code in "bcdefghijk":
        ladder = ladder_for(one.did, OWN, fault)
        assert ladder is not None
        shown.append((ladder.about, one.ask(ladder).level))
        one.check(code, criteria=("3.loop", "3.loss"))
    assert shown == [
        ("T07", 1), ("T07", 2), ("T07", 3), ("3.loop", 1), ("3.loop", 2), ("3.loop", 3),
        ("3.loss", 1), ("3.loss", 2), ("T07", 3), ("T07", 3),
    ]  # fmt: skip


def test_the_end_of_a_ladder_stays_until_the_code_has_changed_and_was_checked() -> None:
    one = Learner()
    one.check("a")
    for _ in range(3):
        one.ask(forced=True)
    assert ladder_for(one.did, OWN, fault) == FAULT
    one.check("a")
    assert ladder_for(one.did, OWN, fault) == FAULT
    one.check("b")
    assert ladder_for(one.did, OWN, fault) == OWN[0]


def test_without_a_check_it_is_that_of_the_exercise() -> None:
    assert ladder_for([], OWN, fault) == OWN[0]
    assert ladder_for([], [], fault) is None


def first(did: Sequence[Event]) -> str:
    return mend_first(did, "3", hint="hint {exercise}", explain="explain")


def test_a_blocked_exercise_leads_to_the_one_to_mend_first() -> None:
    one = Learner()
    one.check("a", "blocked")
    assert first(one.did) == "", "nobody knows what blocks it"
    blocked = one.did[-1]._replace(blocked_by="2", blocked_at="cell 4")
    said = "Exercise 3 cannot be judged yet. Mend exercise 2, cell 4, first:\nhint 2"
    assert first([blocked]) == said
    unhinted = blocked._replace(unhinted=True)
    assert first([unhinted]) == said.replace("hint 2", "explain"), "a hint would lead nowhere"
    wrong = blocked._replace(blocked_at="")
    assert "Mend exercise 2 first:\nhint 2" in first([wrong])
    stray = blocked._replace(blocked_by="")
    assert "Mend cell 4, which belongs to no exercise, first:\nexplain" in first([stray])
    one.check("b", "wrong")
    assert first([blocked, one.did[-1]]) == ""


def test_what_is_correct_needs_no_hint() -> None:
    one = Learner()
    one.check("a", "correct", (), ())
    assert ladder_for(one.did, OWN, fault) is None


def test_the_first_hint_is_there_at_any_time() -> None:
    assert Learner().ask() == Shown(1, "look", new=True, forced=False, more=True)


def test_the_next_one_opens_when_the_code_has_changed_and_was_checked() -> None:
    one = Learner()
    one.check("a")
    assert one.ask().level == 1
    assert one.ask() == Shown(1, "look", new=False, forced=False, more=True)
    one.check("a")
    assert one.ask().level == 1
    one.check("b")
    assert one.ask() == Shown(2, "idea", new=True, forced=False, more=True)
    one.check("b")
    assert one.ask().level == 2
    one.check("c")
    assert one.ask() == Shown(3, "change", new=True, forced=False, more=False)
    assert one.ask() == Shown(3, "change", new=False, forced=False, more=False)


def test_an_empty_exercise_is_no_attempt() -> None:
    one = Learner()
    one.ask()
    one.check("a", "missing")
    assert one.ask().level == 1


def test_a_hint_before_any_check_waits_for_a_change_all_the_same() -> None:
    one = Learner()
    assert one.ask().level == 1
    one.check("a")
    assert one.ask().level == 1
    one.check("b")
    assert one.ask().level == 2


def test_after_three_failed_checks_the_second_opens_and_the_third_does_not() -> None:
    one = Learner()
    for _ in range(3):
        one.check("a")
    assert [one.ask().level for _ in range(4)] == [1, 2, 2, 2]


def test_forcing_is_logged_and_not_refused() -> None:
    one = Learner()
    one.check("a")
    assert [one.ask(forced=True).forced for _ in range(3)] == [False, True, True]
    assert [(e.level, e.forced) for e in one.did[1:]] == [(1, False), (2, True), (3, True)]
    assert one.did[-1].about == "T07"


def test_forcing_what_is_open_is_no_forcing() -> None:
    one = Learner()
    one.check("a")
    one.ask()
    one.check("b")
    assert not one.ask(forced=True).forced


def test_another_fault_starts_at_the_first_hint_and_the_old_one_goes_on() -> None:
    one = Learner()
    one.check("a")
    one.ask()
    one.check("b")
    assert one.ask(OWN[0]).level == 1
    assert one.ask().level == 2


def test_an_instructor_can_close_hints_or_leave_the_first() -> None:
    one = Learner()
    for code in "abc":
        one.check(code)
    assert next_hint(one.did, FAULT, help_="closed", forced=True).text == CLOSED
    one.ask()
    first = next_hint(one.did, FAULT, help_="first", forced=True)
    assert (first.level, first.new, first.more) == (1, False, False)


def test_a_pass_starts_the_count_of_failed_checks_anew() -> None:
    one = Learner()
    for outcome in ("wrong", "partly", "correct", "blocked", "unknown", "missing"):
        one.check("a", outcome)
    assert failed_checks(one.did) == 1


def test_only_the_exercise_itself_counts() -> None:
    one = Learner()
    one.check("a")
    assert history(one.did, "hw", "4") == history(one.did, "other", "3") == []
    assert history(one.did, "hw", "3") == one.did


@pytest.mark.parametrize("levels", [0, 1, 2, 3])
def test_the_solution_opens_at_the_end_of_a_ladder(levels: int) -> None:
    one = Learner()
    one.check("a")
    for _ in range(levels):
        one.ask(forced=True)
    assert solution_opens(one.did, OWN) == ("ladder" if levels == 3 else "closed")


def test_the_end_of_a_short_ladder_is_an_end() -> None:
    one = Learner()
    one.check("a", faults=(), criteria=("3.loss",))
    one.ask(OWN[1], forced=True)
    assert solution_opens(one.did, OWN) == "closed"
    one.ask(OWN[1], forced=True)
    assert solution_opens(one.did, OWN) == "ladder"


def test_a_solution_that_was_open_stays_open_when_another_ladder_follows() -> None:
    short = [Ladder("3.loss", "the loss", ("s1", "s2")), OWN[0]]
    one = Learner()
    for code in "ab":
        one.check(code, faults=(), criteria=("3.loss", "3.loop"))
        one.ask(short[0])
    assert solution_opens(one.did, short) == "ladder"
    one.check("c", faults=(), criteria=("3.loss", "3.loop"))
    assert ladder_for(one.did, short, fault) == short[1]
    assert solution_opens(one.did, short) == "ladder"


def test_the_solution_opens_after_a_pass() -> None:
    one = Learner()
    one.check("a", "correct")
    one.check("b", "wrong")
    assert solution_opens(one.did, OWN) == "passed"


def test_a_hint_says_what_kind_it_is_and_counts_nothing() -> None:
    told = hint_text(Learner().ask(), FAULT, force="grader hint hw 3 --force")
    assert told.splitlines()[:2] == ["step() is missing", "where to look: look"]
    assert "grader hint hw 3 --force shows it now" in told
    assert not [word for word in ("1 of", "left", "remaining") if word in told]


def test_the_last_hint_ends_with_a_question_to_answer_in_a_comment() -> None:
    one = Learner()
    shown = [one.ask(forced=True) for _ in range(3)][-1]
    assert "comment" in hint_text(shown, FAULT)
    assert "opens" not in hint_text(shown, FAULT)
