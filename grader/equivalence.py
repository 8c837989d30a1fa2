"""Whether a changed solution does the same as the solution, as far as evidence can tell.

A change that nobody can tell from outside, such as a second `model.train()`, is no mistake that a
rubric has to punish. Runs from several seeds say what hangs on chance; the rest has to be equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellRead

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
ASIDE = {"seq", "line", "kind"}
"""Fields that say where a fact stands; the kind is told apart by `seen`."""
CHANCE = "…"
"""In place of what another seed changes."""


class Seen(NamedTuple):
    """What a run showed, without the source of its cells.

    Attributes:
        kinds: of its facts, in order.
        facts: their fields, in the same order.
    """

    kinds: tuple[str, ...]
    facts: tuple[Plain, ...]


def seen(evidence: Evidence) -> Seen:
    """What a run showed."""
    facts = [fact for fact in evidence.facts if not isinstance(fact, CellRead)]
    kinds = (type(fact).__name__ for fact in facts)
    return Seen(tuple(kinds), tuple(fact.model_dump(mode="json", exclude=ASIDE) for fact in facts))


def steady(runs: Sequence[Seen]) -> Seen | None:
    """What runs of one solution from several seeds have in common.

    None where they did not even see the same kinds of facts: nothing can be told equal to them.
    """
    if not runs or len({run.kinds for run in runs}) > 1:
        return None
    first, *others = runs
    facts = first.facts
    for other in others:
        facts = tuple(common(a, b) for a, b in zip(facts, other.facts, strict=True))
    return Seen(first.kinds, facts)


def does_the_same(solution: Seen | None, changed: Seen) -> bool:
    """Whether a run shows all that a solution's runs have in common, and nothing besides."""
    return (
        solution is not None
        and solution.kinds == changed.kinds
        and all(equal(a, b) for a, b in zip(solution.facts, changed.facts, strict=True))
    )


def common(one: Plain, other: Plain) -> Plain:
    """What two values have in common."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {key: common(one[key], other[key]) for key in one}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [common(a, b) for a, b in zip(one, other, strict=True)]
    return one if same(one, other) else CHANCE


def equal(solution: Plain, changed: Plain) -> bool:
    """Whether a value is what a solution's runs have in common."""
    if solution == CHANCE:
        return True
    if isinstance(solution, dict) and isinstance(changed, dict):
        return solution.keys() == changed.keys() and all(
            equal(solution[key], changed[key]) for key in solution
        )
    if isinstance(solution, list) and isinstance(changed, list):
        return len(solution) == len(changed) and all(map(equal, solution, changed))
    return same(solution, changed)


def same(one: Plain, other: Plain) -> bool:
    """Whether two values are the same; one that is not a number is the same as another such."""
    return one == other or (one != one and other != other)  # noqa: PLR0124  (nan)
