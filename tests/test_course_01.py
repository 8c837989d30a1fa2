"""Chapter 01 from end to end: starter, solutions and the public template's oddities."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.grade import Grade, judge, mark
from grader.grading import Batch, grade_file
from grader.rubric import load_rubric
from grader.sandboxes.sandbox import Sandbox
from grader.scene import Scene

COURSE = Path(__file__).parents[1]
ASSIGNMENT = load_assignment(COURSE, "01-workflow")
RUBRIC = load_rubric(COURSE, ASSIGNMENT)
FOLDER = COURSE / "assignments" / ASSIGNMENT.id


def judged(scene: Scene) -> Grade:
    evidence = scene.evidence(assignment=ASSIGNMENT.id)
    return mark(evidence, judge(evidence, RUBRIC, ASSIGNMENT), ASSIGNMENT)


def verdict_of(done: Grade, criterion: str) -> str:
    return next(m.verdict for m in done.marks if m.criterion == criterion)


def test_points_add_up_to_100() -> None:
    assert sum(c.points for c in RUBRIC.criteria) == 100


def test_torch_calls_that_were_not_recorded_withhold_nothing_about_a_training() -> None:
    scene = Scene().cell("3").trains(optimizer={"type": "Adam", "settings": {}, "groups": 1})
    scene.blind("operations", "the cell trains").ends("finished")
    done = judged(scene)
    assert verdict_of(done, "3.optimizer") == "failed"
    assert verdict_of(done, "3.epochs") == "passed"


def test_a_training_that_was_not_seen_withholds() -> None:
    done = judged(Scene().cell("3").blind("training", "no hook").ends("finished"))
    assert verdict_of(done, "3.loop") == "no_evidence"


def test_comparisons_that_were_not_recorded_withhold() -> None:
    done = judged(Scene().cell("5").blind("operations", "the cell trains").ends("finished"))
    assert verdict_of(done, "5.compared") == "no_evidence"


def test_an_untouched_template_asks_for_nobody() -> None:
    scene = Scene().cell("1", "print(X)", written=False)
    scene.ends("raised", "NameError", "name 'X' is not defined")
    assert judged(scene).needs_a_person == []


def test_a_name_that_an_answer_lacks_asks_for_a_person() -> None:
    scene = Scene().cell("1", "print(X)").ends("raised", "NameError", "name 'X' is not defined")
    assert "no cell sets 'X'" in judged(scene).needs_a_person[0]


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("name", "points"), [("starter", 0), ("solution", 100), ("solution-linear", 100)]
)
def test_what_the_author_gives(name: str, points: int, tmp_path: Path, fence: Sandbox) -> None:
    batch = Batch(ASSIGNMENT, RUBRIC, tmp_path, fence)
    done = grade_file(FOLDER / f"{name}.ipynb", name, batch).grade
    assert (done.earned, done.withheld, done.needs_a_person) == (points, 0, [])


OPTIMIZER = "torch.optim.SGD(model.parameters(), lr=0.01)"
SETUP = "import torch\ndef make(model): return {made}\nSGD = {there}"


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("setup", "optimizer"),
    [
        ("", OPTIMIZER.replace("optim", "optm")),
        (SETUP.format(made=OPTIMIZER.replace("optim", "optm"), there="None"), "make(model)"),
        (SETUP.format(made="None", there="torch.optm.SGD"), OPTIMIZER.replace("torch.optim.", "")),
    ],
    ids=["in its cell", "in a function of a set-up cell", "in a set-up cell"],
)
def test_a_misspelt_optimizer_costs_its_points_once(
    setup: str, optimizer: str, tmp_path: Path, fence: Sandbox
) -> None:
    path = tmp_path / "mine.ipynb"
    notebook = json.loads((FOLDER / "solution.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace(OPTIMIZER, optimizer)
    if setup:
        notebook["cells"].insert(1, {"cell_type": "code", "metadata": {}, "source": setup,
                                     "outputs": [], "execution_count": None})  # fmt: skip
    path.write_text(json.dumps(notebook), encoding="utf-8")
    done = grade_file(path, "mine", Batch(ASSIGNMENT, RUBRIC, tmp_path / "out", fence)).grade
    verdicts = {e.id: e.verdict for e in done.exercises}
    assert {e for e, verdict in verdicts.items() if verdict != "correct"} == {"3"}
    assert verdicts["3"] == ("blocked" if "SGD = torch" in setup else "wrong")
