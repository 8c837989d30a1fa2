"""Challenges in a kernel: what answers, what does not, and that nothing of it stays.

One notebook holds an exercise for each case; it runs with its challenges and without them.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from grader.assignment import Assignment, Exercise, Limits
from grader.challenge import Challenge
from grader.evidence import Evidence, number
from grader.exercises import Placement
from grader.facts import Answered, CellEnded, Challenged, Doubted, ModelSeen, OutputSeen
from grader.notebook import Cell, Notebook
from grader.recipes import AnyRecipe, Grid, Moons, Points
from grader.run.ask import BROKEN
from grader.run.execute import run_submission
from grader.sandboxes.choose import open_sandbox
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

pytestmark = pytest.mark.kernel

LINE = Points(points=[[0.0], [1.0], [2.5]])
SPAN = Grid(low=[-2.0], high=[2.0], steps=9)

Case = tuple[str, AnyRecipe | None, str]
CASES: dict[str, Case] = {
    "before": ("model", None, """
import torch, os, sys
from torch import nn
seeded = torch.manual_seed(3)
torch.use_deterministic_algorithms(True)  # memory that is not set holds the same in every run
"""),
    "trained": ("model", LINE, """
class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1)); self.b = nn.Parameter(torch.ones(1))
    def forward(self, x):
        print("called"); display(self.w)
        return self.w * x + self.b
line = Line(); opt = torch.optim.SGD(line.parameters(), lr=0.05)
X = torch.linspace(0, 1, 20)
for _ in range(50):
    opt.zero_grad(); ((line(X) - 2 * X) ** 2).mean().backward(); opt.step()
found = (line.w.item(), line.b.item())
"""),
    "two models": ("model", Moons(n=20, noise=0.1, seed=1), """
one = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.9), nn.ReLU(), nn.Linear(4, 2)).double()
one(torch.zeros(1, 2).double())
other = nn.Sequential(nn.Linear(3, 1))
other.eval()  # what a cell shows goes by other names in the next one
"""),
    "functions": ("function", SPAN, """
def by_hand(x):
    return (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x))
double = lambda x: 2 * x
from math import exp
def only_plain(x, scale=1.0):
    return scale * exp(x)
class Shift:
    def __init__(self): self.by = 1
    def __call__(self, x): return x + self.by
shift = Shift()
class Half(nn.Module):
    def forward(self, x): return x / 2
def two_needed(a, b): return a
def none_needed(): return 1
library = torch.tanh
number = 3
number
"""),
    "hostile": ("function", LINE, """
def endless(x):
    while True: print("still here")
def leaves(x): sys.exit(3)
def ends_process(x): os._exit(0)
def ends_parent(x):
    os.kill(os.getppid(), 9); return x
def breeds(x):
    while True: os.fork()
def allocates(x):
    held = []
    while True: held.append(torch.ones(20_000_000))
"""),
    "more": ("function", LINE, """
def writes(x):
    with open("trace.txt", "w") as file: file.write("x")
def saves(x): torch.save(x, "trace.pt")
def asks(x): return input()
def speaks(x): sys.__stdout__.write("trace"); os.write(1, b"trace"); return x
def huge(x): return torch.zeros(3_000_000) + x[0]
"""),
    "raises": ("model", LINE, """
class Broken(nn.Module):
    def __init__(self):
        super().__init__(); self.w = nn.Parameter(torch.zeros(1))
    def forward(self, x): raise ValueError("not today")
broken = Broken()
"""),
    "changes things": ("model", LINE, """
calls = []
class Restless(nn.Module):
    def __init__(self):
        super().__init__(); self.norm = nn.BatchNorm1d(1); self.count = 0
    def forward(self, x):
        self.count += 1; calls.append(1); self.norm.running_mean += 1; torch.rand(3)
        self.norm.weight.data += 1
        return self.norm(x.reshape(-1, 1))
restless = Restless()
"""),
    "after": ("model", None, """
print(calls, restless.count, restless.norm.running_mean, restless.training, os.listdir("."))
print(torch.rand(2), torch.is_grad_enabled(), torch.get_num_threads(), sys.stdout is not None)
restless.norm.weight
"""),
}  # fmt: skip


def ran(
    sandbox: Sandbox, cases: dict[str, Case], *, challenged: bool = True, cpu_s: float = 60
) -> Evidence:
    sources = [source for _, _, source in cases.values()]
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(sources))
    placed = Placement(dict(enumerate(cases)), frozenset(range(len(cells))), (), True)
    assignment = Assignment(
        id="x", title="x", exercise=[Exercise(id=name, title=name) for name in cases],
        challenge=[
            Challenge.model_validate(
                {"id": name, "exercise": name, "ask": ask, "inputs": recipe.model_dump()}
            ) for name, (ask, recipe, _) in cases.items() if recipe is not None and challenged
        ], limits=Limits(cell_cpu_s=cpu_s),
    )  # fmt: skip
    submission = Submission("somebody", Path("x.ipynb"), "0" * 64, Notebook(cells))
    return run_submission(submission, assignment, placed, sandbox).evidence


@pytest.fixture(scope="module")
def seen(fence: Sandbox) -> Evidence:
    return ran(fence, CASES)


def answers(seen: Evidence, case: str) -> dict[str, Answered]:
    return {a.name or a.type: a for a in seen.of(case, Answered)}


def test_every_cell_ends_well_and_no_answer_raises_a_doubt(seen: Evidence) -> None:
    assert [e.ending for e in seen.everywhere(CellEnded)] == ["finished"] * len(CASES)
    assert seen.header.ending == "finished"
    assert not seen.everywhere(Doubted)


def test_every_challenge_is_told_after_its_exercise(seen: Evidence) -> None:
    told = seen.everywhere(Challenged)
    wanted = [(name, recipe) for name, (_, recipe, _) in CASES.items() if recipe is not None]
    assert [(c.challenge, c.inputs) for c in told] == wanted
    assert not any(c.problem for c in told)
    assert all(c.exercise == a.exercise for c in told for a in answers(seen, c.challenge).values())


def test_a_trained_model_answers_in_the_form_it_was_called_in(seen: Evidence) -> None:
    (answer,) = answers(seen, "trained").values()
    model = next(m for m in seen.of("trained", ModelSeen))
    assert (answer.by, answer.model, answer.type) == ("model", model.handle, "Line")
    assert (answer.ended, answer.shape, answer.dtype) == ("answered", [3], "float32")
    assert answer.values is not None
    zero, one, more = answer.values
    assert more == pytest.approx(zero + 2.5 * (one - zero), abs=1e-5)


def test_a_model_that_does_not_take_the_inputs_says_so(seen: Evidence) -> None:
    other, one = seen.of("two models", Answered)
    assert (one.ended, one.shape, one.dtype) == ("answered", [20, 2], "float64")
    assert other.ended == "raised"
    assert "20x2 and 3x1" in other.error


def test_functions_are_found_by_what_they_are(seen: Evidence) -> None:
    found = answers(seen, "functions")
    told = {name: (a.by, a.own, a.each) for name, a in found.items()}
    assert told == {
        "by_hand": ("function", True, False), "double": ("function", True, False),
        "only_plain": ("function", True, True), "shift": ("object", True, False),
        "Shift": ("class", True, False), "Half": ("class", True, False),
        "exp": ("function", False, True), "library": ("function", False, False),
    }  # fmt: skip
    assert found["by_hand"].values == pytest.approx([math.tanh(x / 2) for x in range(-4, 5)])
    assert found["only_plain"].values == pytest.approx([math.exp(x / 2) for x in range(-4, 5)])
    assert found["shift"].values == found["Shift"].values == [x / 2 + 1 for x in range(-4, 5)]
    assert found["double"].values == [float(x) for x in range(-4, 5)]


@pytest.mark.parametrize(
    ("name", "ended", "error"),
    [
        ("endless", "out_of_time", ""),
        ("leaves", "raised", "SystemExit: 3"),
        ("ends_process", "died", ""),
        ("ends_parent", "raised", "PermissionError: os.kill"),
        ("breeds", "raised", "OSError"),
        ("writes", "raised", "PermissionError: open"),
        ("saves", "raised", ""),
        ("asks", "raised", "EOFError"),
        ("allocates", "raised", "allocate memory"),
    ],
)
def test_a_hostile_function_costs_its_own_answer(
    seen: Evidence, name: str, ended: str, error: str
) -> None:
    answer = next(a for c in ("hostile", "more") if (a := answers(seen, c).get(name)))
    assert answer.ended == ended
    assert error in answer.error
    assert answer.values is None


def test_what_is_too_large_is_told_without_its_numbers(seen: Evidence) -> None:
    huge = answers(seen, "more")["huge"]
    assert (huge.ended, huge.shape, huge.values) == ("answered", [3_000_000], None)


def test_an_error_is_told(seen: Evidence) -> None:
    (answer,) = answers(seen, "raises").values()
    assert (answer.ended, answer.error) == ("raised", "ValueError: not today")


def test_a_run_without_challenges_is_the_same_in_everything_else(
    seen: Evidence, fence: Sandbox
) -> None:
    def rest(evidence: Evidence) -> list[str]:
        facts = number(f for f in evidence.facts if not isinstance(f, (Answered, Challenged)))
        return [f.model_dump_json() for f in facts]

    assert any(a.ended == "answered" for a in seen.of("changes things", Answered))
    assert rest(seen) == rest(ran(fence, CASES, challenged=False))


HANDLERS = "kernel = get_ipython().kernel\nhandlers = kernel.shell_handlers\n"
FORGED = (
    HANDLERS
    + """
def answer(stream, ident, parent):
    facts = [{"challenge": "1", "by": "model", "type": "Line", "ended": "told", "said": "{}"}]
    content = {"facts": facts, "seal": "0" * 128}
    kernel.session.send(stream, "challenge_reply", content, parent, ident)
handlers["challenge_" + "request"] = answer
"""
)
EASIER = (
    HANDLERS
    + """
real = handlers["challenge_" + "request"]
def easier(stream, ident, parent):
    parent["content"]["challenges"][0]["numbers"] = [0.0, 0.0, 0.0]
    real(stream, ident, parent)
handlers["challenge_" + "request"] = easier
import torch
line = torch.nn.Linear(1, 1)
"""
)
OTHERWISE = (
    HANDLERS
    + """
real = handlers["challenge_" + "request"]
handlers["evidence_" + "request"] = lambda stream, ident, parent: real(stream, ident, parent)
"""
)


@pytest.mark.parametrize("cell", [FORGED, EASIER, OTHERWISE])
def test_an_answer_to_another_question_than_ours_raises_a_doubt(fence: Sandbox, cell: str) -> None:
    evidence = ran(fence, {"1": ("model", LINE, cell)})
    assert any(d.reason.startswith(BROKEN) for d in evidence.everywhere(Doubted))


def test_challenges_are_answered_without_a_fence_and_whatever_is_bound_anew() -> None:
    cell = """
import os, signal, torch
line = torch.nn.Linear(1, 1)
noticed = signal.signal(signal.SIGCHLD, lambda *_: print("noticed"))
end = os.kill
os.fork = os.read = os.write = os.pipe = os.kill = os.waitpid = os.wait4 = None
"""
    more = """
def ends_parent(x): end(os.getppid(), 9); return x
def breeds(x): os.posix_spawn("/bin/true", ["true"], {}); return x
def adds(x): return x + 1
"""
    cases: dict[str, Case] = {"1": ("model", LINE, cell), "2": ("function", LINE, more)}
    with open_sandbox("none") as sandbox:
        evidence = ran(sandbox, cases)
    assert not any(c.problem for c in evidence.everywhere(Challenged))
    (line,) = evidence.of("1", Answered)
    assert (line.ended, line.shape) == ("answered", [3, 1])
    told = answers(evidence, "2")
    assert {name: a.ended for name, a in told.items()} == {
        "ends_parent": "raised", "breeds": "raised", "adds": "answered",
    }  # fmt: skip
    assert [e.ending for e in evidence.everywhere(CellEnded)] == ["finished", "finished"]
    assert not evidence.everywhere(OutputSeen)


def test_a_challenge_over_the_limits_is_broken_off_and_the_run_goes_on(fence: Sandbox) -> None:
    endless = "def one(x):\n    while True: pass\ndef two(x):\n    while True: pass"
    cases: dict[str, Case] = {
        "1": ("function", LINE, endless), "2": ("function", LINE, "def after(x): return x")
    }  # fmt: skip
    evidence = ran(fence, cases, cpu_s=1)
    assert {a.ended for a in evidence.of("1", Answered)} == {"silent"}
    assert [a.ended for a in evidence.of("2", Answered)] == ["answered"]
    assert [e.ending for e in evidence.everywhere(CellEnded)] == ["finished", "finished"]
    assert evidence.header.ending == "finished"
