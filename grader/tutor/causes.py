"""Which mistakes may be behind what an exercise lost, also where they show in another exercise."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from grader.cell_code import page_of
from grader.components import needs
from grader.diagnosing import by_id
from grader.evidence import Evidence
from grader.fault import Stage, possible
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
    it lies at the same stage, and anywhere where the result is lost. What was made elsewhere is
    told as possible: first where mistakes in the exercise follow from it, or alone where there are
    none.

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
    stages = stages_of(amiss)
    here = [
        d for d in grade.diagnoses if d.exercise == exercise.id
        and (d.severity == "F" or known[d.id].component in about
             or (d.severity == "W" and stages & {known[d.id].stage, "result"}))
    ]  # fmt: skip
    here.sort(key=lambda d: (d.severity != "F", not d.certain))
    elsewhere = [d for d in grade.diagnoses if d.exercise != exercise.id]
    if not here:
        around = stages_of(asked)
        roots = [
            d for d in elsewhere
            if (known[d.id].component in amiss if d.severity != "F" else
                known[d.id].component in asked or known[d.id].stage in around)
            and d.severity != "N" and tied(d, exercise.id, evidence)
        ]  # fmt: skip
        roots.sort(key=lambda d: (known[d.id].component not in amiss, d.severity != "F"))
        return [possible(d) for d in roots]
    found = {d.id for d in here}
    roots = [d for d in elsewhere if costs(d) and found.intersection(known[d.id].folds)]
    follow = {fault for d in roots for fault in known[d.id].folds}
    return [*map(possible, roots), *(d for d in here if d.id not in follow)]


def costs(found: Diagnosis) -> bool:
    """Whether a mistake was seen happening and is wrong wherever an exercise asks for it."""
    return found.certain and found.severity == "F"


def stages_of(components: Collection[str]) -> set[Stage]:
    """Where the mistakes lie that are about some components."""
    return {fault.stage for fault in by_id().values() if fault.component in components}


def resting_on(components: Iterable[str]) -> set[str]:
    """Components, and all those without which they are hard to come by."""
    known: set[str] = set()
    more = set(components)
    while more := more - known:
        known |= more
        more = {needed for component in more for needed in needs(component)}
    return known


def tied(found: Diagnosis, exercise: str, evidence: Evidence) -> bool:
    """Whether a mistake told in another exercise is about the same names as an exercise.

    Its cell is one of the exercise, uses what the exercise's cells set last, or sets what they use.
    """
    last: dict[str, str | None] = {}
    made: frozenset[str] = frozenset()
    for cell in evidence.once(page_of).cells:
        used = {
            n.id for n in cell.walk() if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        if cell.read.cell + 1 == found.cell:
            if cell.read.exercise == exercise or any(last.get(n) == exercise for n in used):
                return True
            made = names_set(cell.read.source)
        elif cell.read.exercise == exercise and made & used:
            return True
        last |= dict.fromkeys(names_set(cell.read.source), cell.read.exercise)
    return False
