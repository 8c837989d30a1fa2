"""What is known is worked out from first checks, and from nothing that says less."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.components import COMPONENTS
from grader.tutor.events import Event, Kind, Outcome, read_line
from grader.tutor.mastery import (
    DUE,
    GUESS_GIVEN,
    GUESS_NUMBERS,
    P_START,
    Facts,
    Known,
    at,
    observed,
    p_start,
    trace,
    unknown,
)

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ONE = "nn-module"


def event(kind: Any, exercise: str = "1", *, days: float = 0, **rest: Any) -> Event:  # noqa: ANN401
    return Event("ab", START + timedelta(days=days), "hw", kind, exercise=exercise, **rest)


def right(exercise: str = "1", *, days: float = 0, code: str = "a", of: str = ONE) -> Event:
    return event("check", exercise, days=days, code=code, outcome="correct", passed=(of,))


def wrong(exercise: str = "1", *, days: float = 0, code: str = "b", of: str = ONE) -> Event:
    return event("check", exercise, days=days, code=code, outcome="wrong", failed=(of,))


def hint(level: int, exercise: str = "1", about: str = "") -> Event:
    return event("hint", exercise, level=level, about=about)


def known(events: Sequence[Event], *, days: float = 0, of: str = ONE, **facts: Any) -> Known:  # noqa: ANN401
    return trace(events, START + timedelta(days=days), Facts(**facts)).get(of, unknown(of))


def tries(results: str) -> list[Event]:
    """One exercise after the other, each with a first check that is right or wrong."""
    return [right(str(n)) if r == "+" else wrong(str(n)) for n, r in enumerate(results)]


@pytest.mark.parametrize(
    ("results", "p"),
    [("", 0.25), ("+", 0.717), ("-", 0.182), ("++", 0.947), ("+++", 0.992), ("-++", 0.926),
     ("-+++", 0.989)],
)  # fmt: skip
def test_the_constants_come_to_what_was_published(results: str, p: float) -> None:
    assert known(tries(results)).p == pytest.approx(p, abs=6e-4)


@pytest.mark.parametrize(
    ("results", "band", "counts"),
    [("", "not tried", "0 of 0"), ("-", "new", "0 of 1"), ("+", "learning", "1 of 1"),
     ("++", "nearly", "2 of 2"), ("+++", "mastered", "3 of 3"), ("-+++", "mastered", "3 of 4"),
     ("++++-", "nearly", "4 of 5")],
)  # fmt: skip
def test_a_band_comes_with_its_counts(results: str, band: str, counts: str) -> None:
    assert known(tries(results)).band == band
    assert known(tries(results)).counts == f"{counts} first tries"


def test_mastery_takes_two_tries_and_a_last_one_that_is_right() -> None:
    guesses = dict.fromkeys([("hw", str(n), "tensor-ops") for n in range(9)], 1e-3)
    one = right("0", of="tensor-ops")
    assert known([one], of="tensor-ops", guesses=guesses).p > 0.95
    assert not known([one], of="tensor-ops", guesses=guesses).mastered
    many = [right(str(n), of="tensor-ops") for n in range(8)]
    assert known(many, of="tensor-ops", guesses=guesses).mastered
    fell = known([*many, wrong("8", of="tensor-ops")], of="tensor-ops")
    assert fell.p > 0.95
    assert fell.band == "nearly"


def test_a_first_hint_halves_what_a_right_answer_says_and_a_second_makes_it_wrong() -> None:
    free = known([right()]).p
    first = known([hint(1), right()])
    second = known([hint(2), right()])
    assert first.p == pytest.approx((free + known([wrong()]).p) / 2)
    assert (first.first, first.last) == (1, True)
    assert second == known([wrong()])
    assert known([event("solution"), right()]) == known([wrong()])
    assert known([hint(1), wrong()]) == known([wrong()])


def test_an_explanation_that_names_a_mistake_counts_as_the_hints_it_tells() -> None:
    assert known([event("explain", about="F01", level=1), right()]) == known([hint(1), right()])
    assert known([event("explain", about="F01", level=2), right()]) == known([wrong()])
    assert known([event("explain"), right()]) == known([right()])
    assert known([event("explain", "2", about="F01", level=2), right("1")]) == known([right("1")])


def test_a_hint_counts_for_its_criterion_s_component_and_any_other_for_the_exercise() -> None:
    about = {("hw", "1.loss"): "loss-choice", ("hw", "1.model"): ONE}
    assert known([hint(2, about="1.loss"), right()], about=about) == known([right()])
    assert known([hint(2, about="1.model"), right()], about=about) == known([wrong()])
    assert known([hint(2, about="M03"), right()], about=about) == known([wrong()])
    assert known([hint(2, "2"), right("1")]) == known([right("1")])


def test_what_comes_after_the_first_check_is_learning_once() -> None:
    failed = known([wrong()])
    later = known([wrong(code="b"), right(code="c")])
    assert later.p == pytest.approx(failed.p + (1 - failed.p) * 0.15)
    assert (later.tries, later.first, later.last) == (1, 0, False)
    assert known([wrong(code="b"), right(code="c"), right(code="d")]) == later
    assert known([right(code="a"), wrong(code="b"), right(code="c")]) == known([right(code="a")])


def test_the_same_code_says_nothing_new() -> None:
    assert known([wrong(code="b"), right(code="b")]) == known([wrong(code="b")])
    assert known([wrong(code=""), right(code="")]) == known([wrong(code="")])


@pytest.mark.parametrize("outcome", ["missing", "blocked", "unknown"])
def test_what_could_not_be_judged_is_no_evidence(outcome: Outcome) -> None:
    nothing = event("check", outcome=outcome, failed=(ONE,), code="x")
    assert trace([nothing], START) == {}
    assert known([nothing, right(code="x")]) == known([right(code="x")])
    assert trace([event("explain", failed=(ONE,))], START) == {}


def test_a_mistake_alone_is_put_right_when_the_exercise_is() -> None:
    seen = event("check", outcome="partly", code="a", passed=(ONE,), failed=("dtype",))
    fixed = event("check", outcome="correct", code="b", passed=(ONE,))
    before, now = (known(log, of="dtype") for log in ([seen], [seen, fixed]))
    assert now.p > before.p
    assert now.tries == 1


def test_chance_depends_on_what_is_asked() -> None:
    usual, given_line, numbers = (
        known([right()], guesses={("hw", "1", ONE): guess}).p
        for guess in (0.15, GUESS_GIVEN, GUESS_NUMBERS)
    )
    assert given_line < usual < numbers
    assert p_start("vit-patch") < p_start(ONE) == P_START < p_start("python")


def test_what_was_mastered_is_due_after_a_while_and_counts_anew() -> None:
    mastered = tries("+++")
    assert known(mastered, days=20).band == "mastered"
    gone = known(mastered, days=30)
    assert gone.band == "due again"
    assert gone.p < DUE
    assert known([*mastered, right("0", days=30)], days=30) == gone  # the same code
    looked = known([*mastered, right("0", days=30, code="z")], days=30)
    assert (looked.band, looked.tries) == ("mastered", 4)
    failed = known([*mastered, wrong("0", days=30, code="z")], days=30)
    assert (failed.tries, failed.first, failed.mastered) == (4, 3, False)


def test_time_alone_makes_nothing_new_of_what_was_learned() -> None:
    assert known([right()], days=500).band == "learning"


def test_each_success_doubles_the_time_until_half_is_gone() -> None:
    for successes, days in ((0, 7), (1, 14), (2, 28), (4, 112), (9, 112)):
        one = Known(ONE, 0.85, 9, successes, since=START)
        assert at(one, START + timedelta(days=days)).p == pytest.approx(0.25 + 0.6 / 2)
    assert at(one, START - timedelta(days=3)).p == 0.85


def test_whoever_fails_again_and_again_is_stuck() -> None:
    assert not known(tries("--")).stuck
    assert known(tries("---")).stuck
    assert not known(tries("--+")).stuck


@pytest.mark.slow
def test_simulated_learners_are_told_apart_and_mastery_is_what_it_says() -> None:
    script = Path(__file__).parent / "benchmarks" / "mastery.py"
    done = subprocess.run(
        [sys.executable, script, "--learners", "2000"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("enough\n")


# What holds for every log.

names = st.sampled_from(sorted(COMPONENTS))
outcomes = st.sampled_from(get_args(Outcome))
kinds: st.SearchStrategy[Kind] = st.sampled_from(("check", "check", "check", "hint", "solution"))


@st.composite
def logs(
    draw: st.DrawFn, components: Sequence[str] = ("dtype", ONE), place: str = ""
) -> list[Event]:
    """A log over a few exercises and codes, so that much of it happens again."""
    log, when = [], START
    for _ in range(draw(st.integers(0, 12))):
        when += timedelta(hours=draw(st.integers(0, 2000)))
        exercise = place + draw(st.sampled_from("123"))
        kind = draw(kinds)
        found = draw(st.lists(st.sampled_from(components), unique=True))
        lost = draw(st.lists(st.sampled_from(components), unique=True))
        log.append(Event(
            "ab", when, "hw", kind, exercise=exercise,
            outcome=draw(outcomes) if kind == "check" else None,
            passed=tuple(found) if kind == "check" else (),
            failed=tuple(lost) if kind == "check" else (),
            level=draw(st.integers(1, 3)) if kind == "hint" else None,
            code=draw(st.sampled_from("abc")),
        ))  # fmt: skip
    return log


def at_once(log: Sequence[Event]) -> list[Event]:
    """The same within a moment, so that nothing is forgotten in between."""
    return [e._replace(at=START) for e in log]


LATER = START + timedelta(days=3000)


@given(logs(), st.integers(0, 4000))
def test_a_probability_is_never_certain(log: list[Event], days: int) -> None:
    for one in trace(log, START + timedelta(days=days)).values():
        assert 0 < one.p < 1
        assert math.isfinite(one.p)


@given(st.lists(st.booleans(), max_size=200))
def test_not_even_after_two_hundred_tries(results: list[bool]) -> None:
    one = unknown(ONE)
    for result in results:
        one = observed(one, START, result, GUESS_NUMBERS, 0)
        assert 0 < one.p < 1


@given(logs(("dtype", "shape"), "x"), logs(("seed", ONE), "y"), st.randoms())
def test_the_order_of_what_is_unrelated_does_not_matter(
    one: list[Event], other: list[Event], chance: Any  # noqa: ANN401
) -> None:  # fmt: skip
    turns = [0] * len(one) + [1] * len(other)
    chance.shuffle(turns)
    sides = iter(one), iter(other)
    mixed = [next(sides[turn]) for turn in turns]
    assert trace(mixed, LATER) == trace([*one, *other], LATER)


@given(logs(), st.data())
def test_a_line_that_was_cut_off_loses_only_itself(log: list[Event], data: st.DataObject) -> None:
    lines = [e.line() for e in log]
    if not lines:
        return
    torn = data.draw(st.integers(0, len(lines) - 1))
    lines[torn] = lines[torn][: data.draw(st.integers(0, len(lines[torn]) - 1))]
    read = [e for line in lines if (e := read_line(line))]
    assert read == log[:torn] + log[torn + 1 :]


@given(logs(), st.integers(0, 12), st.sampled_from("123"), st.integers(1, 3))
def test_a_hint_never_raises_more_than_none(
    log: list[Event], place: int, exercise: str, level: int
) -> None:
    log = at_once(log)
    helped = [*log[:place], hint(level, exercise), *log[place:]]
    without = trace(log, START)
    for name, one in trace(helped, START).items():
        assert one.p <= without[name].p + 1e-12
        assert one.first <= without[name].first


@given(
    st.floats(0.01, 0.99), st.integers(0, 6), st.booleans(), st.integers(1, 3), st.floats(0.01, 0.4)
)
def test_a_hint_before_a_check_never_makes_more_of_it(
    p: float, first: int, well: bool, level: int, guess: float
) -> None:
    was = Known(ONE, p, first + 1, first, since=START)
    assert observed(was, START, well, guess, level).p <= observed(was, START, well, guess, 0).p


@given(logs(), st.integers(0, 500), st.integers(0, 500), names)
def test_forgetting_leads_back_to_the_start(
    log: list[Event], early: int, more: int, name: str
) -> None:
    end = log[-1].at if log else START
    sooner, later = (trace(log, end + timedelta(days=d)) for d in (early, early + more))
    for component, one in later.items():
        start, before = p_start(component), sooner[component].p
        assert min(start, before) - 1e-12 <= one.p <= max(start, before) + 1e-12
    assert at(unknown(name), LATER) == unknown(name)


@given(logs(), st.data())
def test_checking_the_same_code_again_is_no_evidence(log: list[Event], data: st.DataObject) -> None:
    checks = [i for i, e in enumerate(log) if e.kind == "check"]
    if not checks:
        return
    which = data.draw(st.sampled_from(checks))
    place = data.draw(st.integers(which + 1, len(log)))
    again = log[which]._replace(at=log[place - 1].at)
    assert trace([*log[:place], again, *log[place:]], LATER) == trace(log, LATER)
