"""Real errors of the torch that is installed, each told with the names and shapes of its line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from grader.assignment import Assignment, Exercise, Limits
from grader.diagnosing import Diagnosed, diagnose
from grader.exercises import Placement
from grader.facts import CellEnded
from grader.finding import Diagnosis
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

START = """
import numpy as np
import matplotlib.pyplot as plt
import torch
from sklearn.model_selection import train_test_split
from torch import nn

X, labels = torch.rand(800, 2), torch.randint(0, 2, (800,)).float()
good = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
conv = nn.Conv2d(3, 4, 3)
nine = torch.arange(9.0)
doubles = np.ones((3, 2))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 8)
        self.second = nn.Linear(4, 1)

    def forward(self, x):
        return self.second(self.first(x))
"""


class Crash(NamedTuple):
    """A cell that raises, what it is told as, and what the telling must name."""

    cell: str
    fault: str
    names: tuple[str, ...]


def model(body: str, then: str) -> str:
    """A cell with a class of a model, and what is done with it."""
    lines = "\n    ".join(body.strip().split("\n"))
    return f"class Own(nn.Module):\n    {lines}\n\n{then}"


INIT = "def __init__(self):\n    super().__init__()\n"
LAYER = "    self.layer = nn.Linear(2, 1)\n"
CALL = "def forward(self, x):\n    return self.layer(x)"
SGD = "torch.optim.SGD(Own().parameters(), lr=0.1)"

CRASHES = {
    "an attribute of a module, misspelled": Crash(
        "torch.optm.SGD", "X21", ("the module torch", "'optm'", "'optim'")),
    "an attribute of a layer, misspelled": Crash(
        "good[0].wieght", "X21", ("'wieght'", "'weight'")),
    "no call of the parent": Crash(
        model(f"def __init__(self):\n{LAYER}{CALL}", "Own()"), "M01", ("Own", "__init__")),
    "no call of the parent, a plain attribute": Crash(
        model("def __init__(self):\n    self.size = 3\n" + CALL, "Own()(X)"), "M01", ("Own",)),
    "forward misspelled": Crash(
        model(f"{INIT}{LAYER}def foward(self, x):\n    return x", "Own()(X)"), "M02",
        ("Own", "foward")),
    "forward within __init__": Crash(
        model(f"{INIT}    def forward(self, x):\n        return x", "Own()(X)"), "M02",
        ("Own", "within another method")),
    "forward returns nothing": Crash(
        model(f"{INIT}{LAYER}def forward(self, x):\n    self.layer(x)",
              "nn.BCEWithLogitsLoss()(Own()(X), labels)"), "M03", ("Own", "NoneType")),
    "layers in a list": Crash(
        model(f"{INIT}    self.parts = [nn.Linear(2, 1)]\n{CALL}", SGD), "M04",
        ("self.parts", "Own")),
    "a plain tensor": Crash(
        model(f"{INIT}    self.weight = torch.randn(1)\ndef forward(self, x):\n"
              "    return self.weight * x", SGD), "M09", ("self.weight", "torch.randn(1)")),
    "__init__ misspelled": Crash(
        model(f"def _init_(self):\n    super().__init__()\n{LAYER}{CALL}", "Own()(X)"), "M21",
        ("Own", "_init_", "'layer'")),
    "__init__ misspelled, and nothing to optimize": Crash(
        model(f"def _init_(self):\n    super().__init__()\n{LAYER}{CALL}", SGD), "M21",
        ("Own", "_init_")),
    "no output for a class": Crash(
        "nn.CrossEntropyLoss()(good(X), torch.full((800,), 2))", "M10", ("2 outputs", "label 2")),
    "two outputs for a binary loss": Crash(
        "nn.BCEWithLogitsLoss()(good(X), labels)", "M10", ("[800, 2]", "[800]")),
    "a feature too many": Crash(
        "wide = torch.rand(10, 3)\ngood(wide)", "M11", ("wide [10, 3]", "Linear", "2 features")),
    "layers that do not meet": Crash(
        "Model()(X)", "M11", ("[800, 8]", "Linear", "in forward", "4 features")),
    "an image without a batch": Crash(
        "image = torch.rand(3, 8)\nconv(image)", "M11", ("image [3, 8]", "Conv2d", "3 channels")),
    "channels": Crash(
        "gray = torch.rand(5, 1, 8, 8)\nconv(gray)", "M11", ("gray [5, 1, 8, 8]", "3 channels")),
    "a product of equal shapes": Crash("X @ X", "X01", ("X [800, 2]",)),
    "a product with a vector": Crash(
        "a, b = torch.rand(3, 4), torch.rand(3)\ntorch.matmul(a, b)", "X01", ("a [3, 4], b [3]",)),
    "a product of values without names": Crash(
        "torch.rand(3, 4) @ torch.rand(3, 4)", "X01", ("[3, 4]", "4 and 3")),
    "doubles into a layer": Crash(
        "rows = torch.from_numpy(doubles)\ngood(rows)", "D06", ("rows [3, 2] float64", "Linear")),
    "whole numbers into a layer": Crash(
        "whole = torch.arange(4).reshape(2, 2)\ngood(whole)", "D06", ("whole [2, 2] int64",)),
    "an array into a layer": Crash("good(doubles)", "D06", ("doubles [3, 2]",)),
    "bytes into a convolution": Crash(
        "image = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)\nconv(image)", "D06",
        ("image [1, 3, 8, 8] uint8", "Conv2d")),
    "an impossible shape": Crash("nine.reshape(2, 5)", "X04", ("nine [9]", "[2, 5]")),
    "an impossible view": Crash("nine.view(2, 5)", "X04", ("nine [9]",)),
    "a view of a transpose": Crash("X.T.view(1600)", "X04", ("[2, 800]",)),
    "an old resize": Crash("nine.resize(2, 2)", "X04", ("nine [9]",)),
    "a mean of whole numbers": Crash(
        "counts = torch.arange(5)\ncounts.mean()", "X07", ("counts [5] int64",)),
    "a softmax of whole numbers": Crash("torch.arange(5).softmax(dim=0)", "X07", ("[5] int64",)),
    "numpy of a tensor with gradients": Crash(
        "scores = good(X)\nscores.numpy()", "E07", ("scores [800, 2] on cpu, with gradients",)),
    "a plot of a tensor with gradients": Crash(
        "slope = nn.Parameter(torch.rand(3))\nplt.plot(slope)", "E07", ("slope [3]", "gradients")),
    "a built-in hidden": Crash("sum = 3\nsum([1, 2])", "X10", ("sum is of type int", "line 1")),
    "a loss under its function's name": Crash(
        "loss_fn = nn.L1Loss()\nloss_fn = loss_fn(X, X)\nloss_fn(X, X)", "X10",
        ("loss_fn is of type Tensor", "line 2")),
    "size of an array": Crash("doubles.size()", "X10", ("doubles.size", "int")),
    "what load_state_dict returns": Crash(
        "loaded = good.load_state_dict(good.state_dict())\nloaded(X)", "S01",
        ("_IncompatibleKeys",)),
    "a path for a state": Crash('good.load_state_dict("m.pth")', "S01", ("'str'",)),
    "other names": Crash(
        "nn.Linear(2, 8).load_state_dict(good.state_dict())", "S02", ('"weight"', '"0.weight"')),
    "other sizes": Crash(
        "nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Linear(9, 2))"
        ".load_state_dict(good.state_dict())", "S02", ("0.weight", "[8, 2]", "[9, 2]")),
    "a whole model": Crash(
        'torch.save(good, "whole.pth")\ntorch.load("whole.pth")', "S03", ("Sequential",)),
    "a name that nothing sets": Crash("undefined_thing + 1", "N01", ("undefined_thing",)),
    "a module that is not there": Crash("import nowhere_at_all", "N03", ("nowhere_at_all",)),
    "an older torchmetrics": Crash(
        "import torchmetrics\ntorchmetrics.ConfusionMatrix(num_classes=3)", "N03",
        ("torchmetrics",)),
    "words in a code cell": Crash("Confusion Matrix", "X23", ("Confusion Matrix",)),
    "a text that never ends": Crash('text = """never closed', "X23", ("SyntaxError",)),
    "a seed where none is taken": Crash("torch.cuda.seed(1234)", "X24", ("seed()",)),
    "an argument too many": Crash("good(X, labels)", "X24", ("forward()",)),
    "sizes in a sum": Crash(
        "a, b = torch.rand(10), torch.rand(4)\na == b", "X22", ("a [10], b [4]",)),
    "sizes in a plot": Crash(
        "a, b = torch.rand(10), torch.rand(12)\nplt.scatter(a, b)", "X22", ("a [10], b [12]",)),
    "colours in a plot": Crash(
        "plt.scatter(X[:, 0], X[:, 1], c=labels[:60])", "X22", ("60 elements",)),
    "an index too high": Crash("nine[9]", "X25", ("nine [9]", "index 9")),
    "a dimension too high": Crash("X.max(dim=3)", "X25", ("X [800, 2]", "got 3")),
    "a name that a list lacks": Crash("parts = [1, 2]\nparts.shape", "X21",
                                      ("parts is of type list", "'shape'")),
    "a name that a model lacks": Crash("good.activation", "X21", ("Sequential", "'activation'")),
    "a misspelled method": Crash("Model().evel()", "X21", ("'eval', which every model has",)),
    "a size by position": Crash("train_test_split(X, labels, 0.8)", "D04", ("0.8",)),
}  # fmt: skip
"""Each by what happens; the fault's id and the words that its observed, expected or because has."""

UNTOLD = ('{"a": 1}["b"]', 'float("x")', "1 / 0")
"""Errors that no fault tells: the grade quotes their last line as it is."""


@pytest.fixture(scope="module")
def told(fence: Sandbox) -> Diagnosed:
    """What is diagnosed of one notebook in which every cell raises, an exercise each."""
    sources = [START, *(crash.cell for crash in CRASHES.values()), *UNTOLD]
    ids = ["0", *CRASHES, *UNTOLD]
    assignment = Assignment(
        id="a", title="a", limits=Limits(cell_cpu_s=120, cell_wall_s=400, run_wall_s=1200),
        exercise=[Exercise(id=name, title=name) for name in ids],
    )  # fmt: skip
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(sources))
    submission = Submission("s", Path("s.ipynb"), "0" * 64, Notebook(cells))
    places = dict(enumerate(ids))
    placement = Placement(places, frozenset(places), (), True)
    evidence = run_submission(submission, assignment, placement, fence).evidence
    ended = {places[e.cell]: e.ending for e in evidence.everywhere(CellEnded)}
    assert ended.pop("0") == "finished"
    assert set(ended.values()) == {"raised"}, ended
    return diagnose(evidence, ids)


def of(told: Diagnosed, exercise: str) -> list[Diagnosis]:
    return [d for d in told.diagnoses if d.exercise == exercise]


@pytest.mark.kernel
@pytest.mark.parametrize("name", CRASHES)
def test_a_real_error_is_told_with_its_cause_and_what_the_line_had(
    told: Diagnosed, name: str
) -> None:
    crash = CRASHES[name]
    found = of(told, name)
    assert [d.id for d in found if d.severity == "F" or crash.fault == "N03"] == [crash.fault]
    first = found[0]
    assert first.certain
    words = " ".join([first.observed, first.expected, first.because])
    assert [n for n in crash.names if n not in words] == [], words


@pytest.mark.kernel
def test_detectors_stand_every_error(told: Diagnosed) -> None:
    assert told.bugs == []


@pytest.mark.kernel
@pytest.mark.parametrize("source", UNTOLD)
def test_an_error_that_nothing_is_known_of_is_left_as_it_is(told: Diagnosed, source: str) -> None:
    assert of(told, source) == []
