"""A model's numbers for points, read as classes in every way that may be meant."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.model_facts import TrainingSeen
from grader.recipes import Rows

HALF = 0.5
"""What parts the classes 0 and 1 where a model's number is drawn to the number of the class."""


def gives_logits(evidence: Evidence, model: str | None) -> bool:
    """Whether all that a model was trained with reads its one number as a logit."""
    losses = {t.loss.kind for t in evidence.everywhere(TrainingSeen) if t.model == model and t.loss}
    return losses == {"binary_cross_entropy_with_logits"}


def readings(
    rows: Rows, classes: list[int], *, only_logits: bool
) -> Iterator[tuple[str, list[int]]]:
    """The ways to read outputs as classes, each with how it is told."""
    if len(rows[0]) >= max(2, len(set(classes))):
        yield "", [row.index(max(row)) for row in rows]
    if len(rows[0]) != 1:
        return
    numbers = [row[0] for row in rows]
    if set(numbers) <= set(classes):
        yield "", [int(n) for n in numbers]
    if len(set(classes)) == 2:
        yield "", [int(n > 0) for n in numbers]
        if all(0 <= n <= 1 for n in numbers):
            yield "", [int(n > HALF) for n in numbers]
        elif not only_logits:
            yield f", read from {HALF} on as class 1", [int(n > HALF) for n in numbers]


def right(read: list[int], classes: list[int]) -> float:
    """The share of points whose class is right."""
    return sum(r == c for r, c in zip(read, classes, strict=True)) / len(classes)
