"""A notebook that self-check watches shows what it shows without: values, warnings, tracebacks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kernels import run_cells, start

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

CELLS = (
    "import torch, warnings\nfrom torch import nn\nimport torch.nn.functional as F",
    "torch.manual_seed(3); X = torch.rand(3, 2)\nX, torch.rand(2), torch.initial_seed()",
    "torch.manual_seed(1)\nprint(torch.rand(2), f'{X.mean():.3f}', X.dtype, X.device)",
    "X @ X",
    "nn.Linear(3, 4)(X)",
    "nn.CrossEntropyLoss()(torch.rand(3, 4), torch.rand(3))",
    "F.mse_loss(torch.rand(3, 1), torch.rand(3))",
    "nn.L1Loss()(torch.rand(3, 1), torch.rand(3))\nnn.L1Loss()(torch.rand(4, 1), torch.rand(4))",
    "X.reshape(7)",
    "torch.tensor(X)",
    "X.backward()",
    "def f(x):\n    return x.matmul(x)\n"
    "try:\n    f(X)\nexcept RuntimeError as problem:\n    raise ValueError('chained') from problem",
    "from torch.func import grad, vmap\n"
    "vmap(lambda a: a * 2)(torch.ones(3)), grad(lambda a: (a**2).sum())(torch.ones(2))",
    "from torch.utils.data import DataLoader, TensorDataset\n"
    "[b[0].shape for b in DataLoader(TensorDataset(torch.ones(8, 2)), batch_size=4)]",
    "with torch.inference_mode():\n    print(nn.Linear(2, 1)(X).requires_grad)",
    "x = torch.ones(2, requires_grad=True); x.add_(1)",
    "torch.rand(2, device='gpu')",
    "import copy, pickle\n"
    "copy.deepcopy(nn.Linear(1, 1)).weight.shape, pickle.loads(pickle.dumps(X)).shape",
    "1 / 0",
    "torch.jit.is_scripting(), torch.cuda.is_available(), torch.is_grad_enabled()",
    "help(torch.manual_seed)",
    "torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=-1)",
    "class M(nn.Module):\n    def forward(self, x):\n        return self.layer(x)\nM()(X)",
    "with warnings.catch_warnings(record=True) as w:\n    warnings.simplefilter('always')\n"
    "    F.mse_loss(torch.rand(3, 1), torch.rand(3))\n"
    "[(i.filename[-30:], i.lineno) for i in w]",
    "m = nn.Linear(1, 1); o = torch.optim.SGD(m.parameters(), lr=0.1)\n"
    "for _ in range(20):\n"
    "    o.zero_grad(); loss = m(torch.ones(4, 1)).pow(2).mean(); loss.backward(); o.step()\n"
    "loss, list(m.parameters())",
)


def seen(first: str, home: Path) -> list[str]:
    return [steady(shown.plain) for shown in run_cells([first, *CELLS], home)[1:]]


def steady(text: str) -> str:
    """Text without what differs from kernel to kernel."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return re.sub(r"0x[0-9a-f]+", "0x", re.sub(r"ipykernel_\d+", "ipykernel", text))


def test_watching_changes_nothing_that_is_shown(tmp_path: Path) -> None:
    assert seen(start("01-workflow"), tmp_path) == seen("x = 1", tmp_path)
