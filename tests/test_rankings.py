"""A position that was sorted out in an earlier exercise is found where it is picked up."""

from __future__ import annotations

import pytest

from grader.checks.reduction import Reduction
from grader.scene import Scene

VALUES = [0.5, 3.0, 7.0, 1.0]


def verdict(places: list[float], picked: int, by: str = "argmax") -> str:
    """Of an exercise that picks one of some places that an earlier cell bound to a name."""
    scene = Scene()
    a = scene.cell("7").tensor([2, 2], [1, 2, 3, 9])
    scene.op("matmul", [a, a], [scene.tensor([2, 2], VALUES)])
    scene.cell("9")
    given = scene.tensor([len(places)], places, dtype="int64", ways=("input",))
    out = scene.tensor([], [places[picked]], dtype="int64", ways=("output",))
    scene.op("getitem", [given, picked], [out])
    return Reduction.model_validate({"of": "7", "by": by}).look(scene.evidence(), "9").verdict


@pytest.mark.parametrize(
    ("places", "picked", "by"),
    [([2, 1, 3, 0], 0, "argmax"), ([0, 3, 1, 2], 3, "argmax"), ([2, 1, 3, 0], 3, "argmin")],
)
def test_the_end_of_a_ranking_is_a_position(places: list[float], picked: int, by: str) -> None:
    assert verdict(places, picked, by) == "passed"


@pytest.mark.parametrize(
    ("places", "picked"),
    [([2, 1, 3, 0], 1), ([2, 3, 1, 0], 0), ([2, 2, 2, 2], 0), ([2], 0), ([0, 1, 2, 3], 2)],
)
def test_another_place_or_another_order_is_none(places: list[float], picked: int) -> None:
    assert verdict(places, picked) == "failed"
