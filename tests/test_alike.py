"""The search for rows of numbers finds what comparing with each finds, and compares few."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.alike import Alike
from grader.evidence import Evidence
from grader.scene import Scene
from grader.values import agree, contents, is_fresh, is_random, made_by_calls

NUMBERS = st.sampled_from(
    [0.0, 1.0, 1.00005, 1.0001, 1.0002, -1.0, 5e-5, 1e-9, 1e300, math.inf, -math.inf, math.nan]
)
ROWS = st.lists(st.lists(NUMBERS, max_size=3), max_size=8)


@pytest.mark.slow
@settings(deadline=None)  # numpy is imported by the first one
@given(ROWS, st.lists(NUMBERS, max_size=3), st.sampled_from([1e-9, 6e-5]), st.booleans())
def test_the_rows_that_agree_are_found(
    rows: list[list[float]], row: list[float], tolerance: float, lead: bool
) -> None:
    alike = Alike(rows)
    near = set(alike.near(row, tolerance, rows_lead=lead))
    found = [alike.number(i) in near for i in range(len(rows))]
    assert found == [agree(*((r, row) if lead else (row, r)), tolerance) for r in rows]


def scene() -> Evidence:
    scene = Scene()
    for exercise in ("2", "3"):
        scene.cell(exercise)
        for _ in range(50):
            a, b = (scene.tensor([2, 2], random=True) for _ in range(2))
            scene.op("matmul", [a, b], [scene.tensor([2, 2])])
    return scene.evidence()


@pytest.mark.parametrize("make", [contents, made_by_calls])
def test_a_hand_in_is_indexed_once_and_a_copy_of_it_anew(make: object) -> None:
    evidence = scene()
    assert callable(make)
    assert evidence.once(make) is evidence.once(make)
    copy = evidence.model_copy(update={"facts": evidence.facts[:3]})
    assert copy.once(make) is not evidence.once(make)


def test_no_tensor_is_compared_with_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.facts import TensorSeen

    evidence = scene()
    calls: list[object] = []
    monkeypatch.setattr("grader.values.agree", lambda *_: calls.append(1))
    for tensor in evidence.everywhere(TensorSeen):
        is_random(evidence, tensor)
        is_fresh(evidence, tensor)
    assert calls == []
