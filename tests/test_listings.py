"""A name picked from a listing or put together from pieces is noticed; looking around is not."""

from __future__ import annotations

import pytest

from grader.notebook import Cell
from grader.reaching import reaching

PICKED = "an attribute picked from a listing"


def found(*sources: str) -> list[str]:
    """What some cells reach for."""
    return [r.what for r in reaching(Cell(i, "code", s) for i, s in enumerate(sources))]


HONEST = [
    "[m for m in dir(torch) if 'rand' in m]\nfor n in dir(torch.rand): print(n)",
    "for n in dir(model):\n    if not n.startswith('_'):\n        print(n, getattr(model, n))",
    "for n in [m for m in dir(nn) if 'Loss' in m]:\n    print(n, getattr(nn, n).__doc__)",
    "print([m for m in dir(x) if callable(getattr(x, m)) and 'frame' in m])",
    "getattr(torch.optim, next(n for n in dir(torch.optim) if n.lower() == wanted))()",
    "public = [n for n in dir(x) if not n.startswith('__')]\ngetattr(x, public[0])",
    "names = sorted(n for n in models.__dict__ if n.islower() and callable(models.__dict__[n]))",
    "import inspect\nfor n, v in inspect.getmembers(torch.optim, inspect.isclass): print(n)",
    "getattr(nn, 'ReLU')()\ngetattr(self, 'fc%d' % i)(x)\ngetattr(self, f'conv_{i}')(x)",
    "from operator import attrgetter\nsorted(layers, key=attrgetter('out_features'))",
    "dtypes = {n: getattr(torch, n) for n in ('float32', 'int64')}\ngetattr(torch, 'float32')",
    "for name in sorted(dir(torch.optim)):\n    kind = getattr(torch.optim, name)",
    "for n, _ in model.named_children():\n    getattr(model, n)\ngetattr(torch.cuda, name)()",
    "for n in dir(torch.cuda.memory):\n    print(n, getattr(torch.cuda.memory, n))",
    "first = next(iter(loader))\ngetattr(first, dir_name)\nclosest = min(values)",
]

TELLING = [
    ("getattr(f, next(n for n in dir(f) if 'losur' in n))", PICKED),
    (
        "def get(o, part):\n    return getattr(o, next(n for n in dir(o) if part in n))\nget(f, p)",
        PICKED,
    ),
    ("names = dir(f)\ngetattr(f, names[4])", PICKED),
    ("for n in dir(f):\n    if n.startswith('__clos'):\n        c = getattr(f, n)", PICKED),
    ("import inspect\ninspect.getattr_static(f, next(iter(f.__dir__())))", PICKED),
    ("import operator\noperator.attrgetter(max(dir(f), key=len))(f)", PICKED),
    ("vars(f)[next(n for n in dir(f) if p in n)]", PICKED),
    ("f.__dict__[dir(f)[k]]", PICKED),
    ("f.__getattribute__(dir(f)[4])", PICKED),
    ("import inspect\nfor n, v in inspect.getmembers(f):\n    if 'losur' in n: v", PICKED),
    ("f = torch.manual_seed\ngetattr(f, [n for n in dir(f) if n.endswith('osure__')][0])", PICKED),
    ("f = torch.cuda.seed\ngetattr(f, [n for n in dir(f) if n[2:4] == 'cl'][0])", PICKED),
    ("getattr(nn, [n for n in dir(nn) if n.endswith('osure__')][0])", PICKED),
    (
        "f = torch.cuda.manual_seed\n[getattr(f, n) for n in sorted(dir(f))]",
        "getattr(torch.cuda.manual_seed, ...)",
    ),
    ("for n in random.seed.__dir__():\n    getattr(random.seed, n)", "getattr(random.seed, ...)"),
    ("getattr(f, '__%ssure__' % 'clo')", "__closure__"),
    ("getattr(f, '{}{}'.format('__clo', 'sure__'))", "__closure__"),
    ("getattr(f, '--closure--'.replace('-', '_'))", "__closure__"),
    ("getattr(f, 'x__closure__'[1:])", "__closure__"),
]


@pytest.mark.parametrize("source", HONEST)
def test_looking_around_is_ordinary(source: str) -> None:
    assert found("import torch\nfrom torch import nn\nfrom torchvision import models", source) == []


@pytest.mark.parametrize(("source", "what"), TELLING)
def test_a_name_that_stands_nowhere_is_found(source: str, what: str) -> None:
    assert what in found("import random, torch\nfrom torch import nn", source)


@pytest.mark.parametrize("text", ["'%99999999s' % 'a'", "'{:99999999}'.format('a')"])
def test_no_text_is_made_longer_than_memory(text: str) -> None:
    assert found(f"getattr(f, {text})") == []


def test_honest_cells_stay_ordinary_together() -> None:
    assert (
        found("import torch\nfrom torch import nn\nfrom torchvision import models", *HONEST) == []
    )
