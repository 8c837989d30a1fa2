"""An answer under no heading is no missing answer, and a call that crashed is no prediction."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("function", "verdict"), [("forward", "failed"), ("<module>", "no_evidence")]
)
def test_a_call_that_crashed_inside_the_model_predicted_nothing(
    function: str, verdict: str
) -> None:
    built = Scene().cell("1")
    x = [built.tensor([80, 1], [i / 100 for i in range(80)]),
         built.tensor([20, 1], [i / 100 for i in range(80, 100)])]  # fmt: skip
    built.cell("4", "model(X_test)").calls("m1", (x[1],), eval_quiet=1)
    built.error("AttributeError", "no", {}, function=function)
    finding = CalledOn(part="test").look(built.evidence(), "4")
    assert finding.verdict == verdict
