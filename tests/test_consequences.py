"""One mistake is one cause: what only follows from an earlier exercise is told as that."""

from __future__ import annotations

from typing import ClassVar

import pytest
from test_grade import Says, asks, graded, one

from grader.blocking import Blocker, blocker
from grader.evidence import Evidence
from grader.finding import Finding, Verdict, failed
from grader.grade import Grade
from grader.scene import Scene

CLASS = "class Net(nn.Module):\n    def _init__(self):\n        self.layer = nn.Linear(2, 1)"
NO_LAYER = ("AttributeError", "'Net' object has no attribute 'layer'")
FOLLOWS = "follows from exercise 1"


class Points(Says):
    """Fails, and points at a fact."""

    kind: ClassVar[str] = "points"

    at: int

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        return failed("so it is", where=(self.at,))


def broken_class() -> Scene:
    """A class of exercise 1 whose instances have no layers, and an instance."""
    return Scene().cell("1", CLASS).ends("finished").cell("1", "net = Net()").ends("finished")


def judged(scene: Scene, first: Verdict = "failed") -> Grade:
    return graded(scene.evidence(), asks("1.a", first), asks("2.a", "failed"),
                  asks("2.b", "failed", core=False))  # fmt: skip


def because(grade: Grade) -> list[str]:
    return [m.because for m in grade.marks if m.exercise == "2"]


@pytest.mark.parametrize(
    ("source", "line", "error"),
    [
        ("y = 1\nnet(X)", 2, NO_LAYER),
        ("optimizer = SGD(net.parameters())", 1, ("ValueError", "an empty parameter list")),
        ("def fit():\n    net(X)\nfit()", 3, NO_LAYER),
        ("fit = lambda: net(X)\nfit()", 2, NO_LAYER),
        ("other = Net()\nother(X)", 2, NO_LAYER),
        ("for epoch in range(3):\n    print(epoch)\n    net(X)", 3, NO_LAYER),
    ],
)
def test_an_error_of_what_an_earlier_exercise_made_wrong_follows_from_that(
    source: str, line: int, error: tuple[str, str]
) -> None:
    scene = broken_class().cell("2", source).ends("raised", *error, line=line)
    grade = judged(scene)
    assert [m.verdict for m in grade.marks] == ["failed", "blocked", "blocked"]
    assert one(grade, "2").verdict == "blocked"
    assert all(b.startswith(f"{FOLLOWS}: cell 3 stopped in line {line}") for b in because(grade))
    assert (grade.earned, grade.withheld, grade.possible) == (0, 0, 30)
    assert any(FOLLOWS in reason for reason in grade.needs_a_person)


def test_a_consequence_is_blocked_by_the_exercise_that_it_comes_from() -> None:
    scene = broken_class().cell("2", "out = net(X)").ends("raised", *NO_LAYER, line=1)
    scene.cell("3", "out.shape").ends("raised", "NameError", "name 'out' is not defined", line=1)
    grade = graded(scene.evidence(), *(asks(f"{n}.a", "failed") for n in range(1, 4)))
    assert blocker(scene.evidence(), grade, "2") == Blocker("1", None)
    assert blocker(scene.evidence(), grade, "3") == Blocker("1", None)
    right = graded(scene.evidence(), asks("1.a", "passed"), asks("2.a", "failed"))
    assert blocker(scene.evidence(), right, "2") is None


def test_an_error_of_what_an_earlier_exercise_made_right_is_no_consequence() -> None:
    scene = broken_class().cell("2", "net(X.T)").ends("raised", "RuntimeError", "shapes", line=1)
    grade = judged(scene, first="passed")
    assert [m.verdict for m in grade.marks] == ["passed", "failed", "failed"]
    assert grade.needs_a_person == []


def test_an_error_that_has_nothing_to_do_with_it_is_no_consequence() -> None:
    scene = broken_class().cell("2", "torch.ones(2) @ torch.ones(3)")
    grade = judged(scene.ends("raised", "RuntimeError", "inconsistent tensor size", line=1))
    assert {m.verdict for m in grade.marks} == {"failed"}
    assert grade.needs_a_person == []


@pytest.mark.parametrize("shared", ["import torch", "seed = 42", "d = torch.device('cpu')"])
def test_an_import_or_a_setting_of_a_wrong_exercise_leads_nowhere(shared: str) -> None:
    scene = Scene().cell("1", f"{shared}\nx = 1").ends("finished")
    scene.cell("2", "torch.ones(seed, device=d) @ 3")
    grade = judged(scene.ends("raised", "TypeError", "no matmul", line=1))
    assert {m.verdict for m in grade.marks} == {"failed"}


def test_an_error_of_a_class_of_its_own_is_its_own() -> None:
    scene = broken_class().cell("2", "class Two(nn.Module):\n    pass").ends("finished")
    scene.cell("2", "two = Two()\ntwo(net)")
    grade = judged(scene.ends("raised", "AttributeError", "'Two' object has no 'go'", line=2))
    assert [m.verdict for m in grade.marks] == ["failed", "failed", "failed"]


def test_lines_are_counted_as_they_are_told() -> None:
    scene = broken_class().cell("2", "\n\ny = 1\nnet(X)").ends("raised", *NO_LAYER, line=4)
    assert one(judged(scene), "2").verdict == "blocked"


def test_an_argument_is_not_the_earlier_thing_of_its_name() -> None:
    scene = broken_class().cell("2", "def fit(net):\n    net.go()\nfit(3)")
    grade = judged(scene.ends("raised", "AttributeError", "'int' has no 'go'", line=3))
    assert {m.verdict for m in grade.marks} == {"failed"}


def test_an_exercise_that_earned_something_is_a_cause_only_where_it_showed_the_same_error() -> None:
    def scene(error: str) -> Scene:
        scene = broken_class().challenge(1.0).answers(ended="raised", error=error)
        return scene.cell("2", "net(X)").ends("raised", "RuntimeError", "shapes 800x2, 3x1", line=1)

    def judge(scene: Scene) -> Grade:
        return graded(scene.evidence(), asks("1.a", "passed"), asks("1.b", "failed"),
                      asks("2.a", "failed"))  # fmt: skip

    assert one(judge(scene("RuntimeError: shapes 81x2, 3x1")), "2").verdict == "blocked"
    assert one(judge(scene("RuntimeError: another one")), "2").verdict == "wrong"


def test_a_consequence_of_a_consequence_names_the_first_cause() -> None:
    scene = broken_class().cell("2", "out = net(X)").ends("raised", *NO_LAYER, line=1)
    scene.cell("3", "out.shape").ends("raised", "NameError", "name 'out' is not defined", line=1)
    scene.cell("4", "net(X)").ends("raised", *NO_LAYER, line=1)
    grade = graded(scene.evidence(), *(asks(f"{n}.a", "failed") for n in range(1, 5)))
    assert [e.verdict for e in grade.exercises] == ["wrong", "blocked", "blocked", "blocked"]
    assert "'out', which cell 3 did not set: AttributeError" in grade.marks[2].because
    assert grade.marks[3].because.startswith(FOLLOWS)


def test_names_lost_one_after_the_other_lead_to_the_first_cell() -> None:
    scene = Scene().cell("1", "class Net(:\n").ends("raised", "SyntaxError", "invalid syntax")
    scene.cell("1", "net = Net()").ends("raised", "NameError", "name 'Net' is not defined")
    scene.cell("2", "net(X)").ends("raised", "NameError", "name 'net' is not defined")
    said = because(judged(scene))
    wanted = "needs 'net', which cell 2 did not set because of cell 1: SyntaxError: invalid syntax"
    assert said == [wanted, wanted]


def test_a_name_that_the_exercise_itself_failed_to_set_is_its_own_fault() -> None:
    scene = Scene().cell("1", "x = 1").cell("2", "y = x @ 2")
    scene.ends("raised", "TypeError", "no matmul", line=1)
    scene.cell("2", "y.sum()").ends("raised", "NameError", "name 'y' is not defined", line=1)
    grade = judged(scene, first="passed")
    assert [m.verdict for m in grade.marks] == ["passed", "failed", "failed"]
    assert one(grade, "2").verdict == "wrong"
    assert all(b.startswith("cell 2 stopped in line 1 with TypeError") for b in because(grade))
    assert grade.needs_a_person == []


def test_what_was_seen_wrong_before_stays_a_failure() -> None:
    scene = broken_class().cell("2", "loss = MSELoss()").trains().ends("finished")
    scene.cell("2", "net(X)").ends("raised", *NO_LAYER, line=1)
    evidence = scene.evidence()
    seen = next(f.seq for f in evidence.facts if getattr(f, "kind", "") == "training")
    grade = graded(evidence, asks("1.a", "failed"), asks("2.a", Points(at=seen)),
                   asks("2.b", "failed"))  # fmt: skip
    assert [m.verdict for m in grade.marks] == ["failed", "failed", "blocked"]


def test_waiting_for_a_step_of_its_own_is_wrong_and_not_blocked() -> None:
    scene = Scene().cell("1", "x = 1").ends("finished")
    grade = graded(scene.evidence(), asks("1.a", "failed", core=False),
                   asks("1.b", "failed", after="1.a"))  # fmt: skip
    assert [m.verdict for m in grade.marks] == ["failed", "blocked"]
    assert one(grade, "1").verdict == "wrong"
