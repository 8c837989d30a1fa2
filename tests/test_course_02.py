"""Chapter 02 from end to end: starter, a solution, and what its rubric makes of odd evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.grade import Grade, judge, mark
from grader.grading import Batch, grade_file
from grader.rubric import load_rubric
from grader.sandboxes.sandbox import Sandbox
from grader.scene import Scene

COURSE = Path(__file__).parents[1]
ASSIGNMENT = load_assignment(COURSE, "02-classification")
RUBRIC = load_rubric(COURSE, ASSIGNMENT)
FOLDER = COURSE / "assignments" / ASSIGNMENT.id
WITH_LOGITS = {"kind": "binary_cross_entropy_with_logits", "origin": "linear"}


def judged(scene: Scene) -> Grade:
    evidence = scene.evidence(assignment=ASSIGNMENT.id)
    return mark(evidence, judge(evidence, RUBRIC, ASSIGNMENT), ASSIGNMENT)


def verdict_of(done: Grade, criterion: str) -> str:
    return next(m.verdict for m in done.marks if m.criterion == criterion)


def exercise_of(done: Grade, exercise: str) -> str:
    return next(e.verdict for e in done.exercises if e.id == exercise)


def test_points_add_up_to_100() -> None:
    assert sum(c.points for c in RUBRIC.criteria) == 100


def test_a_loss_is_judged_by_the_training_of_the_exercise_after_it() -> None:
    scene = Scene().cell("3", "loss, optimizer = ...").ends("finished")
    done = judged(scene.cell("4").trains(loss=WITH_LOGITS).ends("finished"))
    assert exercise_of(done, "3") == "correct"


def test_a_loss_for_numbers_is_no_loss_for_classes() -> None:
    scene = Scene().cell("3", "loss, optimizer = ...").ends("finished")
    done = judged(scene.cell("4").trains(loss={"kind": "l1_loss"}).ends("finished"))
    assert verdict_of(done, "3.loss") == "failed"
    assert exercise_of(done, "3") == "partly"


def test_a_loss_that_nothing_is_trained_with_is_read_from_the_code() -> None:
    made = "from torch import nn\nloss = nn.BCEWithLogitsLoss()"
    done = judged(Scene().cell("3", made).ends("finished"))
    assert verdict_of(done, "3.loss") == "passed"
    assert verdict_of(done, "3.fits") == "no_evidence"


def test_a_loss_in_a_line_that_was_not_reached_does_not_count() -> None:
    made = "from torch import nn\nundefined\nloss = nn.BCEWithLogitsLoss()"
    scene = Scene().cell("3", made).ends("raised", "ValueError", "no", line=2)
    assert verdict_of(judged(scene), "3.loss") == "failed"


def test_what_an_older_torchmetrics_allowed_is_withheld() -> None:
    said = "Accuracy.__new__() missing 1 required positional argument: 'task'"
    scene = Scene().cell("4", "accuracy = Accuracy()\nfor epoch in range(9): ...")
    done = judged(scene.ends("raised", "TypeError", said))
    assert exercise_of(done, "4") == "unknown"
    assert "torchmetrics" in done.needs_a_person[0]


def test_looking_at_an_untrained_model_is_no_training() -> None:
    done = judged(Scene().cell("4", "print(model(X))").ends("finished"))
    assert exercise_of(done, "4") == "missing"


def test_a_training_that_raised_was_begun() -> None:
    scene = Scene().cell("4", "run(model)").ends("raised", "ValueError", "no")
    assert exercise_of(judged(scene), "4") == "wrong"


def test_a_formula_that_was_not_attempted_leaves_its_exercise_missing() -> None:
    line = [i / 2 - 5 for i in range(21)]
    scene = Scene().cell("6")
    scene.op("tanh", [scene.tensor([21], line)], [scene.tensor([21], [0.1 * v for v in line])])
    scene.plots([("line", 21)]).ends("finished").cell("6", written=False).ends("finished")
    assert exercise_of(judged(scene), "6") == "missing"


@pytest.mark.kernel
@pytest.mark.parametrize(("name", "points"), [("starter", 0), ("solution-loaders", 100)])
def test_what_the_author_gives(name: str, points: int, tmp_path: Path, fence: Sandbox) -> None:
    batch = Batch(ASSIGNMENT, RUBRIC, tmp_path, fence)
    done = grade_file(FOLDER / f"{name}.ipynb", name, batch).grade
    assert (done.earned, done.withheld, done.needs_a_person) == (points, 0, [])
