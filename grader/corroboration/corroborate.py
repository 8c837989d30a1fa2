"""Evidence, and what outside the student's process says of its claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal

from grader.corroboration.borne_out import BorneOut
from grader.corroboration.certainty import judge_all
from grader.corroboration.code import Code
from grader.corroboration.displayed import Displays
from grader.corroboration.doubts import doubts
from grader.corroboration.plan import Reply, Step, plan
from grader.errors import HostError
from grader.evidence import Evidence, number
from grader.facts import Corroborated, Doubted, Fact

UNKNOWN = "what it told could not be computed again"
MOST_CLAIMS = 20_000
"""Claims that one fact may name."""
Replay = Callable[[list[Step]], list[Reply]]
"""Does steps in a clean process; raises HostError where that is not to be had."""


def corroborated(evidence: Evidence, replay: Replay) -> Evidence:
    """The evidence with what corroborates its claims, or speaks against them, at its end.

    Where the clean process fails twice, nobody knows whether the hand-in made it fail: that is a
    doubt, and what needs no such process is said besides.
    """
    asked = plan(evidence)
    replies, failed = replayed(replay, [a.step for a in asked])
    asked = [] if failed else asked
    code, displays = Code(evidence), Displays(evidence)
    judged = judge_all(evidence, asked, replies)
    more: list[Fact] = [
        *failed,
        *doubts(evidence, code, displays, judged),
        *borne_out(BorneOut(evidence, code, displays, judged), evidence),
    ]
    return Evidence(header=evidence.header, facts=number([*evidence.facts, *more]))


def replayed(replay: Replay, steps: list[Step]) -> tuple[list[Reply], list[Doubted]]:
    """The replies to steps, or a doubt where there are none."""
    for _ in range(2):
        with suppress(HostError):
            return replay(steps), []
    return [], [Doubted(cell=0, reason=UNKNOWN)]


def contradictions(evidence: Evidence, replies: list[Reply]) -> list[Doubted]:
    """What speaks against claims, given the replies to the steps of `plan(evidence)`."""
    code = Code(evidence)
    judged = judge_all(evidence, plan(evidence), replies)
    return doubts(evidence, code, Displays(evidence), judged)


def borne_out(found: BorneOut, evidence: Evidence) -> list[Corroborated]:
    """The claims that are borne out: one fact for each exercise and way."""
    return [
        *gathered(evidence, "replayed", found.replayed),
        *gathered(evidence, "displayed", found.displayed),
        *gathered(evidence, "written", found.written),
    ]


def gathered(
    evidence: Evidence, how: Literal["replayed", "displayed", "written"], claims: Iterable[int]
) -> list[Corroborated]:
    """Claims by their exercise."""
    by_exercise: dict[str | None, list[Fact]] = {}
    for fact in (evidence.facts[seq] for seq in sorted(claims)):
        by_exercise.setdefault(fact.exercise, []).append(fact)
    return [
        Corroborated(
            cell=facts[0].cell, exercise=exercise, how=how,
            claims=[f.seq for f in facts[:MOST_CLAIMS]],
        )
        for exercise, facts in by_exercise.items()
    ]  # fmt: skip
