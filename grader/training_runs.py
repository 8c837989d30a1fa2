"""The training runs of an exercise: what its cells did to a model with an optimizer, put together.

A run that goes on over several cells of an exercise is one run. Code that trains is judged by what
it did, in whatever order and style it did it.
"""

from __future__ import annotations

from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import ProbeFailed
from grader.model_facts import LossSeen, OptimizerSeen, TrainingSeen

CARRIED_OVER = 1
"""Backwards of a run that may start on gradients of a training before it."""


class TrainingRun(NamedTuple):
    """One model and one optimizer in one exercise.

    Attributes:
        parts: what each cell told, in order; at least one.
    """

    parts: tuple[TrainingSeen, ...]

    @property
    def where(self) -> tuple[int, ...]:
        """Positions in the evidence."""
        return tuple(p.seq for p in self.parts)

    @property
    def steps(self) -> int:
        """Steps of the optimizer in this exercise."""
        return sum(p.steps for p in self.parts)

    @property
    def backwards(self) -> int:
        """Losses from which gradients were made."""
        return sum(p.backwards for p in self.parts)

    @property
    def epochs(self) -> int:
        """Sweeps over the data: over a loader where one was used, a step each otherwise."""
        swept = [p.epochs for p in self.parts if p.epochs]
        by_hand = self.backwards if self.optimizer is None and self.moved else 0
        return sum(swept) if swept else self.steps or by_hand

    @property
    def uncleared(self) -> int:
        """Backwards that added to the gradients of a step before."""
        return sum(p.uncleared for p in self.parts)

    @property
    def moved(self) -> bool | None:
        """Whether the parameters changed; None where it could not be told."""
        told = [p.moved for p in self.parts if p.moved is not None]
        return any(told) if told else None

    @property
    def without_gradient(self) -> bool:
        """Whether no step that was looked at had a gradient to use."""
        looks = sum(p.looks for p in self.parts)
        return looks > 0 and looks == sum(p.without_gradient + p.zero_gradient for p in self.parts)

    @property
    def only_zeros(self) -> bool:
        """Whether every step that was looked at had gradients, and nothing but zeros in them."""
        looks = sum(p.looks for p in self.parts)
        return looks > 0 and looks == sum(p.zero_gradient for p in self.parts)

    @property
    def covered(self) -> float:
        """The part of the model's trainable numbers that the optimizer covers, from 0 to 1."""
        last = self.parts[-1]
        return last.covered / last.trainable if last.trainable else 1.0

    @property
    def optimizer(self) -> OptimizerSeen | None:
        """The optimizer; None where nothing stepped."""
        return self.parts[-1].optimizer

    @property
    def loss(self) -> LossSeen | None:
        """What was minimised, as far as it is known."""
        return next((p.loss for p in self.parts if p.loss is not None), None)

    @property
    def losses(self) -> list[float]:
        """The loss at each backward, or means of several, in order."""
        return [float(v) for p in self.parts for v in p.losses]


def first_loss(evidence: Evidence, run: TrainingRun) -> float | None:
    """The first loss ever seen of a run's model, in whatever exercise it was trained first."""
    last = run.parts[-1]
    for told in evidence.everywhere(TrainingSeen):
        same = told.run == last.run or (last.model is not None and told.model == last.model)
        if same and told.first is not None:
            return float(told.first)
    return None


def runs_of(evidence: Evidence, exercise: str) -> list[TrainingRun]:
    """An exercise's training runs, the longest first."""
    parts: dict[str, list[TrainingSeen]] = {}
    for told in evidence.of(exercise, TrainingSeen):
        parts.setdefault(told.run, []).append(told)
    runs = [TrainingRun(tuple(p)) for p in parts.values()]
    return sorted(runs, key=lambda r: (-r.steps, -r.backwards))


def unseen(evidence: Evidence, exercise: str) -> str | None:
    """Why training in an exercise may have gone unseen, if it may."""
    for failed in evidence.of(exercise, ProbeFailed):
        if failed.probe in ("training", "recorder", "wire"):
            return f"what was trained could not be seen: {failed.problem}"
    return None
