"""A file counts as the trained model's only where something shows that it is."""

from __future__ import annotations

from itertools import product

import pytest

from grader.checks.model_reloads import ModelReloads
from grader.facts import Saved
from grader.file_facts import OUTCOMES
from grader.finding import Verdict
from grader.scene import Scene

MADE = (None, "class", "whole", "script", "copy")
PREDICTS = ("alike", "otherwise", "not_compared")
SAME = (None, True, False)


def verdict(
    outcome: str, made: str | None, predicts: str, same: bool | None, *, state: str = "random"
) -> Verdict:
    scene = Scene().cell("3").trains().model(state="one").cell("5").saves(state)
    (saved,) = scene.evidence().everywhere(Saved)
    scene.reloads(outcome, made=made, predicts=predicts, same_state=same, state=state,
                  saved=saved.seq)  # fmt: skip
    return ModelReloads().look(scene.evidence(), "5").verdict


def test_numbers_that_no_model_had_are_no_trained_model() -> None:
    assert verdict("reloads", "class", "not_compared", False) == "no_evidence"
    assert verdict("reloads", "class", "not_compared", None) == "no_evidence"


def test_a_state_that_a_trained_model_had_is_one() -> None:
    assert verdict("reloads", "class", "not_compared", False, state="one") == "passed"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_only_what_is_shown_to_be_the_trained_model_passes(outcome: str) -> None:
    for made, predicts, same in product(MADE, PREDICTS, SAME):
        shown = predicts == "alike" or same is True
        found = verdict(outcome, made, predicts, same)
        assert shown or found != "passed", (made, predicts, same)
        assert found != "failed" or outcome not in ("reloads", "cannot_be_rebuilt")


def test_a_training_that_could_not_be_seen_is_not_held_against_a_model() -> None:
    scene = Scene().cell("3").model(state="one").blind("training", "no room").cell("5").saves()
    evidence = scene.reloads("reloads", predicts="alike").evidence()
    assert ModelReloads().look(evidence, "5").verdict == "passed"
