"""Where an exercise that cannot be judged has to be mended: the cell that stands in its way.

An exercise is blocked where its errors lead to another one, or to a cell that belongs to none. A
hint on the blocked exercise would lead to nothing: there may be nothing wrong with it.
"""

from __future__ import annotations

from typing import NamedTuple

from grader.consequences import Before, chain_of, note_losses, root_of_operands
from grader.evidence import Evidence
from grader.facts import CellEnded
from grader.grade import Grade


class Blocker(NamedTuple):
    """What is to be mended first.

    Attributes:
        exercise: its id; empty for a cell that belongs to none.
        cell: that raised or ended the run, from 1; None where the exercise is wrong without that.
    """

    exercise: str
    cell: int | None


def blocker(evidence: Evidence, grade: Grade, exercise: str) -> Blocker | None:
    """What blocks an exercise; None where nothing in the hand-in does but the exercise itself.

    Args:
        evidence: of the run.
        grade: what was made of it.
        exercise: id of one that is blocked.
    """
    before = losses_before(evidence, grade, exercise)
    for end in evidence.endings(exercise):
        found = ended_the_run(evidence) if end.ending == "unreached" else led_to(
            evidence, end, before
        )  # fmt: skip
        if found is not None and found.exercise != exercise:
            return found
    return None


def losses_before(evidence: Evidence, grade: Grade, exercise: str) -> Before:
    """The exercises before one whose heart lost something, as the judge noted them."""
    before: Before = {}
    for earlier in (e.id for e in grade.exercises):
        if earlier == exercise:
            break
        core = [m for m in grade.marks if m.exercise == earlier and m.core]
        note_losses(evidence, earlier, core, before)
    return before


def ended_the_run(evidence: Evidence) -> Blocker | None:
    """The cell after which nothing ran any more."""
    reached = [e for e in evidence.everywhere(CellEnded) if e.ending != "unreached"]
    return Blocker(reached[-1].exercise or "", reached[-1].cell + 1) if reached else None


def led_to(evidence: Evidence, end: CellEnded, before: Before) -> Blocker | None:
    """Where the error of a cell comes from, through all the names that errors left unset."""
    *later, first = chain_of(evidence, end)
    root = root_of_operands(evidence, first, before)
    if root:
        return Blocker(root, None)
    return Blocker(first.exercise or "", first.cell + 1) if later else None
