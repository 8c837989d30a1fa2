"""The learning rate is so large that the loss explodes or sticks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.curves import CurveVerdict, judge_curve
from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.planting import Mutant, Solution
from grader.scene import Scene
from grader.training_code import seen_at
from grader.training_runs import TrainingRun, runs_of

ADAPTIVE = ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop")
LARGE, LARGE_ADAPTIVE = 1.0, 0.1
BROKEN: tuple[CurveVerdict, ...] = ("nan", "exploded", "diverging", "increasing")
STUCK: tuple[CurveVerdict, ...] = (*BROKEN, "chance", "flat", "noisy")
BINARY = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
BURST = 20.0
"""So many times its first value, a loss has gone through something it should not."""


class LearningRateTooLarge(Fault):
    """A loss that explodes under a large rate; never the rate by itself."""

    id = "T13"
    title = "the learning rate is far too large"
    severity = "W"
    stage = "loop"
    component = "optimizer-setup"
    folds = ("T20", "T17")
    hints = (
        "Print the learning rate that the optimizer has, and the first losses.",
        "A step moves the parameters by the learning rate times the gradient. A step that is too"
        " large lands beyond the goal, farther away each time.",
        "Divide the learning rate by 10 until the first losses fall evenly. Usual starts are 0.1 to"
        " 0.01 for SGD and 0.001 for Adam.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Runs with a rate that few use and a loss that goes nowhere good."""
        for run in runs_of(evidence, exercise):
            optimizer, last = run.optimizer, run.parts[-1]
            if optimizer is None or run.backwards < 3 or not run.moved:
                continue
            rate = optimizer.settings.get("lr")
            limit = LARGE_ADAPTIVE if optimizer.type in ADAPTIVE else LARGE
            if isinstance(rate, (int, float)) and rate >= limit and self._broken(run, rate > limit):
                yield self.at(
                    seen_at(evidence, last, "step"), exercise,
                    observed=f"a learning rate of {rate:g} with {optimizer.type}; the loss goes"
                    f" from {last.first} to {last.last}",
                    expected="a learning rate with which the first losses fall",
                    because="each step lands beyond the goal, so the loss grows or sticks",
                )  # fmt: skip

    def _broken(self, run: TrainingRun, beyond: bool) -> bool:
        """Whether the loss goes nowhere good, by a stricter measure at the limit itself."""
        if any(p.not_numbers or p.not_finite for p in run.parts):
            return True
        losses, loss = run.losses, run.loss
        classes = None
        if loss is not None and loss.kind in BINARY:
            classes = 2
        elif loss is not None and loss.kind == "cross_entropy" and loss.input_shape:
            classes = loss.input_shape[1] if len(loss.input_shape) > 1 else None
        verdict = judge_curve(losses, classes=classes).verdict
        burst = bool(losses) and max(losses) > BURST * max(abs(losses[0]), 1e-6)
        return burst or verdict in (STUCK if beyond else BROKEN)

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """A rate a thousand and more times as large."""
        for cell, call in solution.calls("SGD", "Adam", "AdamW", "RMSprop"):
            for word in call.keywords:
                if word.arg == "lr" and isinstance(word.value, ast.Constant):
                    for rate in ("100", "10000.0"):
                        edit = solution.replaced(cell, word.value, rate)
                        yield Mutant(f"a rate of {rate}", (edit,))

    @classmethod
    def examples(cls) -> list[Example]:
        """A loss that explodes, one that breaks, a large rate that works, and a small one."""

        def curve(rate: float, losses: list[float], **more: object) -> Evidence:
            optimizer = {"type": "SGD", "settings": {"lr": rate}, "groups": 1}
            told = {"optimizer": optimizer, "losses": losses, **more}
            return Scene().cell("3").trains(**told).evidence()

        falls, grows = [0.7, 0.5, 0.3, 0.2, 0.1], [0.7, 40.0, 900.0, 3e4, 5e6]
        return [
            Example("a loss that explodes", curve(100, grows), "3", True),
            Example("a loss that is no number", curve(100, falls, not_numbers=3), "3", True),
            Example("a large rate that works", curve(1.0, falls), "3", False),
            Example("a small rate and a loss that grows", curve(0.01, grows), "3", False),
        ]
