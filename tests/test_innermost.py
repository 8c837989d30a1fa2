"""Errors are told where they were raised, in whichever cell that line is."""

from __future__ import annotations

from grader.facts import CellEnded, ErrorRaised
from grader.innermost import Spot, innermost, written
from grader.raised import Raised
from grader.scene import Scene
from grader.tutor.explain import of_run, words

LINE = """class Line(nn.Module):
    def forward(self, x):
        return self.weigth * x
"""
OTHER = """class Other(nn.Module):
    def forward(self, x):
        return self.slope + x
"""
LACKS = ("AttributeError", "'Line' object has no attribute 'weigth'")


def spot(scene: Scene) -> Spot | None:
    """Where the last error of a scene was raised."""
    evidence = scene.evidence()
    end, line = evidence.everywhere(CellEnded)[-1], evidence.everywhere(ErrorRaised)[-1]
    return innermost(evidence, Raised(end, line))


def test_a_method_of_an_earlier_cell() -> None:
    scene = Scene().cell("2", LINE).cell("2", "x = 1").cell("3", "model(x)")
    scene.error(*LACKS, {"x": [3]}, function="forward", at=3)
    assert spot(scene) == Spot(0, 3, "forward")


def test_of_several_the_one_whose_line_names_what_was_named() -> None:
    scene = Scene().cell("2", LINE).cell("2", OTHER.replace("+ x", "+ y")).cell("3", "model(x)")
    scene.error(*LACKS, {"x": [3]}, function="forward", at=3)
    assert spot(scene) == Spot(0, 3, "forward")


def test_of_methods_of_two_classes_that_of_the_object() -> None:
    scene = Scene().cell("2", LINE).cell("2", LINE.replace("Line", "Other")).cell("3", "model(x)")
    own = {"name": "self", "type": "Line", "module": True}
    scene.error(*LACKS, {}, function="forward", at=3, operands=[own])
    assert spot(scene) == Spot(0, 3, "forward")


def test_of_several_that_fit_the_last_if_their_lines_are_the_same() -> None:
    scene = Scene().cell("2", LINE).cell("2", LINE).cell("3", "model(x)")
    scene.error(*LACKS, {"x": [3]}, function="forward", at=3)
    scene.cell("4", LINE)
    assert spot(scene) == Spot(1, 3, "forward")


def test_of_several_that_fit_none_if_their_lines_differ() -> None:
    other = OTHER.replace("slope + x", "weigth + x")
    scene = Scene().cell("2", LINE).cell("2", other).cell("3", "model(x)")
    scene.error(*LACKS, {"x": [3]}, function="forward", at=3)
    assert spot(scene) is None


def test_a_definition_that_did_not_run() -> None:
    scene = Scene().cell("2", f"{LINE}").cell("2", f"1 / 0\n{LINE}")
    scene.ends("raised", "ZeroDivisionError", "no", line=1)
    scene.cell("3", "model(x)").error(*LACKS, {"x": [3]}, function="forward", at=3)
    assert spot(scene) == Spot(0, 3, "forward")


def test_the_cell_itself() -> None:
    scene = Scene().cell("2", LINE).cell("3", "x = 1\nmodel(x)")
    scene.error("TypeError", "no", {"x": [3]}, at=2)
    assert spot(scene) == Spot(1, 2)


def test_a_function_that_no_cell_shows() -> None:
    scene = Scene().cell("3", "model(x)")
    scene.error(*LACKS, {"x": [3]}, function="forward", at=3)
    assert spot(scene) is None
    evidence = scene.evidence()
    end = evidence.everywhere(CellEnded)[0]
    assert written(evidence, Raised(end, evidence.everywhere(ErrorRaised)[0])) == end


def test_it_is_explained_with_its_line_and_who_called_it() -> None:
    scene = Scene().cell("2", LINE).cell("3", "model(x)")
    scene.error(*LACKS, {"x": [3]}, function="forward", at=3, near="weight")
    (explained,) = of_run(scene.evidence())
    said = words(explained)
    assert "cell 1, line 3, in forward, called from cell 2" in said
    assert "return self.weigth * x" in said
    assert explained.found is not None
    assert (explained.found.id, explained.found.cell, explained.found.line) == ("X21", 1, 3)


def test_what_follows_from_an_earlier_error_says_which() -> None:
    lost = "name {!r} is not defined"
    scene = Scene().cell("1", "X = torch.linspase(0, 1)")
    scene.error("AttributeError", "module 'torch' has no attribute 'linspase'", {}, near="linspace")
    scene.cell("1", "X_train = X[:8]").error("NameError", lost.format("X"), {})
    scene.cell("2", "print(X_train)").error("NameError", lost.format("X_train"), {})
    first, second, third = map(words, of_run(scene.evidence()))
    assert "'linspace', which torch has" in first
    assert "cell 1 ended before it set 'X'. Repair cell 1 first." in second
    assert "cell 2 ended because of cell 1 before it set 'X_train'. Repair cell 1 first." in third


def test_an_error_that_nobody_knows_is_told_without_an_arrow() -> None:
    scene = Scene().cell("1", "raise LookupError('x')").error("LookupError", "x", {})
    (explained,) = of_run(scene.evidence())
    assert "not among those" in words(explained)
    assert "arrow" not in words(explained)


def test_two_errors_of_one_line_are_told_apart() -> None:
    scene = Scene().cell("2", LINE)
    for lacks in ("'Line' object has no attribute 'weigth'", "'int' object has no attribute 'foo'"):
        scene.cell("3", "model(x)")
        scene.error("AttributeError", lacks, {"x": [3]}, function="forward", at=3)
    first, second = of_run(scene.evidence())
    assert first.found is not None
    assert "'weigth'" in first.found.because
    assert second.found is None or "'foo'" in second.found.because


def test_what_the_notebook_shows_beside_its_cells_is_what_they_are_called() -> None:
    scene = Scene().cell("2", LINE).cell("3", "model(x)")
    scene.error(*LACKS, {"x": [3]}, function="forward", at=3)
    (explained,) = of_run(scene.evidence(), {1: "In [4]", 2: "In [9]"})
    assert "In [4], line 3, in forward, called from In [9]" in words(explained)
    assert explained.ended == 2
