"""An answer under no heading is no missing answer, and a call that crashed is no prediction."""

from __future__ import annotations

from pathlib import Path

from grader.assignment import load_assignment
from grader.checks.called_on import CalledOn
from grader.evidence import Evidence
from grader.grade import judge
from grader.rubric import load_rubric
from grader.scene import Scene

ROOT = Path(__file__).parents[1]


def verdicts(evidence: Evidence, exercise: str) -> set[tuple[str, str]]:
    """The verdicts of chapter 01 on an exercise, and why."""
    assignment = load_assignment(ROOT, "01-workflow")
    judged = judge(evidence, load_rubric(ROOT, assignment), assignment)
    return {
        (j.finding.verdict, j.finding.because) for j in judged if j.criterion.exercise == exercise
    }


def scene(loose: str, *, prepares: bool = False) -> Evidence:
    """A cell under no heading, and one below that of exercise 2."""
    built = Scene().cell(None, loose, prepares=prepares).ends("finished")
    return built.cell("2", "class Line(nn.Module): ...").ends("finished").evidence(unheaded=["1"])


def test_cells_under_no_heading_may_answer_the_exercise_before_the_first() -> None:
    why = "no heading of exercise 1 was found; cell 1, under none, may answer it"
    assert verdicts(scene("X = torch.linspace(0, 1, 100)"), "1") == {("no_evidence", why)}


def test_what_only_prepares_answers_nothing() -> None:
    found = verdicts(scene("import torch", prepares=True), "1")
    assert {verdict for verdict, _ in found} == {"not_attempted"}


def test_an_exercise_further_down_is_not_answered_by_what_stands_at_the_top() -> None:
    built = Scene().cell(None, "X = 1").ends("finished").cell("2", "y = 2").ends("finished")
    built.cell("4", "z = 3").ends("finished")
    found = verdicts(built.evidence(unheaded=["3"]), "3")
    assert {verdict for verdict, _ in found} == {"not_attempted"}


def predicted(raised_in: str, other: str = "", calls: int = 1) -> str:
    """The verdict on predictions of a trained Line, in a cell that ends inside of a `forward`.

    Args:
        raised_in: the class whose `forward` it is.
        other: the class of another model that the cell calls; empty where there is none.
        calls: of the Line.
    """
    x = [i / 100 for i in range(100)]
    built = Scene().cell("1")
    for part in (x, x[:80], x[80:], [0.3 * v + 0.9 for v in x[80:]]):
        built.tensor([len(part), 1], part)
    built.cell("3").trains()
    built.calls("m1", (built.tensor([80, 1], x[:80]),), train_grad=300).model("m1")
    built.cell("4", "model(X_test)")
    fed = built.tensor([20, 1], x[80:])
    built.calls("m1", (fed,), eval_quiet=calls)
    if other:
        built.model("m2", names=["other"], type=other).calls("m2", (fed,), eval_quiet=1)
    own = {"name": "self", "type": raised_in, "module": True}
    built.error("TypeError", "no", {}, function="forward", operands=[own])
    return CalledOn(part="test").look(built.evidence(), "4").verdict


def test_a_call_that_crashed_inside_the_model_predicted_nothing() -> None:
    assert predicted("Line") == "failed"


def test_a_call_beside_one_that_crashed_predicted_something() -> None:
    assert predicted("Line", calls=2) == "passed"
    assert predicted("Net", "Net") == "passed"
    assert predicted("Line", "Line") == "passed"  # whose crash it was cannot be told
    assert predicted("Block") == "passed"  # a part of the model, or called by itself
