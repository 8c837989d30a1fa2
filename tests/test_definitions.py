"""Which statements of a notebook make its models again."""

from __future__ import annotations

import pytest

from grader.definitions import Step, steps

NET = "class Net(nn.Module):\n\n    def __init__(self, width=3):\n        super().__init__()"


def texts(*sources: str, do: str = "run", kinds: str = "Net", names: str = "net") -> list[str]:
    found = steps(sources, set(kinds.split()), set(names.split()))
    return [s.text for s in found if s.do == do]


@pytest.mark.parametrize(
    "source",
    [
        "import torch",
        "from torch import nn",
        NET,
        "def build(n):\n    return n",
        "WIDTH = 3",
        "size: int = 2 * 3",
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'",
        "layer = nn.Linear(2, 3)",
        "folder = Path('models') / 'x.pth'",
        "names = ['a', 'b']",
    ],
)
def test_what_defines_something_and_plain_constants_are_run(source: str) -> None:
    assert texts(source) == [source]


@pytest.mark.parametrize(
    "source",
    [
        "loss.backward()",
        "for epoch in range(100):\n    train()",
        "results = train(net)",
        "X = torch.rand(10, 2)",
        "print('x')",
        "net.load_state_dict(torch.load('x'))",
        "%%html\n<b>x</b>",
        "this is no Python",
    ],
)
def test_what_does_something_else_is_not(source: str) -> None:
    assert texts(source) == []


def test_imports_in_a_try_count() -> None:
    source = "try:\n    import torchmetrics\nexcept ImportError:\n    !pip install torchmetrics"
    assert texts(source) == ["import torchmetrics"]


def test_a_cell_under_a_magic_counts() -> None:
    assert texts("%%time\nWIDTH = 3") == ["WIDTH = 3"]


def test_what_the_making_leans_on_is_run_too() -> None:
    data = "X = torch.rand(10, 2)\ny = X.sum()\nn = X.shape[1]"
    assert texts(data, "net = Net(n)") == ["X = torch.rand(10, 2)", "n = X.shape[1]"]


def test_what_a_definition_leans_on_is_run_too() -> None:
    source = "sizes = load_sizes()\nclass Net(nn.Module):\n    width = sizes[0]"
    assert texts(source)[0] == "sizes = load_sizes()"


def test_each_step_stands_where_the_notebook_has_it() -> None:
    found = steps(["n = 2", "net = Net(n)", "n = 5"], {"Net"}, {"net"})
    assert found[:3] == [Step("run", "n = 2"), Step("make", "Net(n)"), Step("run", "n = 5")]


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("net = Net(3)", ["Net(3)"]),
        ("net = Net(width=3).to(device)", ["Net(width=3)"]),
        ("net, other = Net(1), Net(2)", ["Net(1)", "Net(2)"]),
        ("for n in range(3):\n    nets.append(Net(n))", ["Net(n)"]),
        ("with torch.device('cpu'):\n    net = models.Net(4)", ["models.Net(4)"]),
        ("net = build(5)", ["build(5)"]),
        ("other = build(5)", []),
        ("make = lambda: Net(3)", []),
        ("net = 3", []),
    ],
)
def test_makings_are_found(source: str, made: list[str]) -> None:
    assert texts(source, do="make") == made


def test_layers_of_the_library_are_made_as_written() -> None:
    source = "net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())"
    made = texts(source, do="make", kinds="Sequential")
    assert made == ["nn.Sequential(nn.Linear(1, 2), nn.ReLU())"]


def test_makings_inside_functions_and_without_arguments_come_last() -> None:
    found = steps([NET, "def build():\n    return Net(7)", "net = build()"], {"Net"}, {"net"})
    assert [s.text for s in found if s.do == "make_else"] == ["Net()", "Net(7)"]
    assert [s.do for s in found[-2:]] == ["make_else", "make_else"]


def test_of_many_makings_the_last_ones_are_kept() -> None:
    made = texts(*(f"net = Net({n})" for n in range(100)), do="make")
    assert made == [f"Net({n})" for n in range(60, 100)]
