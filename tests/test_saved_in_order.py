"""What a cell saves before it trains is the state of an untrained model."""

from __future__ import annotations

import pytest

from grader.checks.state_saved import StateSaved
from grader.evidence import Evidence
from grader.facts import Saved
from grader.finding import Verdict
from grader.model_facts import TrainingSeen
from grader.run.loading import Read, Rebuilt
from grader.run.verdicts import Tried, of_file
from grader.saved_states import trained_state
from grader.scene import Scene

SAVE = "torch.save(net.state_dict(), 'net.pth')"
STEP = "for epoch in range(9):\n    loss = f(net(X))\n    loss.backward()\n    optimizer.step()"
EARLY, LATE = f"{SAVE}\n{STEP}", f"{STEP}\n{SAVE}"
WITHIN = f"for epoch in range(9):\n    {SAVE}\n    loss.backward()\n    optimizer.step()"
CALLED = f"def fit():\n    loss.backward()\n{SAVE}\nfit()"
CALLED_LATE = f"def fit():\n    loss.backward()\nfit()\n{SAVE}"


def run(source: str, saved_at: int, trained_at: int, *, state: str = "zero") -> Evidence:
    """A cell that makes a model, trains it and saves a state; no model was seen to have that."""
    scene = Scene().cell("5", source).saves(state).trains().model(state="one").ends("finished")
    facts = [
        f.model_copy(update={"line": saved_at if isinstance(f, Saved) else trained_at})
        if isinstance(f, (Saved, TrainingSeen)) else f
        for f in scene.evidence().facts
    ]  # fmt: skip
    return Evidence(header=scene.evidence().header, facts=tuple(facts))


def verdict(evidence: Evidence) -> Verdict:
    return StateSaved().look(evidence, "5").verdict


@pytest.mark.parametrize(("source", "lines"), [(EARLY, (1, 4)), (CALLED, (3, 2))])
def test_a_state_saved_before_the_loop_is_untrained(source: str, lines: tuple[int, int]) -> None:
    evidence = run(source, *lines)
    (saved,) = evidence.everywhere(Saved)
    assert not trained_state(evidence, saved, "zero")
    assert verdict(evidence) == "partly"
    read = Read(form="torch", holds="state_dict", state="zero", entries=[["layer.weight", [1, 1]]])
    tried = Tried(read, Rebuilt(made="class", state="zero"))
    assert of_file(evidence, saved, tried, None).outcome == "saved_before_training"


@pytest.mark.parametrize(
    ("source", "lines"), [(LATE, (5, 3)), (WITHIN, (2, 3)), (CALLED_LATE, (4, 2))]
)
def test_a_state_saved_after_the_loop_or_within_it_may_be_trained(
    source: str, lines: tuple[int, int]
) -> None:
    assert verdict(run(source, *lines)) == "passed"


def test_a_line_that_is_of_another_cell_tells_no_order() -> None:
    assert verdict(run(EARLY, 1, 2)) == "passed"


def test_a_state_from_an_earlier_cell_is_not_trained_by_being_saved_where_another_one_is() -> None:
    scene = Scene().cell("4").model(state="zero").cell("5", WITHIN).saves("zero")
    evidence = scene.trains().model(state="one").evidence()
    assert verdict(evidence) == "partly"
