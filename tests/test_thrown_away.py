"""A result that is thrown away is the cause of the error that its absence leads to."""

from __future__ import annotations

import pytest

from grader.diagnosing import diagnose
from grader.evidence import Evidence
from grader.finding import Diagnosis
from grader.scene import Scene


def found(given: str, target: str) -> list[Diagnosis]:
    """The mistakes of an exercise that squeezes [8, 1] in vain, and whose loss tells two shapes."""
    scene = Scene().cell("4", "y_logits.squeeze()\nloss = loss_fn(y_logits, y)")
    scene.op("squeeze", [scene.tensor([8, 1])], [scene.tensor([8])])
    said = f"Target size (torch.Size([{target}])) must be the same as input size"
    scene.error("ValueError", f"{said} (torch.Size([{given}]))", {}, line=2)
    evidence: Evidence = scene.evidence()
    facts = [f.model_copy(update={"line": 1}) if f.line is None else f for f in evidence.facts]
    return diagnose(evidence.model_copy(update={"facts": tuple(facts)}), ["4"]).diagnoses


def test_it_is_told_first_where_the_shapes_are_those_of_the_error() -> None:
    first, second = found("8, 1", "8")
    assert (first.id, first.severity, second.id) == ("D08", "F", "L09")


@pytest.mark.parametrize(("given", "target"), [("7, 1", "8"), ("8, 1", "7")])
def test_it_works_by_luck_where_the_error_is_another(given: str, target: str) -> None:
    first, second = found(given, target)
    assert (first.id, second.id, second.severity) == ("L09", "D08", "W")
