"""Every check is what it says: its own examples prove it."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from grader import plugins
from grader.check import Check, Example
from grader.facts import Claim
from grader.finding import WITHHELD
from grader.scene import Scene

KINDS = plugins.check_kinds()
EXAMPLES = [(kind, e) for kind in KINDS for e in plugins.check_class(kind).examples()]
NAMED = [pytest.param(k, e, id=f"{k}: {e.about}") for k, e in EXAMPLES]


def built(kind: str, example: Example) -> Check:
    return plugins.check_class(kind).model_validate(example.fields)


def test_the_checks_that_the_first_rubric_needs_are_found() -> None:
    expected = {"runs_clean", "tensor_made", "matrix_product", "seed_set", "reduction", "shown"}
    assert expected <= set(KINDS)


def test_a_kind_that_no_file_has_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        plugins.check_class("os")


@pytest.mark.parametrize(("kind", "example"), NAMED)
def test_an_example_is_judged_as_it_says(kind: str, example: Example) -> None:
    finding = built(kind, example).look(example.evidence, example.exercise)
    assert finding.verdict == example.verdict, finding


@pytest.mark.parametrize(("kind", "example"), NAMED)
def test_one_of_something_is_not_told_as_several(kind: str, example: Example) -> None:
    finding = built(kind, example).look(example.evidence, example.exercise)
    for told in (finding.because, finding.expected, finding.actual):
        assert not re.search(r"(?<![\d.,-])1 (parts|points|cells|tensors|models|figures)\b", told)


@pytest.mark.parametrize(("kind", "example"), NAMED)
def test_a_finding_can_be_told_to_a_student(kind: str, example: Example) -> None:
    finding = built(kind, example).look(example.evidence, example.exercise)
    assert finding.because
    assert "\n" not in finding.because
    assert finding.because[0].islower() or not finding.because[0].isalpha()
    assert set(finding.where) <= {f.seq for f in example.evidence.facts}
    share = {"passed": 1.0, "failed": 0.0}.get(finding.verdict, finding.share)
    assert finding.share == share
    if finding.verdict == "partly":
        assert 0 < finding.share < 1


@pytest.mark.parametrize(("kind", "example"), NAMED)
def test_numbers_that_were_expected_are_told_in_no_other_place(kind: str, example: Example) -> None:
    finding = built(kind, example).look(example.evidence, example.exercise)
    for number in re.findall(r"\d+\.\d+", finding.expected):
        assert number not in finding.because  # a rubric may keep `expected` from students


@pytest.mark.parametrize("kind", KINDS)
def test_examples_pass_fail_and_show_an_exercise_with_nothing_in_it(kind: str) -> None:
    examples = plugins.check_class(kind).examples()
    assert {"passed", "failed"} <= {e.verdict for e in examples}
    assert any(not e.evidence.of(e.exercise, Claim) for e in examples), "nothing in the exercise"
    assert len({e.about for e in examples}) == len(examples)


@pytest.mark.parametrize(("kind", "example"), NAMED)
def test_empty_evidence_passes_nowhere_and_raises_nowhere(kind: str, example: Example) -> None:
    check = built(kind, example)
    unwritten = Scene().cell(example.exercise, "", written=False).evidence()
    for empty in (Scene().evidence(), Scene().cell(example.exercise).evidence(), unwritten):
        finding = check.look(empty, example.exercise)
        assert finding.verdict in ("failed", "not_attempted", *WITHHELD)


@pytest.mark.parametrize("kind", KINDS)
def test_another_exercise_is_not_judged_by_this_ones_cells(kind: str) -> None:
    for example in plugins.check_class(kind).examples():
        finding = built(kind, example).look(example.evidence, "of nobody")
        assert finding.verdict != "passed", example.about


@pytest.mark.parametrize("kind", KINDS)
def test_looking_twice_gives_the_same_finding(kind: str) -> None:
    for example in plugins.check_class(kind).examples():
        check = built(kind, example)
        first = check.look(example.evidence, example.exercise)
        assert check.look(example.evidence, example.exercise) == first


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_explains_itself_and_its_fields_to_authors(kind: str) -> None:
    check = plugins.check_class(kind)
    assert check.kind == kind
    assert check.__doc__
    for name, field in check.model_fields.items():
        assert field.description, f"{kind}.{name} has no description"


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_refuses_a_field_it_does_not_know(kind: str) -> None:
    example = plugins.check_class(kind).examples()[0]
    with pytest.raises(ValidationError, match="no_such_field"):
        plugins.check_class(kind).model_validate({**example.fields, "no_such_field": 1})


def test_numbers_that_do_not_fill_their_shape_fail_a_check_and_do_not_break_it() -> None:
    for sizes in ([3, 3], [0], [2**62], [0, 3]):
        scene = Scene()
        scene.cell("7").tensor(sizes, [1.0, 2.0])
        for kind, example in EXAMPLES:
            found = built(kind, example).look(scene.evidence(), "7")
            assert found.verdict != "broken"


@pytest.mark.parametrize(("ends", "verdict"), [((-9.0, -5.0), "failed"), ((0.0, 5.0), "passed")])
def test_parts_too_large_to_travel_have_to_hold_the_extremes(
    ends: tuple[float, float], verdict: str
) -> None:
    scene = Scene().cell("1").large([2000, 1], 0, 9).large([1600, 1], 1, 9).large([400, 1], *ends)
    split = plugins.check_class("data_split").model_validate({})
    assert split.look(scene.evidence(), "1").verdict == verdict


LINE = {"weight": -0.3, "bias": 0.9, "points": 100}


@pytest.mark.parametrize(
    ("ends", "verdict"), [((0.6, 0.9), "passed"), ((0.9, 1.2), "failed"), ((-3.0, 3.0), "failed")]
)
def test_data_too_large_to_travel_is_known_by_its_statistics(
    ends: tuple[float, float], verdict: str
) -> None:
    scene = Scene().cell("1").large([2000, 1], 0, 1).large([2000, 1], *ends)
    line = plugins.check_class("line_data").model_validate(LINE)
    assert line.look(scene.evidence(), "1").verdict == verdict


def test_two_points_are_no_data_on_a_line() -> None:
    scene = Scene().cell("1")
    scene.tensor([2], [0.1, 0.7])
    scene.tensor([2], [0.4, 0.2])
    line = plugins.check_class("line_data").model_validate(LINE)
    assert line.look(scene.evidence(), "1").verdict == "failed"
