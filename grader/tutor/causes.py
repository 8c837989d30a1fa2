"""Which mistakes may be behind what an exercise lost, also where they show in another exercise."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from grader.cell_code import page_of
from grader.components import needs
from grader.diagnosing import by_id
from grader.evidence import Evidence
from grader.fault import possible
from grader.finding import Diagnosis
from grader.grade import ExerciseGrade, Grade
from grader.missing_names import names_set


def causes_in(
    exercise: ExerciseGrade, grade: Grade, evidence: Evidence,
    amiss: Collection[str], asked: Collection[str],
) -> list[Diagnosis]:  # fmt: skip
    """The mistakes that may be behind what an exercise lost, the likeliest first.

    What works by luck, or is only worth knowing, is among them where the exercise lost something
    that asks for the same understanding, or for one that rests on it; what works by luck also where
    it lies at the same stage. What was made elsewhere is told as possible: first where mistakes in
    the exercise follow from it, or alone where there are none.

    Args:
        exercise: as its public criteria make it.
        grade: with all mistakes.
        evidence: what it was made from.
        amiss: components of the criteria that lost something or could not be judged.
        asked: components of all the exercise's public criteria.
    """
    if exercise.verdict in ("correct", "missing"):
        return []
    known, about = by_id(), resting_on(amiss)
    stages = {fault.stage for fault in known.values() if fault.component in amiss}
    here = [
        d for d in grade.diagnoses if d.exercise == exercise.id
        and (d.severity == "F" or known[d.id].component in about
             or (d.severity == "W" and known[d.id].stage in stages))
    ]  # fmt: skip
    here.sort(key=lambda d: (d.severity != "F", not d.certain))
    elsewhere = [d for d in grade.diagnoses if d.exercise != exercise.id and d.severity == "F"]
    if not here:
        return [possible(d) for d in elsewhere
                if known[d.id].component in asked and tied(d, exercise.id, evidence)]  # fmt: skip
    found = {d.id for d in here}
    roots = [d for d in elsewhere if d.certain and found.intersection(known[d.id].folds)]
    follow = {fault for d in roots for fault in known[d.id].folds}
    return [*map(possible, roots), *(d for d in here if d.id not in follow)]


def costs(found: Diagnosis) -> bool:
    """Whether a mistake was seen happening and is wrong wherever an exercise asks for it."""
    return found.certain and found.severity == "F"


def resting_on(components: Iterable[str]) -> set[str]:
    """Components, and all those without which they are hard to come by."""
    known: set[str] = set()
    more = set(components)
    while more := more - known:
        known |= more
        more = {needed for component in more for needed in needs(component)}
    return known


def tied(found: Diagnosis, exercise: str, evidence: Evidence) -> bool:
    """Whether a mistake in another exercise is about the same names as an exercise.

    Its line uses what the exercise's cells set last, or sets what they use.
    """
    last: dict[str, str | None] = {}
    made: set[str] = set()
    for cell in evidence.once(page_of).cells:
        names = [n for n in cell.walk() if isinstance(n, ast.Name)]
        if cell.read.cell + 1 == found.cell:
            line = [n for n in names if found.line in (None, cell.line(n))]
            if any(last.get(n.id) == exercise for n in line if isinstance(n.ctx, ast.Load)):
                return True
            made = {n.id for n in line if isinstance(n.ctx, ast.Store)}
        elif made and cell.read.exercise == exercise and made & {n.id for n in names}:
            return True
        last |= dict.fromkeys(names_set(cell.read.source), cell.read.exercise)
    return False
