"""What is wrong with an author's files is said at once, with file, key and the nearest name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from grader.assignment import Assignment, load_assignment
from grader.checks.runs_clean import RunsClean
from grader.checks.training_set_up import LossKind, OptimizerName
from grader.course import find_course, known_assignments
from grader.errors import EXIT_AUTHOR, AuthorError, nearest
from grader.keys import Keys
from grader.rubric import Rubric, build_check, load_rubric

ROOT = Path(__file__).parents[1]

ASSIGNMENT = """
id = "hw"
title = "Homework"
[[exercise]]
id = "1"
title = "Read"
graded = false
[[exercise]]
id = "2"
title = "Make"
[[exercise]]
id = "3"
title = "Show"
"""

GOOD = """
assignment = "hw"
[[criterion]]
id = "2.made"
exercise = "2"
title = "a tensor"
points = 4
core = true
check = { kind = "tensor_made", shape = [2, 3] }
hints = ["Look at its shape."]
[[criterion]]
id = "3.shown"
exercise = "3"
title = "shown"
points = 6
core = true
after = ["2.made"]
check = { kind = "shown", shape = [2, 3] }
hints = ["Print it."]
"""


RELOADS = GOOD.replace('"tensor_made", shape = [2, 3]', '"model_reloads"')


def course(folder: Path, rubric: str | None, assignment: str = ASSIGNMENT) -> Path:
    (folder / "assignments" / "hw").mkdir(parents=True)
    (folder / "rubrics").mkdir()
    (folder / "assignments" / "hw" / "assignment.toml").write_text(assignment)
    if rubric is not None:
        (folder / "rubrics" / "hw.toml").write_text(rubric)
    return folder


def load(folder: Path, rubric: str | None = GOOD) -> Rubric:
    made = course(folder, rubric)
    return load_rubric(made, load_assignment(made, "hw"))


def problems(folder: Path, rubric: str | None) -> list[str]:
    """Every problem told, each naming the file on one line."""
    with pytest.raises(AuthorError) as caught:
        load(folder, rubric)
    assert caught.value.exit_code == EXIT_AUTHOR
    for problem in caught.value.problems:
        assert problem.startswith(str(folder / "rubrics" / "hw.toml"))
        assert "\n" not in problem
    return caught.value.problems


def test_a_good_rubric_loads(tmp_path: Path) -> None:
    rubric = load(tmp_path)
    assert [c.id for c in rubric.criteria] == ["2.made", "3.shown"]
    assert [c.id for c in rubric.of("3")] == ["3.shown"]
    assert rubric.of("1") == []


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("points = 4", "pionts = 4", ["pionts", "unknown key", "'points'"]),
        ("points = 4", "", ["criterion 2.made: points: is missing (what it is worth)"]),
        ("points = 4", "points = 0", ["points", "greater than 0"]),
        ("points = 4", "points = inf", ["points", "finite"]),
        ("points = 4", "points = nan", ["points"]),
        ("points = 4", 'points = "four"', ["2.made: points", 'a number, not "four"']),
        ("points = 4", 'points = "4"', ["points", 'a number, not "4"']),
        ("points = 4", "points = true", ["points", "a number, not true"]),
        ("core = true", 'core = "yes"', ["core", 'true or false, not "yes"']),
        ('id = "2.made"', "", ["criterion number 1: id: is missing"]),
        ('id = "2.made"', 'id = ""', ["criterion number 1: id: must not be empty"]),
        ('title = "a tensor"', 'title = " "', ["2.made: title: must not be empty"]),
        ('exercise = "2"', "exercise = 2", ["2.made: exercise", 'text in quotes: "2"']),
        ('after = ["2.made"]', 'after = "2.made"', ["after", 'a list in [ ], not "2.made"']),
        ('after = ["2.made"]', "after = [2]", ["3.shown: after, item 1", 'in quotes: "2"']),
        ('{ kind = "tensor_made", shape = [2, 3] }', '"tensor_made"', ["check", "table in { }"]),
        ('"tensor_made"', '"tensor_mad"', ["2.made", "check.kind", "'tensor_made'"]),
        ('kind = "tensor_made", ', "", ["2.made", "check.kind", "tensor_made"]),
        ('"tensor_made", shape', '"tensor_made", shap', ["2.made", "check.shap", "'shape'"]),
        ('made", shape = [2, 3]', 'made", shape = "2x3"', ["2.made", "check.shape", "list"]),
        ('made", shape', 'made", count = 0, shape', ["2.made", "check.count", "at least 1, not 0"]),
        ('made", shape = [2, 3]', 'made", shape = [2, 2], values = [[1, 2], [3, 4]]',
         ["2.made: check: a tensor of shape (2, 2) holds 4 numbers", "values 2", "row after row"]),
        ('made", shape = [2, 3]', 'made", shape = [2.5]', ["check.shape, item 1", "whole number"]),
        ('made", shape = [2, 3]', 'made", shape = [-1, 3]', ["check.shape, item 1", "at least 0"]),
        ('made", shape', 'made", dtype = "float", shape', ["check.dtype", "'float32'", '"float"']),
        ('made", shape', 'made", values = [1.5], shape', ["check.values, item 1", "list in [ ]"]),
        ('made", shape', 'made", shapes = [[1]], shape', ["2.made: check: give either shape"]),
        ('"tensor_made", shap', '"tensor_made", shop', ["`grader checks tensor_made`"]),
        ('kind = "shown", shape = [2, 3]', 'kind = "shown"', ["3.shown", "check.shape"]),
        ('exercise = "3"', 'exercise = "33"', ["3.shown: exercise: there is no", "'33'", "'3'"]),
        ('id = "3.shown"', 'id = "2.made"', ["2.made", "twice"]),
        ('after = ["2.made"]', 'after = ["2.mode"]', ["3.shown", "2.mode", "'2.made'"]),
        ('after = ["2.made"]', 'after = ["3.shown"]', ["3.shown", "itself, no earlier criterion"]),
        ('{ kind = "tensor_made", shape = [2, 3] }', '{ kind = "reduction", of = "3", by = "max" }',
         ["2.made: check: exercise 3 comes after exercise 2"]),
        ("core = true\nafter", "core = false\nafter", ["exercise 3", "no core"]),
        ('assignment = "hw"', 'assignment = "hw2"', ["assignment", "hw2"]),
        ('hints = ["Print it."]', "hints = []", ["hints"]),
        ('hints = ["Print it."]', 'hints = [" "]', ["hints"]),
        ('hints = ["Print it."]', 'hints = ["Print it."]\nvisibility = "no"', ["visibility"]),
        ('hints = ["Print it."]', 'hints = ["Print it."]\ncomponent = "loop-oder"',
         ["3.shown: component: there is no component", "did you mean 'loop-order'?"]),
        ('hints = ["Print it."]', 'hints = ["Print it."]\ngiven = "yes"',
         ["3.shown: given", 'true or false, not "yes"']),
        ('kind = "shown", shape = [2, 3]', 'kind = "reduction", of = "7", by = "max"',
         ["3.shown: check: there is no exercise '7'"]),
        ('kind = "shown", shape = [2, 3]', 'kind = "matrix_product"', ["3.shown", "either"]),
        ("[[criterion]]", "[[criterion]", ["not TOML", "line 3", "which is: [[criterion]"]),
        ('title = "a tensor"', 'title = "a tensor', ["not TOML", 'which is: title = "a tensor']),
        ('assignment = "hw"', "", ["assignment: is missing (id of the assignment, which is also"]),
        ('"tensor_made", shape', '"tensor_made", from = 1, shape', ["check.from", "known: count"]),
    ],
)  # fmt: skip
def test_one_mistake_gets_one_line(tmp_path: Path, right: str, wrong: str, says: list[str]) -> None:
    assert right in GOOD
    told = problems(tmp_path, GOOD.replace(right, wrong, 1))
    assert any(all(word in line for word in says) for line in told), told
    assert len(told) <= 2


def test_an_exercise_without_criteria_is_told(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, GOOD[: GOOD.rindex("[[criterion]]")])
    assert "exercise 3: no criterion" in told


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, None)
    assert "No such file" in told


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    made = course(tmp_path, None)
    (made / "rubrics" / "hw.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(AuthorError, match="not TOML"):
        load_rubric(made, load_assignment(made, "hw"))


def test_all_mistakes_of_one_sort_are_told_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("points = 4", "pionts = 4").replace("title = ", "titel = ")
    told = "\n".join(problems(tmp_path, bad))
    assert told.count("unknown key; did you mean 'title'?") == 2
    assert "'points'" in told


def test_mistakes_of_every_sort_are_told_at_once(tmp_path: Path) -> None:
    bad = (
        GOOD.replace("points = 4", "points = 4\ncolor = 1").replace('"shown", ', '"shwon", ')
        .replace('after = ["2.made"]', 'after = ["9"]')
    )  # fmt: skip
    told = "\n".join(problems(tmp_path, bad))
    for expected in ("color", "shwon", "'9'"):
        assert expected in told


def test_a_prerequisite_from_a_later_exercise_is_refused(tmp_path: Path) -> None:
    first, third = GOOD.split("[[criterion]]")[1:]
    bad = 'assignment = "hw"\n[[criterion]]' + third.replace('after = ["2.made"]\n', "")
    bad += "[[criterion]]" + first.replace("core = true", 'core = true\nafter = ["3.shown"]')
    assert any("2.made" in p and "3.shown" in p for p in problems(tmp_path, bad))


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('id = "hw"', 'id = "hv"', "differs from its folder"),
        ('id = "3"', 'id = "2"', "'2' occurs twice"),
        ('title = "Show"', 'titel = "Show"', "did you mean 'title'"),
        ('title = "Homework"', 'title = "Homework"\n[limits]\ncell_cpu = 3', "'cell_cpu_s'"),
        ('title = "Homework"', 'title = "Homework"\n[limits]\ncell_cpu_s = 0', "limits.cell_cpu_s"),
    ],
)
def test_a_mistake_in_an_assignment_is_told(
    tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    made = course(tmp_path, GOOD, ASSIGNMENT.replace(right, wrong, 1))
    with pytest.raises(AuthorError) as caught:
        load_assignment(made, "hw")
    assert any(says in p and "assignment.toml" in p for p in caught.value.problems)


def test_a_course_is_found_upwards(tmp_path: Path) -> None:
    made = course(tmp_path / "course", GOOD)
    assert find_course(made / "assignments" / "hw") == made
    assert known_assignments(made) == ["hw"]


def test_a_name_far_from_all_is_answered_with_all() -> None:
    assert nearest("zzz", ["b", "a"]) == "; known: a, b"
    assert nearest("aples", ["apples"]) == "; did you mean 'apples'?"
    assert nearest("x", []) == ""


@pytest.fixture(scope="module")
def real() -> tuple[Assignment, Rubric]:
    assignment = load_assignment(ROOT, "00-fundamentals")
    return assignment, load_rubric(ROOT, assignment)


def test_every_rubric_of_the_course_loads() -> None:
    for name in known_assignments(ROOT):
        assert load_rubric(ROOT, load_assignment(ROOT, name)).criteria


def test_the_real_rubric_adds_up_to_100_points(real: tuple[Assignment, Rubric]) -> None:
    assert sum(c.points for c in real[1].criteria) == 100


def test_every_real_criterion_climbs_a_ladder_of_hints(real: tuple[Assignment, Rubric]) -> None:
    for criterion in real[1].criteria:
        assert len(criterion.hints) >= 2, criterion.id
        assert all(h.strip() and h.endswith(".") for h in criterion.hints), criterion.id
        assert len(set(criterion.hints)) == len(criterion.hints), criterion.id


def test_real_criteria_are_named_after_their_exercise(real: tuple[Assignment, Rubric]) -> None:
    assert all(c.id.startswith(f"{c.exercise}.") for c in real[1].criteria)


def test_criteria_follow_the_order_of_the_exercises(real: tuple[Assignment, Rubric]) -> None:
    order = [e.id for e in real[0].exercise]
    places = [order.index(c.exercise) for c in real[1].criteria]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("given", "meant"),
    [({"optimizer": ["SDG"]}, "SGD"), ({"optimizer": ["sgd"]}, "SGD"),
     ({"optimizer": ["Adamm"]}, "Adam"), ({"loss": ["mse_los"]}, "mse_loss")],
)  # fmt: skip
def test_a_misspelt_optimizer_or_loss_is_refused_with_the_nearest(
    given: dict[str, list[str]], meant: str
) -> None:
    check, problems = build_check({"kind": "training_set_up", **given})
    assert check is None
    assert len(problems) == 1
    assert f"did you mean '{meant}'?" in problems[0]


@pytest.mark.slow  # it imports torch
def test_the_optimizers_and_losses_that_are_known_are_torchs() -> None:
    import torch

    have = {
        name for name, kind in vars(torch.optim).items()
        if isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)
    }  # fmt: skip
    known = set(get_args(OptimizerName))
    assert known - {"Muon", "Adafactor"} <= have - {"Optimizer"} <= known
    assert [name for name in get_args(LossKind) if not hasattr(torch.nn.functional, name)] == []


def test_what_is_to_be_loaded_again_must_be_asked_for(tmp_path: Path) -> None:
    asked = ASSIGNMENT.replace('title = "Make"', 'title = "Make"\nreload = true')
    for name, assignment in (("without", ASSIGNMENT), ("with", asked)):
        folder = course(tmp_path / name, RELOADS, assignment)
        loaded = load_assignment(folder, "hw")
        if name == "with":
            assert load_rubric(folder, loaded).criteria
            continue
        with pytest.raises(AuthorError, match=r"criterion 2\.made: check: .*reload = true"):
            load_rubric(folder, loaded)


@pytest.mark.parametrize("name", ["00-fundamentals", "01-workflow", "02-classification"])
def test_a_rubric_that_was_told_as_data_is_equal(name: str) -> None:
    rubric = load_rubric(ROOT, load_assignment(ROOT, name))
    assert Rubric.of_data(json.loads(json.dumps(rubric.as_data()))) == rubric


def test_another_kind_of_check_makes_another_key() -> None:
    assignment = load_assignment(ROOT, "00-fundamentals")
    rubric = load_rubric(ROOT, assignment)
    first, *rest = rubric.criteria
    marks = set()
    for kind in (RunsClean, Counts):
        changed = (first.model_copy(update={"check": kind()}), *rest)
        other = Rubric(assignment=rubric.assignment, criteria=changed)
        marks.add(Keys.of("run", assignment, other).mark)
    assert len(marks) == 2


class Counts(RunsClean):
    """Another check with the same fields."""

    kind = "counts"


def test_data_with_an_unknown_check_is_no_rubric() -> None:
    rubric = load_rubric(ROOT, load_assignment(ROOT, "00-fundamentals"))
    data = rubric.as_data()
    data["criteria"][0]["check"]["kind"] = "guessed"
    with pytest.raises(ValueError, match="no check 'guessed'"):
        Rubric.of_data(data)
