"""The first hint of each exercise that is not passed, as `grader hint` would give it.

A comment on a pull request is public, so only the first rung is told: where to look. It belongs to
the mistake that was seen happening, else to a possible one, else to what was lost.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from grader.evidence import Evidence
from grader.grade import Grade
from grader.ladder_texts import fault_ladder, public_ladders
from grader.rubric import Rubric
from grader.tutor.hints import ladder_for, mended_first, next_hint
from grader.tutor.practice import Practised, event, practised

NOTHING_TO_TELL = ("correct", "missing", "unknown")
NOBODY, ANY_TIME = "", datetime(2000, 1, 1, tzinfo=UTC)
"""A hint hangs on what was found, and neither on who asks nor on when."""


def first_hints(grade: Grade, evidence: Evidence, rubric: Rubric) -> dict[str, str]:
    """By exercise, where to look; nothing for one that is correct, missing or not judged."""
    found = practised(grade, evidence, rubric)
    told = {exercise: first_hint(one, rubric, found) for exercise, one in found.items()}
    return {exercise: hint for exercise, hint in told.items() if hint}


def first_hint(found: Practised, rubric: Rubric, others: Collection[str]) -> str:
    """Where to look in one exercise; for a blocked one, what is to be mended first.

    Args:
        found: what is told of it.
        rubric: what earns points.
        others: the exercises that may be named.
    """
    if found.why or found.verdict in NOTHING_TO_TELL or rubric.help == "closed":
        return ""
    before = [event(found, NOBODY, ANY_TIME)]
    if first := mended_first(before):
        return f"mend {first} first" if before[0].blocked_by in ("", *others) else ""
    if not (found.faults or found.possible or found.criteria):
        return ""
    ladder = ladder_for(before, public_ladders(rubric, found.exercise), fault_ladder)
    if ladder is None:
        return ""
    return f"{ladder.title}. {next_hint(before, ladder, help_=rubric.help).text}"
