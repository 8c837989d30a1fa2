"""What models were called on, and what they were trained on."""

from __future__ import annotations

from statistics import fmean, pstdev

from grader.evidence import Evidence
from grader.facts import ModelCalled, TensorSeen
from grader.model_facts import TrainingSeen

STANDARD, EXACT = 0.1, 1e-4
"""How far mean and deviation may be from 0 and 1; and smallest and largest from 0 and 1."""


def inputs(evidence: Evidence, called: ModelCalled, *, trained: bool = False) -> list[TensorSeen]:
    """What a model was called on: while gradients were recorded, or in any mode."""
    by_handle = {t.handle: t for t in in_cell(evidence, called.cell)}
    data = [d for d in called.data if not trained or d.mode.endswith("grad")]
    if trained and any(d.mode == "train_grad" for d in data):
        data = [d for d in data if d.mode == "train_grad"]
    return [by_handle[d.tensor] for d in data if d.tensor in by_handle]


def in_cell(evidence: Evidence, cell: int) -> list[TensorSeen]:
    """The tensors of one cell."""
    return evidence.once(tensors_by_cell).get(cell, [])


def tensors_by_cell(evidence: Evidence) -> dict[int, list[TensorSeen]]:
    """All tensors, by their cells."""
    found: dict[int, list[TensorSeen]] = {}
    for tensor in evidence.everywhere(TensorSeen):
        found.setdefault(tensor.cell, []).append(tensor)
    return found


def is_standardised(tensor: TensorSeen) -> bool:
    """Whether numbers look scaled to mean 0 and deviation 1, or to lie from 0 to 1 exactly."""
    values = tensor.values
    if values:
        low, high, mean = min(values), max(values), fmean(values)
        spread = pstdev(values)
    elif tensor.stats and len(tensor.stats) == 4:
        low, high, mean, spread = tensor.stats
    else:
        return False
    by_deviation = abs(mean) < STANDARD and abs(spread - 1) < STANDARD
    return by_deviation or (abs(low) < EXACT and abs(high - 1) < EXACT)


def trained_on(evidence: Evidence) -> list[TensorSeen]:
    """The first tensors that models were trained on, in all cells."""
    runs = {(t.cell, t.model) for t in evidence.everywhere(TrainingSeen) if t.steps or t.backwards}
    calls = [c for c in evidence.everywhere(ModelCalled) if (c.cell, c.model) in runs]
    return [t for c in calls for t in inputs(evidence, c, trained=True)]
