"""Honest code that does odd things to tensors and random numbers is never doubted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.assignment import Assignment, Exercise
from grader.corroboration.corroborate import corroborated
from grader.evidence import Evidence, number
from grader.exercises import Placement
from grader.facts import CellEnded, Corroborated, Doubted, OpSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.run.replaying import Replaying
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

pytestmark = pytest.mark.kernel

ODD = {
    "memory that numpy shares": """
import torch
x = torch.ones(3)
n = x.numpy()
y = x + 1
n[0] = 9
print(x, x * 2, x.sum())
x * 3
""",
    "numpy first": """
import numpy as np
a = np.zeros(3)
t = torch.from_numpy(a)
print(t + 1)
a += 5
print(t, t.max(), t.argmax())
""",
    "numpy behind a function": """
z = torch.tensor([1.0, 2.0, 3.0])
print(z.sum())
np.asarray(z)[:] = 7
print(z, z.sum(), z.max())
""",
    "data": """
w = torch.ones(2, requires_grad=True)
s = w * 2
w.data += 5
print(w, w * 2)
""",
    "in place": """
i = torch.zeros(3)
print(i)
i.add_(1).mul_(3)
i[1] = 8
i -= 1
print(i, 1 - i, 2 / i, 2 ** i, i // 2, i % 2, i.T)
""",
    "the generator set back": """
torch.manual_seed(3)
state = torch.get_rng_state()
print(torch.rand(4))
torch.set_rng_state(state)
print(torch.rand(4))
with torch.random.fork_rng():
    torch.manual_seed(4)
    print(torch.rand(4))
print(torch.rand(4))
""",
    "seeding again and again from one line": """
def drawn():
    torch.manual_seed(5)
    return torch.rand(2, 3), torch.randn(4), torch.randint(0, 10, (4,))
for _ in range(4):
    print(drawn())
[torch.manual_seed(k).initial_seed() and torch.rand(3) for k in range(5)]
""",
    "generators of one's own": """
g = torch.Generator().manual_seed(0)
print(torch.rand(3, generator=g), torch.rand(3, generator=g), torch.randperm(5, generator=g))
h = torch.Generator(device="cuda").manual_seed(1)
torch.rand(3, generator=h, device="cuda")
""",
    "seeds nobody chose": """
torch.seed()
torch.cuda.seed()
torch.rand(3), torch.rand(3, device="cuda"), torch.initial_seed()
""",
    "a seed below zero, and a large one": """
torch.manual_seed(-1)
print(torch.rand(3))
torch.manual_seed(2**63 + 5)
torch.rand(3)
""",
    "all kinds of draws": """
torch.manual_seed(6)
m = torch.rand(3, 3)
torch.bernoulli(m), torch.multinomial(m, 2), torch.normal(m, m + 1), torch.poisson(m)
torch.randn_like(m), torch.rand_like(m), m.clone().uniform_(2, 3), m.clone().exponential_()
torch.nn.functional.dropout(m), torch.randperm(9), torch.rand(3, dtype=torch.float64)
torch.nn.init.xavier_uniform_(torch.empty(3, 3)), torch.rand(2, dtype=torch.float16)
torch.rand(4)
""",
    "draws on both devices": """
torch.manual_seed(8)
torch.cuda.manual_seed(9)
a, b = torch.rand(2, 3, device="cuda"), torch.rand(2, 3)
c, d = torch.rand(2, 3, device="cuda"), torch.rand_like(a)
with torch.device("cuda"):
    e = torch.rand(4)
print(a, b, c, d, e, a.cpu(), b.cuda())
""",
    "layers, training and dropout": """
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 1))
sgd = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(3):
    sgd.zero_grad()
    loss = net(torch.rand(5, 3)).pow(2).mean()
    loss.backward()
    sgd.step()
    print(loss, loss.item())
net.to("cuda")
print(net[0].weight, net[0].bias)
net.cpu()
print(net[0].weight)
torch.rand(3)
""",
    "what layers keep": """
norm = torch.nn.BatchNorm1d(2)
print(norm.running_mean, norm.running_mean * 2)
norm(torch.rand(5, 2))
print(norm.running_mean, norm.running_mean * 2, norm.running_mean.max())
""",
    "other sizes in place": """
e = torch.arange(6.0)
print(e, e.sum())
e.resize_(2, 2)
print(e, e.sum(), e.T)
e.t_().unsqueeze_(0).squeeze_()
e.fill_(3).zero_().copy_(torch.ones(2, 2))
print(e, e.max(), e.sum())
""",
    "a loader": """
from torch.utils.data import DataLoader, TensorDataset, random_split
data = TensorDataset(torch.arange(20).float())
for (batch,) in DataLoader(random_split(data, [15, 5])[0], batch_size=5, shuffle=True):
    print(batch, batch.sum())
torch.rand(3)
""",
    "coarse numbers": """
half = torch.rand(3, 4).half()
print(half @ half.T, half.sum(), half.bfloat16() * 3)
with torch.autocast("cpu", dtype=torch.bfloat16):
    print(torch.rand(3, 4) @ torch.rand(4, 3))
""",
    "other kinds of tensors": """
with torch.inference_mode():
    p = torch.rand(3)
    p += 1
    print(p, p.max())
q = torch.rand(3, 3).to_sparse()
print(q, torch.rand(2, dtype=torch.complex64), torch.empty(2, 2), torch.Tensor(2, 2))
print(torch.tensor([1, 1, 0]).argmax(), torch.rand(2, 2).T.contiguous().view(-1), q.to_dense())
torch.vmap(torch.dot)(torch.rand(2, 3), torch.rand(2, 3))
""",
    "very large and very small": """
v = torch.tensor([1e30, 1e-30, float("inf"), float("nan")])
print(v, v * v, v.max(), v.sum(), v.argmin(), v.sort())
k = torch.tensor([2**53 + 1, 3])
print(k, k + 1, k.max())
torch.tensor([100000.0, 99999.99]) - torch.tensor([99999.0, 99999.98])
""",
    "printed in another way": """
r = torch.rand(2, 3)
torch.set_printoptions(precision=1)
print(r)
torch.set_printoptions(precision=0)
print(r, r * 3)
torch.set_printoptions(sci_mode=True)
print(r)
torch.set_printoptions(profile="default")
torch.set_printoptions(precision=8, sci_mode=False)
r
""",
    "printed later, and changed since": """
text = str(r)
r += 1
print(text)
print("tensor([9.1234, 8.1234])", [r], {"r": r}, f"{r}", r.tolist())
text
""",
    "indexing": """
u = torch.arange(12).reshape(3, 4)
u[0], u[0, 1], u[[0, 1]], u[:, 1], u[-1], u[u > 3], u[..., 0], u[None], u[0][1].item(), list(u)
""",
    "a function of one's own under torch's name": """
real = torch.rand
torch.rand = lambda *size: real(*size) * 0 + 0.5
print(torch.rand(3))
torch.rand = real
max = torch.tensor([4.0, 5.0]).max()
max
""",
    "another dtype by default": """
torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
print(torch.rand(3), torch.rand(3) @ torch.rand(3))
torch.set_default_dtype(torch.float32)
torch.rand(3)
""",
    "threads": """
import threading
worker = threading.Thread(target=lambda: torch.rand(1000))
worker.start(); worker.join()
torch.rand(3), torch.rand(3) * 2
""",
    "an error in the middle": """
torch.manual_seed(12)
b = torch.rand(3)
try:
    torch.rand(2, 3) @ torch.rand(2, 3)
except RuntimeError:
    pass
print(b, torch.rand(3))
torch.rand(2, 2) @ torch.rand(3, 3)
""",
    "moved about": """
c = torch.rand(3).to("cuda")
d = c.cpu()
print(c, d, c.device, d.device)
c += 1
print(c.to("cpu"), c, c.cuda(), c.to(torch.float64), c.int(), c.type(torch.long))
f"{c} {c.sum()} {c.sum().item():.3f}"
""",
    "a magic": """%%time
torch.cuda.manual_seed(77)
c = torch.rand(3, device="cuda")
print(c)
""",
    "many draws in one line": """
torch.manual_seed(13)
for _ in range(200):
    o = torch.rand(50, 50)
torch.rand(3), o.max()
""",
}  # fmt: skip


@pytest.fixture(scope="module")
def replay(fence: Sandbox) -> Iterator[Replaying]:
    with Replaying(fence) as process:
        yield process


@pytest.fixture(scope="module")
def evidence(fence: Sandbox) -> Evidence:
    """All of it, one cell after the other, each an exercise of its own."""
    cells = tuple(Cell(i, "code", source.lstrip("\n")) for i, source in enumerate(ODD.values()))
    exercises = [Exercise(id=str(i), title=about) for i, about in enumerate(ODD)]
    placement = Placement(
        {i: str(i) for i in range(len(ODD))}, frozenset(range(len(ODD))), (), True
    )
    return run_submission(
        Submission("odd", Path("odd.ipynb"), "0" * 64, Notebook(cells)),
        Assignment(id="odd", title="odd", exercise=exercises), placement, fence,
    ).evidence  # fmt: skip


@pytest.mark.parametrize(("place", "about"), list(enumerate(ODD)), ids=list(ODD))
def test_honest_code_is_not_doubted(
    evidence: Evidence, replay: Replaying, place: int, about: str
) -> None:
    """Each cell alone, so that nothing before it makes everything uncertain."""
    alone = Evidence(
        header=evidence.header, facts=number(f for f in evidence.facts if f.cell == place)
    )
    ended = alone.everywhere(CellEnded)[0]
    assert ended.ending == ("raised" if "error" in about else "finished"), ended
    assert not corroborated(alone, replay).everywhere(Doubted)


def test_all_of_it_together_is_not_doubted(evidence: Evidence, replay: Replaying) -> None:
    everything = corroborated(evidence, replay)
    assert not everything.everywhere(Doubted)
    borne_out = {seq for c in everything.everywhere(Corroborated) for seq in c.claims}
    ops = [o.seq for o in evidence.everywhere(OpSeen)]
    assert len(borne_out & set(ops)) > len(ops) / 3
