"""What is said of a name that a clean run does not define."""

from __future__ import annotations

import pytest

from grader.facts import CellEnded
from grader.missing_names import names_set, why_undefined
from grader.scene import Scene


def told(*cells: str, uses: str = "X", raised: dict[int, str] | None = None) -> str:
    """What is said where the cell marked with `>` ends for want of a name."""
    scene = Scene()
    for index, source in enumerate(cells):
        scene.cell("1", source.removeprefix(">"))
        if source.startswith(">"):
            scene.ends("raised", "NameError", f"name '{uses}' is not defined")
        elif raised and index in raised:
            scene.ends("raised", *raised[index].split(": ", 1))
    evidence = scene.evidence()
    ends = [e for e in evidence.everywhere(CellEnded) if e.ename == "NameError"]
    return why_undefined(evidence, ends[-1], uses)


def test_a_name_set_by_a_cell_further_down() -> None:
    said = told("import torch", ">print(X)", "y = 1", "X = torch.ones(2)")
    assert said == "works only in your session: 'X' is set further down, in cell 4"


def test_a_name_that_no_cell_sets() -> None:
    said = told("import torch", ">print(X)")
    assert said == "works only in your session: no cell sets 'X'"


def test_a_name_that_is_nearly_one_on_the_page() -> None:
    said = told("X_train = 1", ">print(X_trian)", uses="X_trian")
    assert said == "no cell sets 'X_trian'; 'X_train' may be meant"


def test_a_name_that_is_nearly_one_that_a_line_above_sets() -> None:
    scene = Scene().cell("1", "for i in range(3):\n    y_pred = i\n    print(y_perd)")
    scene.ends("raised", "NameError", "name 'y_perd' is not defined", line=3)
    evidence = scene.evidence()
    said = why_undefined(evidence, evidence.everywhere(CellEnded)[0], "y_perd")
    assert said == "no cell sets 'y_perd'; 'y_pred' may be meant"


@pytest.mark.parametrize("cells", [
    (">print(epochs)", "for epoch in range(3): pass"),  # further down
    ("1 / 0\nX_train = 1", ">print(X_trian)"),  # in a cell that failed
    ("from m import *\nX_train = 1", ">print(X_trian)"),  # hidden from the page
    ("def f(X_trian):\n    X_train = 1", ">print(X_trian)"),  # a function has it
])  # fmt: skip
def test_what_is_no_slip_of_the_keyboard(cells: tuple[str, ...]) -> None:
    uses = cells[-1].partition("print(")[2].rstrip(")") or "epochs"
    said = told(
        *cells, uses=uses, raised={0: "ZeroDivisionError: no"} if "1 / 0" in cells[0] else None
    )
    assert "may be meant" not in said


def test_a_name_that_its_own_cell_sets_too_late() -> None:
    assert told(">print(X)\nX = 1") == "works only in your session: it uses 'X' before it sets it"


def test_a_name_whose_cell_ended_before_it_was_set() -> None:
    said = told("X = torch.ones(2) @ 3", ">print(X)", raised={0: "TypeError: not a tensor"})
    assert said == "needs 'X', which cell 1 did not set: TypeError: not a tensor"


def test_a_name_in_a_cell_that_cannot_be_parsed() -> None:
    said = told("X = (1", ">print(X)", raised={0: "SyntaxError: '(' was never closed"})
    assert said.startswith("needs 'X', which cell 1 did not set: SyntaxError")


@pytest.mark.parametrize("other", ["from stuff import *", "%run prepare.py", "exec(text)"])
def test_nothing_is_said_of_the_session_where_names_may_come_from_elsewhere(other: str) -> None:
    assert told(other, ">print(X)") == "uses 'X', which a clean run from the top does not define"


def test_nothing_is_said_of_the_session_where_a_cell_above_could_have_set_it() -> None:
    said = told("if False:\n    X = 1", ">print(X)", "X = 2")
    assert said == "uses 'X', which a clean run from the top does not define"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = y = 1", {"x", "y"}),
        ("(a, [b, *c]), d.e, f[0] = value", {"a", "b", "c"}),
        ("for i in range(3):\n    with open(p) as f:\n        n: int = 0", {"i", "f", "n"}),
        ("import torch.nn as nn, os.path\nfrom torch import optim as o", {"nn", "os", "o"}),
        ("def fit(x):\n    inner = 1\nclass Net:\n    depth = 2", {"fit", "Net"}),
        ("def fit():\n    global best\n    best = 1", {"fit", "best"}),
        ("[i for i in y]; (z := 1); [w := i for i in y]", {"z", "w"}),
        ("lambda q: q", set()),
        ("try:\n    pass\nexcept ValueError as e:\n    pass", {"e"}),
        ("match x:\n    case [a, *rest] as whole:\n        pass", {"a", "rest", "whole"}),
        ("x += 1", {"x"}),
        ("not python", set()),
    ],
)
def test_what_a_cell_sets(source: str, names: set[str]) -> None:
    assert names_set(source) == names
