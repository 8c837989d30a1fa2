"""The notebook's own data is recognised by the recipe's numbers, and by nothing else it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grader.assignment import Assignment, Exercise
from grader.challenge import Challenge
from grader.checks.classifies import Classifies
from grader.exercises import Placement
from grader.facts import Answered, Challenged, Fact
from grader.own_data import best_possible, recognised
from grader.recipes import Moons, Own, Rows, Spirals
from grader.run.challenge import UNKNOWN, asking_after, read_answers
from grader.scene import Scene
from grader.second_run import with_answers

MADE = Moons(n=200, noise=0.15, seed=42)
GIVEN = Own(of=Moons(n=200, noise=0, seed=42))
TEST = [*range(3, 200, 4)]
Change = Callable[[list[float]], list[float]]


def flat(rows: Rows) -> list[float]:
    return [float(f"{v:.7g}") for row in rows for v in row]  # float32 keeps seven digits


def run(change: Change = list, *, rows: Rows | None = None) -> Scene:
    """The test part of the moons, and a model that is called on it after it was changed."""
    rows = rows or MADE.rows()
    part = [rows[i] for i in TEST]
    scene = Scene().cell("1")
    scene.tensor([len(part), 2], flat(part))
    scene.cell("4").trains().model()
    fed = scene.tensor([len(part), 2], flat([change(row) for row in part]))
    scene.tensor([10, 2], flat([change(row) for row in rows[:40:4]]), ways=("input",))
    return scene.calls("m1", (fed,), eval_quiet=30)


def found(scene: Scene) -> Own:
    return recognised(GIVEN, scene.evidence().facts, "4")


def test_noise_and_test_part_are_found() -> None:
    own = found(run())
    assert own.found == pytest.approx(0.15, abs=1e-5)
    assert own.test == TEST
    assert (own.times, own.plus) == ([1, 1], [0, 0])


def test_a_scale_is_learned_where_both_sides_of_it_are_known() -> None:
    own = found(run(lambda row: [(row[0] - 0.5) / 0.87, 3 * row[1] + 1]))
    assert own.times == pytest.approx([1 / 0.87, 3], abs=1e-4)
    assert own.plus == pytest.approx([-0.5 / 0.87, 1], abs=1e-4)
    wanted = [[(x - 0.5) / 0.87, 3 * y + 1] for x, y in MADE.rows()]
    assert flat(own.rows()) == pytest.approx(flat(wanted), abs=1e-3)
    assert own.classes() == MADE.classes()


@pytest.mark.parametrize(
    "scene",
    [
        run(lambda row: [row[0] ** 2, row[1]]),  # no scale
        run(rows=Moons(n=200, noise=0.15, seed=7).rows()),  # of another seed
        Scene().cell("4").model(),  # nothing told
    ],
)
def test_other_data_is_not_recognised(scene: Scene) -> None:
    assert found(scene) == GIVEN


def test_spirals_are_those_of_the_recipe() -> None:
    given = Own(of=Spirals(n=20, seed=42))
    scene = Scene().cell("7")
    fed = scene.tensor([60, 2], flat(given.of.rows()))
    scene.calls("m1", (fed,), train_grad=9)
    own = recognised(given, scene.evidence().facts, "7")
    assert (own.found, own.test) == (0.2, [])


def test_points_that_lie_in_each_other_cannot_all_be_told_apart() -> None:
    def best(noise: float) -> float:
        return best_possible(Own(of=Moons(n=1000, noise=0, seed=42), found=noise))

    assert best(0.0) == best(0.05) == 1
    assert 0.9 > best(0.4) > 0.8


def asked(scene: Scene) -> list[Fact]:
    """What is asked after the last cell, and what is made of an answer."""
    challenge = Challenge(id="own", exercise="4", ask="model", inputs=GIVEN)
    assignment = Assignment(id="a", title="a", exercise=[Exercise(id="4", title="4")],
                            challenge=[challenge])  # fmt: skip
    placement = Placement({1: "4"}, frozenset({1}), uncertain=(), recognised=True)
    asking = asking_after(1, scene.evidence().facts, assignment, placement)
    assert asking is not None
    assert all("classes" not in question for question in asking.content)
    said = '{"shape": [200], "dtype": "float32", "values": [%s]}'
    values = ", ".join("1" if c else "-1" for c in MADE.classes())
    answer = {"challenge": "own", "by": "model", "model": "m1", "type": "Line", "ended": "told",
              "said": said % values}  # fmt: skip
    return read_answers([answer] if asking.content else [], asking)


def test_what_is_recognised_is_asked_and_taken_down() -> None:
    challenged, answered = asked(run())
    assert isinstance(challenged, Challenged)
    assert isinstance(answered, Answered)
    assert isinstance(challenged.inputs, Own)
    assert challenged.inputs.test == TEST
    assert challenged.inputs.as_given() == GIVEN
    assert challenged.problem == ""


def test_what_is_not_recognised_is_not_asked() -> None:
    (challenged,) = asked(Scene().cell("1").cell("4").model())
    assert isinstance(challenged, Challenged)
    assert challenged.problem == UNKNOWN


def share_said(*, noise: float, wrong: int, again: bool = False) -> str:
    made = Own(of=Moons(n=1000, noise=0, seed=42), found=noise, test=[*range(100)])
    truth = [1.0 if c else -1.0 for c in made.classes()]
    scene = Scene().cell("4").challenge(inputs=MADE).answers(
        *[1.0 if c else -1.0 for c in MADE.classes()], shape=[200])  # fmt: skip
    scene.challenge(challenge="own", inputs=made)
    answers = [-v if i < wrong else v for i, v in enumerate(truth)]
    scene.answers(*answers, challenge="own", shape=[1000])
    evidence = scene.evidence()
    if again:
        evidence = with_answers(evidence, evidence, {"own"})
    check = Classifies(challenge="c", own="own", at_least=0.96)
    return check.look(evidence, "4").because


def test_the_test_part_decides_where_it_can_be_told_apart() -> None:
    assert "95.0% of the notebook's own test points" in share_said(noise=0.05, wrong=5)
    assert "100.0% of new points" in share_said(noise=0.4, wrong=20)
    assert "99.5% of the notebook's own points" in share_said(noise=0.05, wrong=5, again=True)
