"""What is said of a saved file, given what a fresh process and the live model said."""

from __future__ import annotations

from typing import Any

import pytest

from grader.evidence import CameAlong, Evidence
from grader.facts import Answered, FileWritten, Reloaded, Saved
from grader.run.live import Live
from grader.run.loading import Read, Rebuilt
from grader.run.verdicts import Tried, brought_along, not_brought, of_file
from grader.scene import Scene

STATE: dict[str, Any] = {"form": "torch", "holds": "state_dict", "state": "one",
                         "entries": [["layer.weight", [1, 1]], ["layer.bias", [1]]]}  # fmt: skip
OTHER = {**STATE, "state": "unknown", "entries": [["x", [2]]]}


def run(*, trains: bool = True, moved: bool = True, second: bool = False) -> Evidence:
    """A model of state zero that is trained to state one, which is then saved."""
    scene = Scene().cell("2").model(state="zero").cell("3")
    if trains:
        scene.trains(moved=moved)
    scene.model(state="one" if moved else "zero")
    if second:
        scene.model("m2", state="fresh")
    return scene.cell("5").saves().evidence()


def gives(*values: float) -> dict[str, Any]:
    return {"shape": [len(values)], "values": list(values)}


def answer(*values: float) -> Answered:
    return Answered(cell=2, challenge="live", by="model", type="Line", ended="answered",
                    shape=[len(values)], dtype="float32", values=list(values))  # fmt: skip


def live(*values: float, copied: Answered | None = None) -> Live:
    return Live([len(values)], [0.0] * len(values), answer(*values), copied)


def told(
    read: dict[str, Any] | None,
    rebuilt: dict[str, Any] | None = None,
    seen: Live | None = None,
    evidence: Evidence | None = None,
) -> Reloaded:
    evidence = evidence or run()
    (saved,) = evidence.everywhere(Saved)
    made = None if rebuilt is None else Rebuilt(**rebuilt)
    tried = Tried(None if read is None else Read(**read), made, "it ended")
    return of_file(evidence, saved, tried, seen)


MADE: dict[str, Any] = {"made": "class", "state": "one"}
ONE = {**MADE, "outputs": [[gives(1, 2)]]}


@pytest.mark.parametrize(
    ("seen", "predicts"),
    [
        (live(1, 2), "alike"),
        (live(1.00001, 2), "alike"),
        (live(1.1, 2), "otherwise"),
        (live(1, 2, 3), "otherwise"),
        (live(float("nan"), 2), "otherwise"),
        (None, "not_compared"),
        (Live([2], [0.0, 0.0], None, None), "not_compared"),
    ],
)
def test_predictions_are_held_against_the_live_models(seen: Live | None, predicts: str) -> None:
    found = told(STATE, ONE, seen)
    assert found.predicts == predicts
    assert found.outcome == ("cannot_be_rebuilt" if predicts == "otherwise" else "reloads")


def test_numbers_that_are_none_are_alike_where_both_are() -> None:
    made = {**MADE, "outputs": [[gives(float("nan"), float("inf"))]]}
    assert told(STATE, made, live(float("nan"), float("inf"))).predicts == "alike"


@pytest.mark.parametrize(
    ("dtype", "predicts"),
    [("float16", "alike"), ("bfloat16", "alike"), ("float32", "otherwise")],
)
def test_numbers_of_16_bits_are_held_against_each_other_as_such(dtype: str, predicts: str) -> None:
    half = answer(1.001, 2).model_copy(update={"dtype": dtype})
    assert told(STATE, ONE, Live([2], [0.0, 0.0], half, None)).predicts == predicts


def test_any_model_that_fits_may_be_the_one() -> None:
    made = {**MADE, "outputs": [[gives(7, 7)], [gives(1, 2)]]}
    assert told(STATE, made, live(1, 2)).outcome == "reloads"


def test_a_model_that_does_not_give_the_same_twice_is_not_compared() -> None:
    made = {**MADE, "outputs": [[{"problem": "it does not give the same twice"}]]}
    found = told(STATE, made, live(1, 2))
    assert (found.outcome, found.predicts) == ("reloads", "not_compared")


def test_a_copy_counts_where_nothing_can_be_made_elsewhere() -> None:
    found = told(STATE, {"problem": "no instance could be made"}, live(1, 2, copied=answer(1, 2)))
    assert (found.outcome, found.made, found.predicts) == ("cannot_be_rebuilt", "copy", "alike")
    other = told(STATE, {"problem": "no instance could be made"}, live(1, 2, copied=answer(3, 2)))
    assert (other.outcome, other.made, other.predicts) == (
        "cannot_be_rebuilt", None, "not_compared",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        (None, "not_readable"),
        ({"too_large": True}, "too_large"),
        ({"holds": "other", "unsafe": ["os.system"]}, "unsafe_file"),
        ({"problem": "ValueError: no pickle"}, "not_readable"),
        ({"holds": "other"}, "not_readable"),
    ],
)
def test_what_cannot_be_loaded(read: dict[str, Any] | None, outcome: str) -> None:
    assert told(read).outcome == outcome


def test_a_state_from_before_the_training() -> None:
    early = {**STATE, "state": "zero"}
    assert told(early, MADE).outcome == "saved_before_training"


def test_a_state_of_a_model_that_nobody_trained() -> None:
    fresh = {**STATE, "state": "fresh"}
    assert told(fresh, MADE, evidence=run(second=True)).outcome == "another_model"


def test_where_training_changed_nothing_what_it_left_counts() -> None:
    evidence = run(moved=False)
    assert told({**STATE, "state": "zero"}, MADE, evidence=evidence).outcome == "reloads"


def test_where_nothing_was_trained_the_file_is_one_from_before() -> None:
    evidence = run(trains=False)
    assert told(STATE, MADE, evidence=evidence).outcome == "saved_before_training"


def test_a_state_that_no_model_has_at_the_end_of_a_cell_is_no_fault() -> None:
    between = {**STATE, "state": "between"}
    found = told(between, {**MADE, "state": "between"})
    assert (found.outcome, found.same_state) == ("reloads", False)


@pytest.mark.parametrize(
    ("differs", "outcome"),
    [
        ({"missing": ["layer.weight"], "unexpected": ["x"]}, "keys_differ"),
        ({"unexpected": ["x"]}, "keys_differ"),
        ({"shapes": ["layer.weight"]}, "shapes_differ"),
    ],
)
def test_what_fits_no_model_of_the_notebook(differs: dict[str, Any], outcome: str) -> None:
    found = told(OTHER, differs)
    assert found.outcome == outcome
    assert found.differs == [name for names in differs.values() for name in names]


@pytest.mark.parametrize(
    "read", [STATE, {**STATE, "state": "between"}, {**OTHER, "entries": [["x", [1]]] * 200}]
)
def test_where_a_model_of_the_notebook_fits_it_was_we_who_made_another(
    read: dict[str, Any],
) -> None:
    assert told(read, {"missing": ["layer.weight"]}).outcome == "cannot_be_rebuilt"


def test_a_file_whose_bytes_did_not_come_out() -> None:
    (saved,) = run().everywhere(Saved)
    gone = FileWritten(cell=2, path="models/model.pth", why="it is not there any more")
    large = FileWritten(cell=2, path="models/model.pth", size=2**40, why="too much")
    assert not_brought(saved, gone).outcome == "not_readable"
    assert not_brought(saved, large).outcome == "too_large"


@pytest.mark.parametrize(
    ("path", "saved_before", "outcomes"),
    [
        ("models/model.pth", False, ["earlier_file"]),
        ("./models/model.pth", False, ["earlier_file"]),
        ("models/model.pth", True, []),
        ("models/another.pth", False, []),
    ],
)
def test_a_file_that_came_with_the_hand_in(
    path: str, saved_before: bool, outcomes: list[str]
) -> None:
    scene = Scene().cell("5")
    if saved_before:
        scene.saves()
    evidence = scene.loads(path).evidence(files=[CameAlong(name="models/model.pth", bytes=9)])
    assert [r.outcome for r in brought_along(evidence, "5")] == outcomes
