"""Which mistakes a hand-in shows, causes first, and what follows from a cause folded under it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from grader.catalogue import faults
from grader.evidence import Evidence
from grader.fault import STAGES, Fault
from grader.finding import Diagnosis
from grader.grade import Grade

SEVERITIES = ("F", "W", "N")
MOST_OF_ONE = 5
"""Places of one fault in an exercise that are told."""


class Diagnosed(NamedTuple):
    """What was found.

    Attributes:
        diagnoses: by exercise, then what is wrong before what is worth knowing, then along the way
            from data to result, what is certain first.
        bugs: tracebacks of detectors that failed; they cost nobody anything.
    """

    diagnoses: list[Diagnosis]
    bugs: list[str]


def diagnose(evidence: Evidence, exercises: Sequence[str]) -> Diagnosed:
    """The mistakes in a hand-in.

    Args:
        evidence: of its run; of one that did not run, nothing is said.
        exercises: ids of the exercises, in order.
    """
    found: list[Diagnosis] = []
    bugs: list[str] = []
    for exercise in exercises:
        if not evidence.attempted(exercise):
            continue
        here: list[Diagnosis] = []
        for fault in faults():
            try:
                here += list(islice(fault.find(evidence, exercise), MOST_OF_ONE))
            except Exception:  # broad: a detector is code of ours or of a plug-in
                bugs.append(f"{fault.id}: {traceback.format_exc(limit=-3)[-1500:]}")
        found += folded(ordered(here))
    return Diagnosed(found, bugs)


def diagnosed(grade: Grade, evidence: Evidence) -> Grade:
    """A grade with the mistakes that were found; its points stay as they are."""
    found = diagnose(evidence, [exercise.id for exercise in grade.exercises])
    return grade.model_copy(update={"diagnoses": found.diagnoses, "detector_bugs": found.bugs})


def ordered(found: Sequence[Diagnosis]) -> list[Diagnosis]:
    """An exercise's mistakes, the likeliest cause first."""
    stage = {f.id: STAGES.index(f.stage) for f in faults()}
    return sorted(
        found,
        key=lambda d: (
            SEVERITIES.index(d.severity), not d.certain, stage[d.id], d.cell or 0, d.line or 0, d.id
        ),
    )  # fmt: skip


def folded(found: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The mistakes that follow from no other, with the ids of those that follow from them."""
    follows = {f.id: frozenset(f.folds) for f in faults()}
    causes = [d for d in found if not any(d.id in follows[c.id] for c in found if c.id != d.id)]
    return [
        cause.model_copy(update={
            "folds": sorted({d.id for d in found if d.id in follows[cause.id]} - {cause.id})
        })
        for cause in causes
    ]  # fmt: skip


def by_id() -> dict[str, Fault]:
    """All faults by their id."""
    return {fault.id: fault for fault in faults()}
