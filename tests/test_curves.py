"""Loss curves of the kinds that course notebooks have."""

from __future__ import annotations

import math
import random

import pytest

from grader.curves import GOES_DOWN, CurveVerdict, judge_curve

LN3 = math.log(3)


def falling(n: int, start: float = 1.0, end: float = 0.1) -> list[float]:
    return [end + (start - end) * math.exp(-5 * i / n) for i in range(n)]


def noise(n: int, around: float, width: float) -> list[float]:
    draw = random.Random(n)  # noqa: S311  (not a secret)
    return [around + draw.uniform(-width, width) for _ in range(n)]


CURVES: dict[str, tuple[list[float], CurveVerdict]] = {
    "a long smooth fall": (falling(1000), "decreasing"),
    "five epochs": ([1.10, 0.95, 0.85, 0.82, 0.80], "decreasing"),
    "a fall with noise": (
        [a + b for a, b in zip(falling(100), noise(100, 0, 0.05), strict=True)], "decreasing"),
    "a last epoch that is worse": ([1.0, 0.6, 0.4, 0.3, 0.35], "decreasing"),
    "three per cent in a straight line": ([1 - 0.003 * i for i in range(11)], "slow"),
    "constant": ([0.7] * 20, "flat"),
    "noise alone": (noise(60, 1.0, 0.02), "flat"),
    "up": ([1.0, 1.05, 1.1, 1.2, 1.3, 1.4], "increasing"),
    "twice as high": ([1.0, 1.5, 2.0, 3.0, 4.0], "diverging"),
    "lower once and back": ([1.0, 0.8, 1.05, 0.7, 1.0, 0.85, 1.0, 0.98], "noisy"),
    "nan at the end": ([1.0, 0.5, math.nan], "nan"),
    "infinite": ([1.0, math.inf, math.inf], "nan"),
    "two points": ([1.0, 0.2], "too_short"),
    "none": ([], "too_short"),
    "starts at nothing": ([0.0, 0.0, 0.0, 0.0], "flat"),
    "already very small and falling": ([7.9e-05, 6e-05, 5e-05, 4e-05], "decreasing"),
    "a negative loss": ([-1.0, -2.0, -3.0, -4.0, -5.0], "decreasing"),
}  # fmt: skip


@pytest.mark.parametrize("name", CURVES)
def test_a_curve(name: str) -> None:
    losses, expected = CURVES[name]
    assert judge_curve(losses).verdict == expected


def test_a_network_stuck_at_chance() -> None:
    losses = [1.12, 1.10, 1.099, 1.0986, 1.0986]
    assert judge_curve(losses, classes=3).verdict == "chance"
    assert judge_curve([LN3 * 100] * 5, classes=3).verdict == "exploded"
    assert judge_curve([1.09, 0.9, 0.7, 0.5], classes=3).verdict == "decreasing"


def test_a_resumed_training_has_converged() -> None:
    losses = [0.0105, 0.0098, 0.0107, 0.0099, 0.0103]
    assert judge_curve(losses).verdict not in GOES_DOWN
    assert judge_curve(losses, first_ever=0.6).verdict == "converged"


def test_a_regression_that_predicts_the_mean() -> None:
    losses = [0.2502, 0.2501, 0.2500, 0.2500, 0.2500]
    assert judge_curve(losses, of_the_mean=0.25).verdict == "mean_only"
    assert judge_curve(losses).verdict == "flat"


def test_scale_plays_no_part() -> None:
    for losses, expected in (CURVES["five epochs"], CURVES["a fall with noise"]):
        assert {judge_curve([v * s for v in losses]).verdict for s in (1e-3, 1e3)} == {expected}
