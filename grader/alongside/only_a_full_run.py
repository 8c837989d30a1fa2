"""Criteria that may be lost in the student's own kernel and met in a graded run.

A graded run has a GPU for who asks for one, and gives an unlucky training another start. Where a
criterion that hangs on either is not met, that is told, and neither what was seen nor expected.
"""

from __future__ import annotations

from typing import Any

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import DeviceAsked
from grader.finding import WITHHELD, Finding, no_evidence
from grader.rubric import Criterion, Rubric
from grader.tutor.practice import Practised, Remark

NO_GPU = "no GPU is in use here; only a full run can tell"
ONE_DEVICE = "everything was on the CPU here; a full run has the GPU that the code asks for"
BAD_LUCK = "it fell short here, and a graded run gives it another start; only a full run can tell"


class OnlyMet(Check):
    """Another check, of which nothing is told here but that it is met.

    Args:
        inner: the check.
        reason: why it cannot be told that it is not.
    """

    kind = "only_met"

    inner: Any
    reason: str

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """What the other says, unless that costs something."""
        found: Finding = self.inner.look(evidence, exercise)
        if found.verdict in ("passed", "not_attempted", *WITHHELD):
            return found
        return no_evidence(self.reason)

    @property
    def reads_operations(self) -> bool:  # type: ignore[override]  # of its class, there
        """As the other."""
        return bool(self.inner.reads_operations)

    @property
    def preparation_counts(self) -> bool:  # type: ignore[override]
        """As the other."""
        return bool(self.inner.preparation_counts)

    def needs(self) -> list[str]:
        """As the other."""
        return list(self.inner.needs())

    def reads_on(self) -> list[str]:
        """As the other."""
        return list(self.inner.reads_on())

    def challenges(self) -> list[str]:
        """As the other."""
        return list(self.inner.challenges())

    @classmethod
    def examples(cls) -> list[Example]:
        """None: no rubric can name it."""
        return []


def as_far_as_it_goes(rubric: Rubric, evidence: Evidence, *, gpu: bool) -> Rubric:
    """A rubric for a student's own kernel.

    Args:
        rubric: of the assignment.
        evidence: tells whether the code asks for a GPU.
        gpu: whether the student's code has one in use.
    """
    served = gpu or not evidence.everywhere(DeviceAsked)
    criteria = tuple(
        c.model_copy(update={"check": OnlyMet(inner=c.check, reason=why)})
        if (why := kept_back(c, gpu=gpu, served=served)) else c
        for c in rubric.criteria
    )  # fmt: skip
    return rubric.model_copy(update={"criteria": criteria})


def with_devices(
    found: Practised, rubric: Rubric, evidence: Evidence, *, gpu: bool
) -> Practised:  # fmt: skip
    """What a check tells, and where code that asked for a GPU will get one in a full run."""
    titles = {c.title for c in rubric.of(found.exercise) if hasattr(c.check, "agnostic")}
    if gpu or not titles.intersection(found.works) or not evidence.everywhere(DeviceAsked):
        return found
    return found._replace(notes=(*found.notes, Remark(ONE_DEVICE)))


def kept_back(criterion: Criterion, *, gpu: bool, served: bool) -> str:
    """Why a criterion that is not met here may be met in a graded run; empty if it may not.

    Args:
        criterion: which one.
        gpu: whether the code has a GPU in use.
        served: whether it has what it asks for, be that a GPU or none.
    """
    check = criterion.check
    if check.hangs_on_luck():
        return BAD_LUCK
    asks = getattr(check, "device", None) == "gpu" or getattr(check, "agnostic", False)
    draws = getattr(check, "used", False)  # on a GPU, they come from another generator
    return NO_GPU if (asks and not gpu) or (draws and not served) else ""
