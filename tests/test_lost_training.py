"""A training that the environment kept from happening costs no points in later exercises."""

from __future__ import annotations

import pytest

from grader.check import Check
from grader.checks.called_on import CalledOn
from grader.checks.model_reloads import ModelReloads
from grader.checks.state_saved import StateSaved
from grader.consequences import misspells
from grader.evidence import Evidence, number
from grader.lost_training import stopped_training
from grader.model_facts import ModelSeen
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


OPTM = "optimizer = torch.optm.SGD(model.parameters())"
LOOP = "for epoch in range(9):\n    model(X)\n    loss.backward()\n    optimizer.step()"


NEWLINE = "\n"
CALL = "learn(model)"


def stopped(
    *cells: tuple[str | None, str], raised: tuple[str, ...] = (OPTM, LOOP), trains: bool = False
) -> Evidence:
    """A notebook whose training an error of its own ends, and which uses the model all the same.

    Args:
        cells: with their exercises, from the optimizer to the training.
        raised: the sources of those that end with an error.
        trains: whether a model learned something before that.
    """
    scene = Scene().cell("1", "X = data()")
    for part in (range(50), range(40), range(40, 50)):
        scene.tensor([len(part), 1], [i / 50 for i in part])
    scene.ends("finished").cell("2", "model = Line()").model("m1").ends("finished")
    for exercise, source in cells:
        scene.cell(exercise, source)
        if trains and source == LOOP:
            scene.trains()
        scene.ends(*(("raised", "AttributeError", "no 'optm'") if source in raised else
                     ("finished",)), line=1)  # fmt: skip
    scene.cell("4", "model(X_test)").model("m1")
    fed = scene.tensor([10, 1], [i / 50 for i in range(40, 50)])
    scene.calls("m1", (fed,), eval_quiet=1).ends("finished")
    scene.cell("5", "torch.save").saves("one").reloads("saved_before_training")
    return scene.ends("finished").evidence()


@pytest.mark.parametrize(("check", "exercise"), CHECKS)
@pytest.mark.parametrize(
    "cells",
    [
        (("3", OPTM), ("3", LOOP)),
        ((None, OPTM), ("3", LOOP)),
        (("3", f"{OPTM}\n{LOOP}"),),
        (("3", f"{LOOP})"),),
        (("3", f"def learn(model):\n    {LOOP.replace(NEWLINE, NEWLINE + '    ')}"), ("3", CALL)),
        (("3", LOOP.replace("optimizer.step()", "w -= 0.1 * w.grad")),),
    ],
    ids=[
        "of the exercise",
        "of a set-up cell",
        "in one cell",
        "unreadable",
        "in a function",
        "by hand",
    ],
)
def test_an_error_that_ended_the_training_costs_nothing_in_later_exercises(
    cells: tuple[tuple[str | None, str], ...], check: Check, exercise: str
) -> None:
    seen = stopped(*cells, raised=tuple(source for _, source in cells))
    finding = check.look(seen, exercise)
    assert finding.share == 1
    assert "exercise 3" in finding.because


@pytest.mark.parametrize(("check", "exercise"), CHECKS)
@pytest.mark.parametrize(
    "other",
    [
        (("3", OPTM), ("3", "loss = 1")),
        (("3", "model.eval()"), ("3", LOOP)),
        (("3", OPTM.replace("model", "other")), ("3", LOOP.replace("model", "other"))),
        (("own", OPTM), ("own", LOOP)),
        (("3", "model backward ("),),
        (("3", "# model: loss.backward(), optimizer.step()\n("),),
        (("3", "print('model loss.backward() optimizer.step()'))"),),
        (("3", "model.backward("),),
        (("3", "model(X).sum().backward()"),),
        (("3", "model.fit(X)"),),
        (("3", f"# model\n{LOOP.replace('model', 'other')}"),),
    ],
    ids=[
        "no training",
        "no error",
        "of another model",
        "of the exercise itself",
        "of words",
        "in a comment",
        "in a string",
        "without an update",
        "a backward alone",
        "by its name alone",
        "that a comment names",
    ],
)
def test_a_model_that_nobody_set_out_to_train_costs_its_points(
    other: tuple[tuple[str, str], ...], check: Check, exercise: str
) -> None:
    cells = [(exercise if of == "own" else of, source) for of, source in other]
    raised = () if ("3", "model.eval()") in cells else tuple(source for _, source in cells)
    assert check.look(stopped(*cells, raised=raised), exercise).share < 1


@pytest.mark.parametrize(("check", "exercise"), CHECKS)
def test_a_model_that_is_made_after_the_error_was_never_to_be_trained(
    check: Check, exercise: str
) -> None:
    whole = stopped(("3", LOOP))
    later = [f for f in whole.facts if not (f.exercise == "2" and isinstance(f, ModelSeen))]
    seen = whole.model_copy(update={"facts": number(later)})
    assert check.look(whole, exercise).share == 1
    assert check.look(seen, exercise).share < 1


def test_a_training_that_learned_something_before_its_error_is_one() -> None:
    seen = stopped(("3", LOOP), raised=(LOOP,), trains=True)
    assert not stopped_training(seen, "4", {"m1"})


def test_where_another_model_was_trained_the_untrained_one_costs_its_points() -> None:
    scene = Scene().cell("2", LOOP).model("m1", state="one").ends("raised", "RuntimeError", "no")
    scene.cell("3", LOOP.replace("model", "second")).trains(model="m2")
    scene.model("m2", state="two", names=["second"]).model("m1", state="one").ends("finished")
    scene.cell("5", "torch.save(model.state_dict(), 'm')").saves("one").model("m1", state="one")
    assert StateSaved().look(scene.evidence(), "5").verdict == "partly"


def test_an_exercise_without_a_cell_has_no_training_before_it() -> None:
    assert not stopped_training(stopped(("3", LOOP)), "9", {"m1"})


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
