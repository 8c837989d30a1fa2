"""A formula is told from a call of the ready-made function, by whatever name it is called."""

from __future__ import annotations

import math

import pytest

from grader.checks.formula import Formula
from grader.finding import Verdict
from grader.scene import Scene

LINE = [i / 2 - 5 for i in range(21)]
FIELDS = {"function": "tanh", "challenge": "c"}
READY = [
    "from torch import tanh as t\ndef f(x):\n    return t(x)",
    "import torch\ndef g(x):\n    return torch.tanh(x)\ndef f(x):\n    return g(x)",
    "import torch\ng = lambda x: torch.tanh(x)\nh = g\ndef f(x):\n    return h(x)",
    "import torch\nt = torch.tanh\ndef f(x):\n    return t(x)",
    "import torch.nn.functional as F\nf = lambda x: F.tanh(x)",
    "import torch\ndef f(x):\n    return getattr(torch, 'tanh')(x)",
    "from torch.nn import Tanh as Bend\ndef f(x):\n    return Bend()(x)",
    "def f(x):\n    return x.tanh()",
    "import torch\ndef g(fn, x):\n    return fn(x)\ndef f(x):\n    return g(torch.tanh, x)",
    "import torch\nclass C:\n    def g(self, x):\n        return torch.tanh(x)\n"
    "c = C()\ndef f(x):\n    return c.g(x)",
]
FORMULAS = [
    "from torch import exp as e\ndef f(x):\n    return (e(x) - e(-x)) / (e(x) + e(-x))",
    "import torch\ndef tanh(x):\n    return 1 - 2 / (torch.exp(2 * x) + 1)\nf = tanh",
    "import torch\nx = torch.linspace(-5, 5, 9)\ny = torch.tanh(x)\n"
    "def f(x):\n    y = torch.exp(2 * x)\n    return (y - 1) / (y + 1)",
    "import torch\ndef up(x):\n    return torch.exp(x)\n"
    "def f(x):\n    return (up(x) - up(-x)) / (up(x) + up(-x))",
    "import torch\nclass T:\n    def tanh(self, x):\n"
    "        return 1 - 2 / (torch.exp(2 * x) + 1)\n"
    "    def __call__(self, x):\n        return self.tanh(x)\nf = T()",
    "import torch\nf = lambda x: 2 * torch.sigmoid(2 * x) - 1\nplot(f, torch.tanh)",
]


def verdict(source: str, elsewhere: str = "") -> Verdict:
    scene = Scene().cell("1", elsewhere or "import torch").cell("6", source)
    answer = {"by": "function", "model": None, "type": "function", "name": "f"}
    scene.challenge(*LINE, ask="function").answers(*map(math.tanh, LINE), **answer)
    return Formula(**FIELDS).look(scene.evidence(), "6").verdict


@pytest.mark.parametrize("source", READY)
def test_the_ready_made_function_by_another_name_is_no_formula(source: str) -> None:
    assert verdict(source) == "failed"


def test_a_name_that_another_exercise_imported_is_known_too() -> None:
    assert verdict("def f(x):\n    return t(x)", "from torch import tanh as t") == "failed"


@pytest.mark.parametrize("source", FORMULAS)
def test_a_formula_is_one_whatever_else_bears_its_names(source: str) -> None:
    assert verdict(source) == "passed"
