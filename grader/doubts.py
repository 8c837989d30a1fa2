"""What a doubt about the evidence does to points.

A doubt is no proof. So nobody gets points from doubted evidence, and nobody loses any by a doubt:
what a criterion earned is withheld until a person has looked; what was lost in any case stays
lost.
"""

from __future__ import annotations

from collections.abc import Iterable

from grader.evidence import Evidence
from grader.facts import Doubted
from grader.finding import Finding, no_evidence


def doubt_about(evidence: Evidence, exercises: Iterable[str]) -> Doubted | None:
    """The first doubt about any of these exercises or the whole hand-in, if there is one."""
    concerned = {None, *exercises}
    return next((d for d in evidence.everywhere(Doubted) if d.exercise in concerned), None)


def doubted(finding: Finding, doubt: Doubted | None) -> Finding:
    """The finding with what it earned withheld.

    A doubt about the whole hand-in says that code may have helped it to pass. One about a single
    exercise says that its outcome is uncertain, so there what failed is withheld as well.
    """
    if doubt is None:
        return finding
    uncertain = doubt.exercise is not None and finding.verdict in ("failed", "blocked")
    if finding.share == 0 and not uncertain:
        return finding
    kept = {"where": finding.where, "strength": finding.strength}
    withheld = no_evidence(told(doubt), expected=finding.expected, actual=finding.actual)
    return withheld.model_copy(update=kept)


def told(doubt: Doubted) -> str:
    """A doubt as a sentence that says what it is about."""
    return doubt.reason if doubt.exercise is None else f"exercise {doubt.exercise}: {doubt.reason}"


def reasons(evidence: Evidence) -> list[str]:
    """Each doubt as a reason for a person to look, once."""
    return list(dict.fromkeys(told(d) for d in evidence.everywhere(Doubted)))
