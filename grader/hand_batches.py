"""Batches that code cuts out of its data by itself, with slices or chosen rows.

Nothing tells where a sweep over them ends. It is worked out from the sizes: the rows of a batch,
and those of the tensors that hold all of the batches.
"""

from __future__ import annotations

from typing import NamedTuple

from grader.data_parts import size, within
from grader.evidence import Evidence
from grader.facts import ModelCalled, TensorSeen
from grader.fed import inputs
from grader.training_runs import TrainingRun


class HandBatches(NamedTuple):
    """Batches of a run that no loader gave.

    Attributes:
        a_sweep: how many of them a sweep may have; empty where that could not be told.
    """

    a_sweep: frozenset[int]

    def may_sweep(self, steps: int, sweeps: int, *, at_least: bool = False) -> bool:
        """Whether so many steps can be so many sweeps, or more."""
        return any(steps == n * sweeps or (at_least and steps > n * sweeps) for n in self.a_sweep)


def hand_batches(evidence: Evidence, run: TrainingRun) -> HandBatches | None:
    """The batches that a run was fed; None where it was fed the same data at each step.

    Of tensors that are no model nothing tells what they were fed; then it may be batches.
    """
    if any(part.epochs is not None for part in run.parts):
        return None
    if run.parts[-1].model is None:
        return HandBatches(frozenset())
    batches = fed_first(evidence, run)
    if len(batches) < 2:
        return None
    rows = max(leading(b) for b in batches)
    wholes = [t for t in evidence.once(bound) if leading(t) > rows and t.shape[1:] ==
              batches[0].shape[1:] and all(within(b, t) for b in batches)]  # fmt: skip
    lengths = {leading(whole) for whole in wholes}
    return HandBatches(frozenset(n // rows for n in lengths) | {-(-n // rows) for n in lengths})


def fed_first(evidence: Evidence, run: TrainingRun) -> list[TensorSeen]:
    """The different tensors of the first calls of a run's model that it was trained on."""
    here = run.parts[-1].cell, run.parts[-1].model
    calls = [c for c in evidence.everywhere(ModelCalled) if (c.cell, c.model) == here]
    fed = {t.handle: t for c in calls for t in inputs(evidence, c, trained=True)}
    return [t for t in fed.values() if size(t) > 1]


def bound(evidence: Evidence) -> list[TensorSeen]:
    """Tensors that could be all that is trained on: each shape and content once."""
    found: dict[object, TensorSeen] = {}
    for t in evidence.everywhere(TensorSeen):
        if t.of == "torch" and leading(t) > 1 and (t.values or t.stats):
            content = tuple(t.values) if t.values is not None else t.digest or tuple(t.stats or ())
            found.setdefault((tuple(t.shape), content), t)
    return list(found.values())


def leading(tensor: TensorSeen) -> int:
    """How many rows a tensor has."""
    return tensor.shape[0] if tensor.shape else 0
