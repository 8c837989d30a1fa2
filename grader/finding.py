"""What a check concludes, and what a fault looks like."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["passed", "partly", "failed", "not_attempted", "blocked", "no_evidence", "broken"]
Severity = Literal["F", "W", "N"]
"""A fault, something that works by luck, something to know."""
Strength = Literal["observed", "challenged", "claimed"]

WITHHELD: tuple[Verdict, ...] = ("no_evidence", "broken")


class Finding(BaseModel):
    """One check's answer about one exercise.

    Attributes:
        verdict: no_evidence and broken never cost points; they withhold them.
        share: of the criterion's points, from 0 to 1.
        because: one sentence to the student.
        expected: what the check looked for; shown only where the rubric reveals it.
        actual: what it saw instead.
        where: `seq` of the facts it rests on.
        strength: what kind of fact it rests on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    share: float = Field(ge=0, le=1)
    because: str
    expected: str = ""
    actual: str = ""
    where: tuple[int, ...] = ()
    strength: Strength = "claimed"


class Diagnosis(BaseModel):
    """A mistake that was made, and so a likely cause of what a finding reports.

    Attributes:
        id: of the fault, as in `grader/faults/`.
        title: the mistake in a few words.
        severity: F costs points wherever it is what an exercise asks about; W and N never do.
        certain: whether it was seen happening; what the source alone suggests is possible.
        exercise: id of the exercise it was made in.
        cell: from 1.
        line: in the cell, from 1, where it is known.
        observed: what was seen.
        expected: what should have been.
        because: one sentence to the student: what follows from it.
        folds: ids of faults that were found too, and follow from this one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    severity: Severity
    certain: bool
    exercise: str
    cell: int | None = None
    line: int | None = None
    observed: str = ""
    expected: str = ""
    because: str = ""
    folds: list[str] = []


def passed(because: str, *, where: tuple[int, ...] = (), **more: str) -> Finding:
    """Everything the check asks for is there."""
    return Finding.model_validate(
        {"verdict": "passed", "share": 1.0, "because": because, "where": where, **more}
    )


def partly(share: float, because: str, *, where: tuple[int, ...] = (), **more: str) -> Finding:
    """The heart is there, something asked for is not."""
    return Finding.model_validate(
        {"verdict": "partly", "share": share, "because": because, "where": where, **more}
    )


def failed(because: str, *, where: tuple[int, ...] = (), **more: str) -> Finding:
    """Seen, and not what was asked for."""
    return Finding.model_validate(
        {"verdict": "failed", "share": 0.0, "because": because, "where": where, **more}
    )


def no_evidence(because: str, **more: str) -> Finding:
    """It could not be seen; nobody loses a point by it."""
    return Finding.model_validate(
        {"verdict": "no_evidence", "share": 0.0, "because": because, **more}
    )


def waiting(waits: list[str], shares: dict[str, float | None]) -> Finding:
    """Blocked by what went wrong before; withheld if that could not be judged itself."""
    unjudged = [a for a in waits if shares.get(a, 0.0) is None]
    if unjudged:
        return no_evidence(f"waits for {', '.join(unjudged)}, which could not be judged")
    return Finding(verdict="blocked", share=0, because=f"waits for {', '.join(waits)}")
