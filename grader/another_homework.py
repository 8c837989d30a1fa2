"""Whether a hand-in whose exercises were told by their numbers alone is one to this assignment.

Any homework counts its exercises from 1. Where nothing else tells which homework it is, what is in
it has to: if hardly any exercise holds what is asked for there, a person says whether it is another
homework or a weak answer to this one, and no point is lost until then.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.evidence import Header
from grader.finding import WITHHELD, Finding, no_evidence
from grader.rubric import Criterion

DOUBT = (
    "its exercises are told by their numbers alone, and hardly any holds what is asked for: is it"
    " another homework?"
)


def unless_another(header: Header, found: Sequence[tuple[Criterion, Finding]]) -> list[Finding]:
    """The findings; what was lost is withheld where it may be another homework.

    Args:
        header: says which exercises were told by their numbers alone.
        found: a finding for each criterion.
    """
    graded = {criterion.exercise for criterion, _ in found}
    answered = {c.exercise for c, finding in found if c.core and finding.share > 0}
    known = graded.difference(header.by_number)
    if len(known) * 2 >= len(graded) or len(answered) * 4 >= len(graded):
        return [finding for _, finding in found]
    return [
        finding if finding.share == 1 or finding.verdict in WITHHELD else no_evidence(DOUBT)
        for _, finding in found
    ]
