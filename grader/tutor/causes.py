"""Which mistakes may be behind what an exercise lost, also where they show in another exercise."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import NamedTuple

from grader.cell_code import page_of
from grader.components import needs
from grader.diagnosing import by_id
from grader.evidence import Evidence
from grader.facts import CellRead
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
    it lies at the same stage, and anywhere where the result is lost. An error of another exercise
    that was raised in a line of this one is among them. What was made elsewhere is told as
    possible: first where mistakes in the exercise follow from it, or alone where there are none.

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
    found_here = [d for d in grade.diagnoses if d.exercise == exercise.id]
    here = [
        d for d in [*found_here, *made_in(exercise.id, grade, evidence)]
        if (d.severity == "F" or known[d.id].component in about
             or (d.severity == "W" and stages & {known[d.id].stage, "result"}))
    ]  # fmt: skip
    here.sort(key=lambda d: (d.severity != "F", not d.certain))
    elsewhere = [d for d in grade.diagnoses if d.exercise != exercise.id and d not in here]
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


def made_in(exercise: str, grade: Grade, evidence: Evidence) -> list[Diagnosis]:
    """Errors of other exercises that were raised in the cells of this one, each line once."""
    own, known = {c.cell + 1 for c in evidence.of(exercise, CellRead)}, by_id()
    there = [d for d in grade.diagnoses if d.exercise != exercise and d.cell in own and costs(d)
             and known[d.id].stage == "crash"]  # fmt: skip
    return list({(d.id, d.cell, d.line): d for d in reversed(there)}.values())


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
    ties, cell = evidence.once(ties_of), found.cell or 0
    later = ties.used_last.get(exercise, {})
    return exercise in ties.leans_on.get(cell, ()) or any(
        later.get(name, 0) > cell for name in ties.sets.get(cell, ())
    )


class Ties(NamedTuple):
    """What the cells of a hand-in have to do with each other; cells count from 1.

    Attributes:
        leans_on: of each cell, its exercise, and those that last set what it uses.
        sets: of each cell, the names it sets.
        used_last: of each exercise, the last of its cells that uses a name.
    """

    leans_on: dict[int, set[str | None]]
    sets: dict[int, frozenset[str]]
    used_last: dict[str | None, dict[str, int]]


def ties_of(evidence: Evidence) -> Ties:
    """The names of a hand-in; ask for them with `evidence.once(ties_of)`."""
    ties = Ties({}, {}, {})
    set_last: dict[str, str | None] = {}
    for code in evidence.once(page_of).cells:
        cell, exercise = code.read.cell + 1, code.read.exercise
        used = {
            n.id for n in code.walk() if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
        }
        ties.leans_on[cell] = {exercise, *(set_last[n] for n in used if n in set_last)}
        ties.sets[cell] = names_set(code.read.source)
        ties.used_last.setdefault(exercise, {}).update(dict.fromkeys(used, cell))
        set_last |= dict.fromkeys(ties.sets[cell], exercise)
    return ties
