"""What points rest on: what the host saw, challenges, claims borne out from outside, or claims."""

from __future__ import annotations

from typing import Literal, get_args

from grader.evidence import Evidence
from grader.facts import Claim, Corroborated
from grader.grade import Grade, Mark

Footing = Literal["observed", "challenged", "corroborated", "claimed"]


def rests_on(grade: Grade, evidence: Evidence) -> dict[Footing, float]:
    """How many of the earned points rest on what."""
    points: dict[Footing, float] = dict.fromkeys(get_args(Footing), 0.0)
    borne_out = corroborated(evidence)
    for mark in grade.marks:
        if mark.earned:
            points[footing(mark, evidence, borne_out)] += mark.earned
    return points


def corroborated(evidence: Evidence) -> set[int]:
    """`seq` of the claims that something outside bears out."""
    return {seq for c in evidence.everywhere(Corroborated) for seq in c.claims}


def footing(mark: Mark, evidence: Evidence, borne_out: set[int]) -> Footing:
    """What one mark rests on; its claims are borne out together or not at all."""
    if mark.strength != "claimed":
        return mark.strength
    facts = [evidence.facts[w] for w in mark.where if w < len(evidence.facts)]
    claims = [f.seq for f in facts if isinstance(f, Claim)]
    if facts and not claims:
        return "observed"
    return "corroborated" if claims and borne_out.issuperset(claims) else "claimed"
