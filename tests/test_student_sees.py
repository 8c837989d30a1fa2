"""What student code sees in the kernel: itself, and a GPU that is not there.

One notebook holds all cells; each asserts in its own code. A cell that raises fails its test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment import Assignment, Exercise
from grader.evidence import Evidence
from grader.exercises import Placement
from grader.facts import CellEnded, DeviceRequested, OutputSeen, SeedSet, TensorSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.sandboxes.choose import FENCED, NONE, open_sandbox
from grader.submission import Submission

pytestmark = pytest.mark.kernel

CELLS = {
    "history stays": "import torch, IPython\nx = 6 * 7\nx",
    "last result is theirs": "assert _ == 42 and Out[1] == 42 and In[1].startswith('import')",
    "history counts cells only": "assert len(In) == 4 and sorted(Out) == [1]",
    "no grader to import": (
        "import sys\n"
        "ours = {n for n in sys.modules if n.startswith('grader.')}\n"
        "assert ours <= {'grader.selfcheck'}\n"
        "try:\n    import grader.rubric\nexcept ImportError: pass\nelse: raise AssertionError"
    ),
    "clean environment": (
        "import os\nassert os.environ['HOME'] != os.environ.get('OLDHOME')\n"
        "assert not [k for k in os.environ if 'GRADER' in k or 'TOKEN' in k]"
    ),
    "cuda is there": "assert torch.cuda.is_available() and torch.cuda.device_count() == 1",
    "moving": (
        "a = torch.ones(2, 3)\nb = a.to('cuda')\n"
        "assert type(b) is torch.Tensor and b is not a\n"
        "assert str(b.device) == 'cuda:0' and b.is_cuda and b.device.type == 'cuda'\n"
        "assert str(a.device) == 'cpu' and not a.is_cuda\n"
        "assert b.to('cuda') is b and str(b.cpu().device) == 'cpu'\n"
        "assert str(a.cuda().device) == 'cuda:0' and str(a.to(0).device) == 'cuda:0'\n"
        "assert str(a.to(b).device) == 'cuda:0' and b.type() == 'torch.cuda.FloatTensor'"
    ),
    "making": (
        "c = torch.rand(2, 2, device='cuda')\nd = torch.zeros(3, device=torch.device('cuda'))\n"
        "assert str(c.device) == str(d.device) == 'cuda:0'\n"
        "assert str((c @ c.T + 1).device) == str(torch.rand_like(c).device) == 'cuda:0'"
    ),
    "loading onto it": (
        "torch.save({'w': torch.ones(2, device='cuda'), 'more': [torch.ones(1)]}, 'kept.pt')\n"
        "for where in ('cuda', torch.device('cuda', 0), {'cpu': 'cuda:0'}):\n"
        "    kept = torch.load('kept.pt', map_location=where)\n"
        "    assert str(kept['w'].device) == str(kept['more'][0].device) == 'cuda:0'\n"
        "assert str(torch.load('kept.pt', map_location='cpu')['w'].device) == 'cpu'\n"
        "net = torch.nn.Linear(2, 1)\ntorch.save(net, 'net.pt')\n"
        "net = torch.load('net.pt', 'cuda', weights_only=False)\n"
        "assert str(net.bias.device) == 'cuda:0'"
    ),
    "loading by a table": (
        "torch.save({'w': torch.ones(2, device='cuda'), 'more': [torch.ones(1)]}, 'kept.pt')\n"
        "for table, where in (\n"
        "    ({'cuda:1': 'cpu', 'cpu': 'cuda:0'}, 'cuda:0'),\n"
        "    ({'cpu': 'cpu', 'cuda:0': 'cuda:0'}, 'cpu'),\n"
        "    ({'cuda:0': 'cuda:0'}, 'cuda:0'), ({'cuda:0': 'cpu', 'cuda:1': 'cuda:0'}, 'cpu'),\n"
        "    ({'cuda:0': 'cpu'}, 'cpu'), ({}, 'cpu'),\n"
        "):\n"
        "    kept = torch.load('kept.pt', map_location=table)\n"
        "    assert str(kept['w'].device) == str(kept['more'][0].device) == where, table\n"
        "    assert kept['w'].tolist() == [1, 1]\n"
        "import zipfile\n"
        "parts = {n: d for z in [zipfile.ZipFile('kept.pt')] for n in z.namelist()\n"
        "         for d in [z.read(n)]}\n"
        "here, there = b'X\\x03\\0\\0\\0cpu', b'X\\x06\\0\\0\\0cuda:1'\n"
        "with zipfile.ZipFile('real.pt', 'w', zipfile.ZIP_STORED) as real:\n"
        "    for name, data in parts.items():\n"
        "        told = data.replace(here, there) if name.endswith('.pkl') else data\n"
        "        real.writestr(name, told)\n"
        "assert str(torch.load('real.pt', map_location={'cuda:1': 'cpu'})['w'].device) == 'cpu'\n"
        "both = torch.load('real.pt', map_location={'cpu': 'cpu', 'cuda:1': 'cuda:0'})\n"
        "assert str(both['w'].device) == 'cuda:0'"
    ),
    "printing": (
        "assert repr(b).endswith(\"device='cuda:0')\"), repr(b)\n"
        "assert \"device='cuda:0'\" in f'{b}' and \"device\" not in f'{a}'\n"
        "assert f'{b[0, 0]:.2f}' == '1.00'\nb"
    ),
    "default device": (
        "torch.set_default_device('cuda')\n"
        "assert str(torch.rand(1).device) == 'cuda:0'\n"
        "assert torch.get_default_device().type == 'cuda'\n"
        "torch.set_default_device(None)\nassert str(torch.rand(1).device) == 'cpu'"
    ),
    "device context": (
        "with torch.device('cuda'):\n    e = torch.rand(2)\n"
        "assert str(e.device) == 'cuda:0' and str(torch.rand(2).device) == 'cpu'"
    ),
    "two generators": (
        "torch.manual_seed(5); p = torch.rand(3); q = torch.rand(3, device='cuda')\n"
        "assert torch.equal(p, q.cpu())\n"
        "torch.manual_seed(5); torch.cuda.manual_seed(6); r = torch.rand(3)\n"
        "assert torch.equal(p, r)"
    ),
    "a model": (
        "m = torch.nn.Linear(2, 1).to('cuda')\n"
        "assert str(next(m.parameters()).device) == 'cuda:0'\n"
        "out = m(torch.rand(4, 2, device='cuda')); out.sum().backward()\n"
        "assert str(out.device) == 'cuda:0' and str(m.weight.grad.device) == 'cuda:0'\n"
        "torch.optim.SGD(m.parameters(), lr=.1).step()\n"
        "assert isinstance(m.weight, torch.nn.Parameter)"
    ),
    "errors are torch's own": (
        "try:\n    torch.rand(2, 3) @ torch.rand(2, 3)\nexcept RuntimeError as problem:\n"
        "    import traceback\n    text = traceback.format_exc()\n"
        "    assert 'shapes cannot be multiplied' in text\nelse: raise AssertionError"
    ),
    "unknown device": (
        "try:\n    torch.rand(2, device='gpu')\nexcept RuntimeError: pass\n"
        "else: raise AssertionError"
    ),
    "stand-ins": "!pip install nothing-of-the-kind\n!git clone x\n!nvidia-smi\n%pip install y",
    "colab": (
        "from google.colab import drive, files\n"
        "drive.mount('/content/drive'); files.download('x')\n"
        "import os\nopen('/content/note.txt', 'w').write('hi')\n"
        "assert 'note.txt' in os.listdir('/content') and open('note.txt').read() == 'hi'\n"
        "torch.save(a, '/content/a.pt'); assert torch.equal(torch.load('/content/a.pt'), a)"
    ),
    "selfcheck is inert": (
        "from grader import selfcheck\nq = selfcheck.start('00-fundamentals')\n"
        "assert repr(q[3].check()) == repr(q.progress()) == repr(selfcheck)"
    ),
    "check magic": "%%check 3\nchecked = torch.ones(5)\nassert checked.sum() == 5",
    "exit ends its cell": "exit()",
    "and not the kernel": "assert x == 42",
    "figures": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "inference tensors": "with torch.inference_mode():\n    f = torch.rand(2) + 1\nprint(f)",
    "odd dtypes": "g = torch.zeros(2).to(torch.float8_e5m2); h = torch.ones(2) * 1j",
}
EXPECTED_TO_RAISE = {"exit ends its cell": "SystemExit"}


@pytest.fixture(scope="module", params=[FENCED, NONE])
def seen(request: pytest.FixtureRequest) -> Evidence:
    """The evidence of one run of all cells, in either sandbox."""
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(CELLS.values()))
    placement = Placement(dict(enumerate(CELLS)), frozenset(), (), True)
    assignment = Assignment(
        id="a", title="a", exercise=[Exercise(id=name, title=name) for name in CELLS]
    )
    submission = Submission("s", Path("s.ipynb"), "0" * 64, Notebook(cells))
    with open_sandbox(request.param) as sandbox:
        return run_submission(submission, assignment, placement, sandbox).evidence


@pytest.mark.parametrize("name", CELLS)
def test_cell_runs_as_it_would_anywhere(seen: Evidence, name: str) -> None:
    (end,) = seen.of(name, CellEnded)
    assert (end.ename, end.evalue if name not in EXPECTED_TO_RAISE else None) == (
        EXPECTED_TO_RAISE.get(name),
        None,
    )


def test_device_requests_are_recorded(seen: Evidence) -> None:
    assert {r.device for r in seen.of("making", DeviceRequested)} == {"cuda:0"}


def test_tensors_carry_the_device_the_student_believes_in(seen: Evidence) -> None:
    devices = {n: t.device for t in seen.of("moving", TensorSeen) for n in t.names}
    assert devices == {"a": "cpu", "b": "cuda:0"}


def test_seeding_calls_are_recorded_with_their_generators(seen: Evidence) -> None:
    calls = [(s.call, tuple(s.generators), s.value) for s in seen.of("two generators", SeedSet)]
    assert calls == [
        ("torch.manual_seed", ("cpu", "gpu"), 5),
        ("torch.manual_seed", ("cpu", "gpu"), 5),
        ("torch.cuda.manual_seed", ("gpu",), 6),
    ]


def test_stand_ins_say_what_they_did_not_do(seen: Evidence) -> None:
    assert seen.text("stand-ins").count("[not run while grading]") == 4


def test_figures_are_seen_by_the_host(seen: Evidence) -> None:
    assert any("image/png" in o.mimes for o in seen.of("figures", OutputSeen))


def test_values_of_a_checked_cell_are_seen(seen: Evidence) -> None:
    assert any("checked" in t.names for t in seen.of("check magic", TensorSeen))
