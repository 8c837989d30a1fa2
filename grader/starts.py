"""What several runs of a hand-in from different seeds reached, and whether another might do more.

Where a notebook sets the seed that decides, all of them reach the same. Otherwise each is one throw
of its dice: who misses a threshold by not much more than the throws lie apart might have met it,
and whoever decides that by the seed of a grader throws dice, too. So a person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.evidence import Evidence
from grader.facts import Answered, Challenged, Fact
from grader.recipes import Own

TIMES = 2.0
"""How often what the runs lie apart fits into what is missing, at most, for one to be in reach."""
NEAR = 0.2
"""Who misses by a larger share than this is short of more than luck."""


def each_start(evidence: Evidence, challenge: str) -> Iterator[Evidence]:
    """The evidence as each run that answered a challenge alone would have it.

    The runs are compared on the same points: on all of them.
    """
    answers = [a for a in evidence.everywhere(Answered) if a.challenge == challenge]
    for start in sorted({a.again for a in answers}):
        facts = [f for f in evidence.facts if not isinstance(f, Answered) or f.again == start]
        yield Evidence(header=evidence.header, facts=tuple(map(of_all_points, facts)))


def of_all_points(fact: Fact) -> Fact:
    """A challenge of which every point counts: which were kept for testing, another run decides."""
    if isinstance(fact, Challenged) and isinstance(fact.inputs, Own):
        return fact.model_copy(update={"inputs": fact.inputs.model_copy(update={"test": []})})
    return fact


def within_reach(reached: Sequence[float], at_least: float) -> bool:
    """Whether another run might reach what none of these did.

    Args:
        reached: by each run.
        at_least: what was asked for.
    """
    apart = max(reached, default=0.0) - min(reached, default=0.0)
    return apart > 0 and at_least - max(reached) <= min(TIMES * apart, NEAR)
