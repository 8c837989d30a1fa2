"""Mutants that do what their solution does are told from those that only look like it."""

from __future__ import annotations

import math

from grader.equivalence import does_the_same, seen, steady
from grader.evidence import Evidence
from grader.scene import Scene


def run(source: str = "x", values: tuple[float, ...] = (1.0,), drawn: float = 0.5) -> Evidence:
    """A cell that makes a tensor, and draws another."""
    scene = Scene().cell("1", source)
    scene.tensor([len(values)], list(values))
    scene.tensor([1], [drawn])
    return scene.ends("finished").evidence()


def alike(changed: Evidence, *solution: Evidence) -> bool:
    return does_the_same(steady([seen(e) for e in solution]), seen(changed))


def test_another_source_alone_is_no_difference() -> None:
    assert alike(run("y"), run(), run())


def test_another_number_is_a_difference() -> None:
    assert not alike(run(values=(2.0,)), run(), run())
    assert not alike(run(drawn=0.7), run(), run())


def test_what_another_seed_changes_is_no_difference() -> None:
    solution = [run(drawn=0.1), run(drawn=0.2), run(drawn=0.3)]
    assert alike(run(drawn=0.9), *solution)
    assert not alike(run(values=(2.0,), drawn=0.9), *solution)


def test_a_fact_more_or_less_is_a_difference() -> None:
    more = Scene().cell("1", "x")
    more.tensor([1], [1.0])
    more.tensor([1], [0.5])
    assert not alike(more.evidence(), run())
    assert not alike(run(), more.evidence())
    assert not alike(run(values=(1.0, 1.0)), run())


def test_nothing_is_equal_to_solutions_that_differ_in_kind_or_are_none() -> None:
    printing = Scene().cell("1", "x").prints("1").evidence()
    assert not alike(printing, run(), printing)
    assert not alike(run())


def test_a_loss_that_is_no_number_equals_itself() -> None:
    def trained(last: float) -> Evidence:
        return Scene().cell("1").trains(losses=[1.0, last]).evidence()

    assert alike(trained(math.nan), trained(math.nan))
    assert not alike(trained(0.1), trained(math.nan))
