"""Simulated learners: does what is traced predict the next answer, and is mastery what it says?

    python tests/benchmarks/mastery.py [--learners N] [--seed S]

Each learner tries one component in six exercises. Whether they know it before the first, learn it,
slip and guess follows a draw of their own, which the tracer never sees. Their checks and hints
become events, and the tracer of the program reads these, as it reads a student's log.

AUC and RMSE are of the next answer without help, from the second exercise on. Precision is how many
know the component when it is first called mastered, recall how many of those who know it in the end
were called so by then, and `after` the exercises that took. Exit code 1 if the learners as they are
usually simulated fall short of AUC 0.75, or of precision 0.95 at recall 0.75.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import sqrt
from typing import NamedTuple

from grader.tutor import mastery
from grader.tutor.events import Event
from grader.tutor.mastery import Known, success, trace, unknown

START = datetime(2026, 1, 1, tzinfo=UTC)
COMPONENT = "loop-order"
EXERCISES = 6
LEAST_AUC, LEAST_PRECISION, LEAST_RECALL = 0.75, 0.95, 0.75
BINS = 5


class Try(NamedTuple):
    """One exercise of a learner.

    Attributes:
        when: of its first check.
        hint: the highest level taken before; 0 without.
        right: whether the check was.
        knows: whether the learner knew the component after it.
    """

    when: datetime
    hint: int
    right: bool
    knows: bool


class World(NamedTuple):
    """How learners are drawn.

    Attributes:
        days: between two exercises at most.
        half_life: days until half of those who know it have forgotten it; 0 where nobody does.
        hints: how likely somebody who does not know it asks for hints first.
    """

    days: float = 0.0
    half_life: float = 0.0
    hints: float = 0.0


class Result(NamedTuple):
    """What a way to trace is worth."""

    auc: float
    rmse: float
    precision: float
    recall: float
    after: float


Prediction = tuple[float, bool]
Judge = Callable[[Sequence[Try]], tuple[float, bool]]
"""From the tries so far: how likely the next goes well, and whether the component is mastered."""


def learner(world: World, chance: random.Random) -> list[Try]:
    """One learner's way through the exercises; the four rates are their own."""
    knows = chance.random() < chance.uniform(0.05, 0.60)
    transit, slip = chance.uniform(0.05, 0.30), chance.uniform(0.03, 0.15)
    guess, when, tries = chance.uniform(0.05, 0.30), START, []
    for _ in range(EXERCISES):
        gap = chance.uniform(0, world.days)
        when += timedelta(days=gap)
        if world.half_life and chance.random() > 2 ** (-gap / world.half_life):
            knows = False
        hint = 0
        if not knows and chance.random() < world.hints:
            hint = chance.choice((1, 2, 3))
        rate = (guess, max(guess, 0.4), 0.8, 0.95)[hint]
        right = chance.random() < (1 - slip if knows else rate)
        knows = knows or chance.random() < transit
        tries.append(Try(when, hint, right, knows))
    return tries


def events(tries: Sequence[Try], *, hints: bool = True) -> list[Event]:
    """The log of a learner; without hints, as if none had been seen."""
    log = []
    for number, one in enumerate(tries):
        if one.hint and hints:
            log.append(Event("sim", one.when, "hw", "hint", str(number), level=one.hint))
        log.append(Event(
            "sim", one.when, "hw", "check", str(number),
            outcome="correct" if one.right else "wrong",
            passed=(COMPONENT,) if one.right else (), failed=() if one.right else (COMPONENT,),
        ))  # fmt: skip
    return log


def known(tries: Sequence[Try], **how: bool) -> Known:
    """What the program's tracer makes of it."""
    return trace(events(tries, **how), tries[-1].when).get(COMPONENT, unknown(COMPONENT))


def traced(tries: Sequence[Try]) -> tuple[float, bool]:
    """The tracer as it is."""
    one = known(tries)
    return success(one.p), one.mastered


def without_hints(tries: Sequence[Try]) -> tuple[float, bool]:
    """The tracer, blind for hints."""
    one = known(tries, hints=False)
    return success(one.p), one.mastered


def without_forgetting(tries: Sequence[Try]) -> tuple[float, bool]:
    """The tracer, as if all had happened at once."""
    return traced([t._replace(when=START) for t in tries])


def constant(_tries: Sequence[Try]) -> tuple[float, bool]:
    """The same for everybody, about as often as it goes well; never mastered."""
    return 0.6, False


def streak(tries: Sequence[Try]) -> tuple[float, bool]:
    """How many in a row were right, up to three; three are mastery."""
    row = next((n for n, t in enumerate(reversed(tries)) if not t.right), len(tries))
    return 0.15 + 0.75 * min(row, 3) / 3, row >= 3


def average(tries: Sequence[Try]) -> tuple[float, bool]:
    """An exponential moving average with weight 0.4; 0.85 of it are mastery."""
    value = 0.5
    for one in tries:
        value += 0.4 * (one.right - value)
    return value, value >= 0.85


JUDGES: dict[str, Judge] = {
    "traced": traced, "constant": constant, "three in a row": streak, "moving average": average,
}  # fmt: skip


def measured(judge: Judge, learners: Sequence[Sequence[Try]]) -> Result:
    """What a way to trace is worth over many learners."""
    predictions: list[Prediction] = []
    called = sure = knowing = found = 0
    steps = []
    for tries in learners:
        first = 0
        for done in range(1, len(tries) + 1):
            rate, mastered = judge(tries[:done])
            if done < len(tries) and not tries[done].hint:
                predictions.append((rate, tries[done].right))
            if mastered and not first:
                first = done
        knowing += tries[-1].knows
        if first:
            called += 1
            sure += tries[first - 1].knows
            found += tries[-1].knows
            steps.append(first)
    squares = sum((rate - right) ** 2 for rate, right in predictions)
    return Result(
        auc(predictions), sqrt(squares / len(predictions)), sure / called if called else 0.0,
        found / knowing, sum(steps) / len(steps) if steps else 0.0,
    )  # fmt: skip


def auc(predictions: Sequence[Prediction]) -> float:
    """How likely a right answer was held likelier than a wrong one; ties count half."""
    ranks, positives, place = 0.0, 0, 0
    for _, alike in groupby(sorted(predictions), key=lambda p: p[0]):
        answers = [right for _, right in alike]
        ranks += sum(answers) * (place + (len(answers) + 1) / 2)
        positives += sum(answers)
        place += len(answers)
    return (ranks - positives * (positives + 1) / 2) / (positives * (place - positives))


def calibration(learners: Sequence[Sequence[Try]]) -> Iterator[str]:
    """How often it went well where the tracer said so, in bins of what it said."""
    told: list[Prediction] = []
    for tries in learners:
        told += [(traced(tries[:n])[0], tries[n].right) for n in range(1, len(tries))]
    told.sort()
    for number in range(BINS):
        part = told[number * len(told) // BINS : (number + 1) * len(told) // BINS]
        said = sum(rate for rate, _ in part) / len(part)
        yield f"said {said:.2f}, was {sum(right for _, right in part) / len(part):.2f}"


@contextmanager
def constants(**values: float) -> Iterator[None]:
    """The tracer with other constants."""
    before = {name: getattr(mastery, name) for name in values}
    try:
        for name, value in values.items():
            setattr(mastery, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(mastery, name, value)


MIS_SET = {
    "start 0.50": {"P_START": 0.50},
    "start 0.10": {"P_START": 0.10},
    "guess 0.30": {"GUESS": 0.30},
    "guess 0.05": {"GUESS": 0.05},
    "slip 0.25": {"SLIP": 0.25},
    "transit 0.40": {"TRANSIT": 0.40},
    "all too hopeful": {"P_START": 0.50, "GUESS": 0.05, "TRANSIT": 0.30},
    "all too strict": {"P_START": 0.10, "GUESS": 0.30, "TRANSIT": 0.05},
}


def told(name: str, result: Result) -> str:
    """A result in one line."""
    predicts = f"AUC {result.auc:.3f}  RMSE {result.rmse:.3f}"
    called = f"precision {result.precision:.3f}  recall {result.recall:.3f}"
    return f"  {name:<20} {predicts}  {called}  after {result.after:.1f}"


def main() -> int:
    """Print the numbers; 1 if they fall short."""
    options = argparse.ArgumentParser()
    options.add_argument("--learners", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()

    def drawn(world: World, share: float = 1.0) -> list[list[Try]]:
        chance = random.Random(given.seed)  # noqa: S311  (a simulation)
        return [learner(world, chance) for _ in range(int(given.learners * share))]

    usual = drawn(World())
    print(f"{given.learners} learners with six exercises each")
    results = {name: measured(judge, usual) for name, judge in JUDGES.items()}
    for name, result in results.items():
        print(told(name, result))
    print("  calibration: " + "; ".join(calibration(usual)))
    stuck = [tries for tries in usual if known(tries).stuck]
    lost = sum(not tries[-1].knows for tries in stuck)
    share = f"{len(stuck) / len(usual):.1%}, of whom {lost / len(stuck):.0%} do not know it"
    print(f"  stuck in the end: {share}")
    print("with constants that are wrong")
    for name, values in MIS_SET.items():
        with constants(**values):
            print(told(name, measured(traced, usual[: len(usual) // 4])))
    print("learners who forget: half of what is known in 30 days, up to 20 days between exercises")
    forgetful = drawn(World(days=20, half_life=30), 0.5)
    for name, judge in {**JUDGES, "without forgetting": without_forgetting}.items():
        print(told(name, measured(judge, forgetful)))
    print("learners who ask for hints half of the time when they do not know")
    hinted = drawn(World(hints=0.5), 0.5)
    for name, judge in {**JUDGES, "blind for hints": without_hints}.items():
        print(told(name, measured(judge, hinted)))
    best = results["traced"]
    enough = (best.auc >= LEAST_AUC and best.precision >= LEAST_PRECISION
              and best.recall >= LEAST_RECALL)  # fmt: skip
    print("enough" if enough else "FALLS SHORT")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
