"""A training's losses on the pages: drawn, told in words, and with the cells that trained."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import records
from hypothesis import given
from hypothesis import strategies as st
from records import code, executed
from test_pages import both, harmless

from grader.evidence import Evidence
from grader.pages.curve import (
    HEIGHT,
    LABEL,
    MARGIN,
    MOST_BINS,
    WIDTH,
    ShownCurve,
    curves_of,
)
from grader.reporting import Asked
from grader.scene import Scene

NUMBERS = re.compile(r"[ML]([-\d.]+) ([-\d.]+)")


@pytest.fixture(scope="module")
def chapter() -> Asked:
    return records.asked()


def trained(*losses: float | str, not_numbers: int = 0, per_point: int = 1) -> Evidence:
    told: dict[str, Any] = {"losses": list(losses), "backwards": len(losses),
                            "not_numbers": not_numbers, "per_point": per_point}  # fmt: skip
    return Scene().cell("2").trains(**told).evidence(student="s", assignment=records.ID)


def only(evidence: Evidence) -> ShownCurve:
    [curve], more = curves_of(evidence, "2")
    assert not more
    return curve


def points(curve: ShownCurve) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in NUMBERS.findall(curve.path)]


def test_both_faces_draw_it_and_say_it(chapter: Asked) -> None:
    evidence = trained(*[0.9 - 0.01 * i for i in range(60)])
    for page in both(evidence, executed(code("...")), chapter):
        seen = harmless(page)
        assert "The loss goes from 0.89 to 0.365: decreasing" in " ".join(seen.text.split())
        [label] = [a["aria-label"] for a in seen.all("svg") if a.get("role") == "img"]
        assert label == "The loss at 60 steps: from 0.89 to 0.365, decreasing; trained in cell 1."
        assert "SGD, lr 0.01" in seen.text


@pytest.mark.parametrize(
    ("losses", "words"),
    [([0.7] * 30, "flat"), ([1.0, 2.0, 4.0, 8.0], "growing"), ([0.5, "nan", "nan"], "nan"),
     ([0.5, 0.4], "too few losses")],
)  # fmt: skip
def test_the_verdict_is_told_in_words(losses: list[float | str], words: str) -> None:
    assert words in only(trained(*losses)).verdict


def test_the_line_goes_from_edge_to_edge_and_down_where_the_loss_does() -> None:
    drawn = points(only(trained(4.0, 3.0, 2.0)))
    assert [x for x, _ in drawn] == [0, WIDTH / 2, WIDTH]
    assert drawn[0][1] < drawn[1][1] < drawn[2][1] < HEIGHT
    assert drawn[1][1] == HEIGHT / 2


def test_the_numbers_of_the_words_are_drawn_where_the_axis_has_them(chapter: Asked) -> None:
    evidence = trained(*[1.0 - 0.01 * i for i in range(60)])
    curve = only(evidence)
    start, end = curve.levels
    assert (start.label, end.label) == (f"start {curve.start}", f"end {curve.end}")
    top, bottom = float(curve.highest), float(curve.lowest)
    for level, value in ((start, curve.start), (end, curve.end)):
        share = (float(value) - bottom) / (top - bottom)
        assert level.y == pytest.approx(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), abs=0.1)
    for page in both(evidence, executed(code("...")), chapter):
        seen = harmless(page)
        assert start.label in seen.text
        assert end.label in seen.text
        lines = [a["y1"] for a in seen.all("line")]
        assert lines == [str(start.y), str(end.y)]


@pytest.mark.parametrize(
    "losses", [[0.7] * 30, [1.0, 0.2, 0.99], [0.2, 1.0, 0.21], [9.0, 1.0, 1.1, 1.0]]
)
def test_labels_lie_within_the_drawing_and_not_on_each_other(losses: list[float]) -> None:
    start, end = only(trained(*losses)).levels
    assert abs(start.label_y - end.label_y) >= LABEL
    assert (start.label_y - end.label_y) * (start.y - end.y) >= 0
    assert all(MARGIN <= level.label_y <= HEIGHT - MARGIN for level in (start, end))


def test_a_curve_that_starts_or_ends_with_no_number_has_no_levels() -> None:
    assert only(trained(0.5, "nan", "nan", not_numbers=2)).levels == ()


def test_cells_that_go_on_with_a_training_are_its_phases(chapter: Asked) -> None:
    scene = Scene().cell("2").trains(losses=[4.0, 3.0, 2.0])
    scene.cell("3").cell("2").trains(losses=[1.0], earlier=3)
    curve = only(scene.evidence(student="s", assignment=records.ID))
    assert [(p.cell, p.start, p.width) for p in curve.phases] == [(1, 0, 75), (3, 75, 25)]
    assert "cells 1, 3" in curve.in_words


def test_a_point_that_stands_for_many_losses_takes_their_room() -> None:
    scene = Scene().cell("2").trains(losses=[2.0] * 10, per_point=8)
    scene.cell("2").trains(losses=[1.0] * 20, earlier=80)
    [curve], _ = curves_of(scene.evidence(), "2")
    assert [p.width for p in curve.phases] == [80, 20]


def test_a_loss_that_is_no_number_leaves_a_gap() -> None:
    curve = only(trained(1.0, 0.5, "nan", 0.5, "inf", not_numbers=2))
    assert [p[0] for p in curve.path.split()[::2]] == ["M", "L", "M"]
    assert all(math.isfinite(y) for _, y in points(curve))
    assert "2 are nan or infinite" in curve.in_words


def test_nothing_is_drawn_of_no_number_at_all(chapter: Asked) -> None:
    evidence = trained("nan", "nan", "nan", not_numbers=3)
    assert only(evidence).path == ""
    for page in both(evidence, executed(code("...")), chapter):
        assert "becomes nan or infinite, 3 of 3 times" in harmless(page).text


def test_a_spike_goes_missing_nowhere() -> None:
    losses = [1.0] * 1000
    losses[777] = 9.0
    drawn = points(only(trained(*losses)))
    assert len(drawn) <= 2 * MOST_BINS
    assert min(y for _, y in drawn) < HEIGHT / 2 < max(y for _, y in drawn)


def test_many_orders_of_magnitude_are_drawn_logarithmically() -> None:
    curve = only(trained(1.0, 0.01, 0.0001))
    assert curve.logarithmic
    assert points(curve)[1][1] == HEIGHT / 2
    assert not only(trained(1.0, 0.5, -0.1)).logarithmic


def test_a_single_loss_is_a_dot_and_equal_ones_a_line_in_the_middle() -> None:
    assert only(trained(0.5)).path.endswith("h0.1")
    assert {y for _, y in points(only(trained(0.5, 0.5, 0.5)))} == {HEIGHT / 2}


def test_only_the_longest_trainings_are_drawn(chapter: Asked) -> None:
    scene = Scene().cell("2")
    for i in range(5):
        scene.trains(run=f"r{i}", model=f"m{i}", steps=10 + i, losses=[1.0, 0.9, 0.8 - 0.1 * i])
    evidence = scene.evidence(student="s", assignment=records.ID)
    curves, more = curves_of(evidence, "2")
    assert ([c.end for c in curves], more) == (["0.4", "0.5", "0.6"], 2)
    for page in both(evidence, executed(code("...")), chapter):
        assert "2 more trainings are not drawn" in harmless(page).text


@given(st.lists(st.floats(), min_size=1, max_size=50), st.sampled_from([1, 30]))
def test_any_losses_can_be_drawn(losses: list[float], times: int) -> None:
    told = [v if math.isfinite(v) else str(v) for v in losses * times]
    for curve in curves_of(trained(*told), "2")[0]:
        assert "nan" not in curve.path
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points(curve))
