"""A training that the environment kept from happening costs no points in later exercises."""

from __future__ import annotations

import pytest

from grader.check import Check
from grader.checks.called_on import CalledOn
from grader.checks.model_reloads import ModelReloads
from grader.checks.state_saved import StateSaved
from grader.consequences import misspells
from grader.evidence import Evidence
from grader.lost_training import lost_training
from grader.scene import Scene

TRAINING = "urlopen(url)\nfor epoch in range(9):\n    loss.backward()\n    optimizer.step()"


def notebook(training: str = TRAINING, ename: str = "URLError") -> Evidence:
    """Exercise 3 should train and does not come to it; later ones use the model as it is."""
    scene = Scene().cell("3", training).ends("raised", ename, "no", line=1)
    scene.cell("4", "model(X_test)")
    part = scene.tensor([10, 1], [i / 10 for i in range(10)])
    scene.model("m1", state="one").calls("m1", (part,), eval_quiet=1).ends("finished")
    scene.cell("5", "torch.save").saves("one").reloads("saved_before_training")
    return scene.ends("finished").evidence()


CHECKS = [(CalledOn(part="test"), "4"), (StateSaved(), "5"), (ModelReloads(), "5")]


@pytest.mark.parametrize(("check", "exercise"), CHECKS)
def test_what_needs_the_trained_model_is_withheld(check: Check, exercise: str) -> None:
    finding = check.look(notebook(), exercise)
    assert finding.verdict == "no_evidence"
    assert "exercise 3 could not train" in finding.because


@pytest.mark.parametrize(("check", "exercise"), CHECKS)
@pytest.mark.parametrize(
    "other",
    [notebook("data = urlopen(url)"), notebook(ename="ValueError")],
    ids=["no training lost", "its own error"],
)
def test_what_the_hand_in_did_itself_costs_its_points(
    other: Evidence, check: Check, exercise: str
) -> None:
    assert not lost_training(other)
    assert check.look(other, exercise).share < 1
    assert check.look(other, exercise).verdict != "no_evidence"


@pytest.mark.parametrize(
    ("source", "said", "own"),
    [
        ("torch.save(model.state_dct(), p)", "'Line' object has no attribute 'state_dct'", True),
        ("y = model(x)", "'Line' object has no attribute 'layer'", False),
        ("p = model.parameters()", "'list' object has no attribute 'parameters'", False),
    ],
)
def test_a_name_that_the_line_misspells_is_no_consequence(
    source: str, said: str, own: bool
) -> None:
    scene = Scene().cell("5", source).ends("raised", "AttributeError", said, line=1)
    evidence = scene.evidence()
    (end,) = evidence.endings("5")
    assert misspells(evidence, end) is own
