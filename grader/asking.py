"""What is asked of an exercise's cells, and where else its answer could be."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence

from grader.assignment import Assignment
from grader.evidence import Evidence
from grader.facts import CellRead
from grader.finding import Finding, partly
from grader.rubric import Criterion, Rubric
from grader.spoilt import spoilt


def ask(evidence: Evidence, criterion: Criterion, exercise: str) -> Finding:
    """The check's own answer, and what spoils it; a bug in either costs nobody a point."""
    try:
        finding = criterion.check.look(evidence, exercise)
        if finding.verdict != "passed" or not criterion.mistakes:
            return finding
        made = spoilt(evidence, exercise, criterion.mistakes)
        return finding if made is None else partly(0.5, made.title, expected=made.expected,
                                                   actual=made.observed,
                                                   where=finding.where)  # fmt: skip
    except Exception:  # broad: a check is code of ours or of a plug-in
        trace = traceback.format_exc(limit=-3)
        return Finding(verdict="broken", share=0, actual=trace[-1500:],
                       because="this could not be checked; it is not your fault")  # fmt: skip


def only_prepared(evidence: Evidence, rubric: Rubric, exercise: str) -> bool:
    """Whether an exercise that asks for more holds nothing but seeds, devices and constants."""
    written = [c for c in evidence.of(exercise, CellRead) if c.written]
    core = [c.check for c in rubric.of(exercise) if c.core]
    return all(c.prepares for c in written) and not any(c.preparation_counts for c in core)


def where_else(
    evidence: Evidence, rubric: Rubric, assignment: Assignment, exercise: str
) -> str:  # fmt: skip
    """Where else the answer to an empty exercise may stand, in words; empty where nowhere."""
    other = answered_elsewhere(evidence, rubric, assignment, exercise)
    if other is not None:
        return f"left empty, but exercise {other} seems to answer it"
    return astray(evidence, [e.id for e in assignment.exercise], exercise)


def astray(evidence: Evidence, exercises: Sequence[str], exercise: str) -> str:
    """Which cells may answer an exercise whose heading was not found; empty where none may.

    They stand under no heading at all, where the exercise would be among the others.

    Args:
        evidence: of the run.
        exercises: ids of all, in order.
        exercise: that nothing was handed in for.
    """
    if exercise not in evidence.header.unheaded or evidence.attempted(exercise):
        return ""
    here = exercises.index(exercise)
    read = evidence.everywhere(CellRead)
    first = max((c.cell for c in read if c.exercise in exercises[:here]), default=-1)
    last = min((c.cell for c in read if c.exercise in exercises[here + 1 :]), default=-1)
    loose = [c.cell + 1 for c in read if c.exercise is None and c.written and not c.prepares
             and first < c.cell < last]  # fmt: skip
    if not loose:
        return ""
    cells = f"cell {loose[0]}" if len(loose) == 1 else f"cells {loose[0]} to {loose[-1]}"
    return f"no heading of exercise {exercise} was found; {cells}, under none, may answer it"


def answered_elsewhere(
    evidence: Evidence, rubric: Rubric, assignment: Assignment, exercise: str
) -> str | None:
    """The nearest attempted exercise, if its cells satisfy all that an empty one asks for.

    Several exercises answered in one cell are answers; a person should say so. All criteria are
    asked, because a course repeats itself: exercise 3 done right is no answer to "3 again, seeded".
    Where the empty one has no heading, its answer lies under another's, and one core criterion is
    enough.
    """
    asked = rubric.of(exercise)
    if evidence.attempted(exercise) or not asked:
        return None
    enough: Callable[[Iterable[bool]], bool] = all
    if exercise in evidence.header.unheaded:
        asked, enough = [c for c in asked if c.core], any
    ids = [e.id for e in assignment.exercise]
    here = ids.index(exercise)
    before = next((e for e in reversed(ids[:here]) if evidence.attempted(e)), None)
    after = next((e for e in ids[here + 1 :] if evidence.attempted(e)), None)
    for other in (before, after):
        if other is not None and enough(ask(evidence, c, other).verdict == "passed" for c in asked):
            return other
    return None
