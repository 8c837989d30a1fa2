"""What a hand-in can take hold of leads to nothing of ours, and nobody else tells what was seen."""

from __future__ import annotations

import builtins
import json
import re
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment import Assignment, Exercise, Limits
from grader.evidence import Evidence
from grader.exercises import Placement
from grader.facts import CellEnded, Doubted, OpSeen, OutputSeen, ProbeFailed, TensorSeen
from grader.kernel import doors, start
from grader.kernel.recorder import Recorder, sendable
from grader.kernel.seal import Seal
from grader.notebook import Cell, Notebook
from grader.run.ask import BROKEN, Answer
from grader.run.execute import run_submission
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

CRAWL = (Path(__file__).parent / "crawl.py").read_text(encoding="utf-8")
IN_SIGHT = re.compile(
    r"_observer\.(check_lines|doors|inert|colab|shell|stream|app|probes\.stand_ins)"
)
"""Modules of ours that stand in a notebook's way; none imports one that sees or tells anything."""
LIMITS = Limits(cell_cpu_s=120, cell_wall_s=400)
NONCE = "0123"


def ran(fence: Sandbox, *sources: str) -> Evidence:
    """The evidence of a hand-in with these cells."""
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(sources))
    assignment = Assignment(
        id="a", title="a", limits=LIMITS, exercise=[Exercise(id="1", title="1")]
    )
    submission = Submission("s", Path("s.ipynb"), "0" * 64, Notebook(cells))
    placement = Placement(dict.fromkeys(range(len(cells)), "1"), frozenset(), (), True)
    return run_submission(submission, assignment, placement, fence).evidence


def said(evidence: Evidence) -> str:
    return "".join(o.text for o in evidence.everywhere(OutputSeen))


def raised(evidence: Evidence) -> list[str]:
    return [e.ename for e in evidence.everywhere(CellEnded) if e.ename]


# Doors


def test_a_door_does_what_lies_behind_it_and_holds_nothing_else() -> None:
    made = doors.door(lambda *args, **named: (args, named))
    assert made(1, b=2) == ((1,), {"b": 2})
    assert made.__closure__ is None
    assert made.__defaults__ is None
    assert not vars(made)


@pytest.mark.kernel
@pytest.mark.slow
def test_nothing_in_a_notebooks_reach_leads_to_what_watches_it(fence: Sandbox) -> None:
    evidence = ran(fence, CRAWL)
    assert raised(evidence) == []
    *found, last = said(evidence).splitlines()
    assert re.fullmatch(r"met \d{6,} objects, all there are", last)
    assert any(line.startswith("_observer.doors") for line in found)  # so it does look
    assert [line for line in found if not IN_SIGHT.match(line)] == []
    assert not evidence.everywhere(Doubted)


LOOKS = (
    """
import inspect, torch
torch.manual_seed?
torch.cuda.manual_seed??
help(torch.set_default_device)
print(inspect.signature(torch.manual_seed), inspect.getsource(torch.cuda.is_available)[:3])
""",
    """
import copy, functools, logging, pickle, traceback, warnings
warnings.simplefilter("ignore")
copy.deepcopy(torch.manual_seed), pickle.dumps(torch.manual_seed), pickle.dumps(torch.seed)
functools.partial(torch.manual_seed, 4)()
for name in dir(torch.cuda):
    getattr(torch.cuda, name)
try:
    torch.ones(2) @ torch.ones(3, 3)
except RuntimeError:
    traceback.print_exc(); logging.exception("x")
class Net(torch.nn.Module):
    def forward(self, x):
        torch.manual_seed(3)
        return x + torch.rand(2)
torch.compile(Net())(torch.ones(2))
torch.jit.trace(Net(), torch.ones(2), check_trace=False)
try:
    torch.jit.script(Net())
except RuntimeError:
    print("no script")
""",
)


@pytest.mark.kernel
def test_looking_at_functions_of_torch_is_ordinary(fence: Sandbox) -> None:
    evidence = ran(fence, *LOOKS)
    assert raised(evidence) == []
    assert not evidence.everywhere(Doubted)


WAYS_IN = {
    "signature": "import inspect\ninspect.signature(torch.seed, follow_wrapped=False)",
    "full arguments": "import inspect\ninspect.getfullargspec(torch.cuda.manual_seed)",
    "update_wrapper": "import functools\ndef f(): ...\n"
    "functools.update_wrapper(f, torch.seed, assigned=['__kwdefa' + 'ults__'])",
    "descriptors": "for d in vars(type(torch.seed)).values():\n"
    "    try: d.__get__(torch.seed)\n    except Exception: pass",
    "mode": "m = torch.overrides._get_current_function_mode()\n"
    "getattr(type(m).__torch_function__, '__kwdefa' + 'ults__')",
}
HAND_OUTS = {
    "logging": "import logging\nlogging.currentframe()",
    "traceback": "import traceback\ntry: 1 / 0\n"
    "except ZeroDivisionError as e: list(traceback.walk_tb(e.__traceback__))",
    "asyncio": "import asyncio\nasyncio.current_task().get_stack()",
}


@pytest.mark.kernel
@pytest.mark.parametrize("source", [*WAYS_IN.values(), *HAND_OUTS.values()],
                         ids=[*WAYS_IN, *HAND_OUTS])  # fmt: skip
def test_asking_for_a_way_in_is_noticed(fence: Sandbox, source: str) -> None:
    evidence = ran(fence, f"import torch\n{source}")
    assert raised(evidence) == []
    assert len(evidence.everywhere(Doubted)) == 1


# What is told


def test_who_else_adds_a_fact_is_noted() -> None:
    one, other = Recorder(), Recorder()
    one.add("seed", value=1)
    doors.door(other.add)("seed", value=1)
    assert (one.misused, other.misused) == (True, False)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
    | st.sampled_from([b"x", object(), 1j, "\ud800"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)  # fmt: skip


@pytest.mark.slow
@given(VALUES)
def test_what_is_sent_comes_out_of_json_as_it_went_in(value: object) -> None:
    sent = sendable(value)
    assert repr(json.loads(json.dumps(sent, allow_nan=False))) == repr(sent)
    repr(sent).encode()


class Whole(int):
    __repr__ = __str__ = lambda self: "9"


class Real(float):
    __repr__ = __str__ = lambda self: "9"


class Text(str):
    __repr__ = __str__ = lambda self: "9"


def test_numbers_and_text_of_ones_own_kind_are_sent_as_plain_ones() -> None:
    sent = [sendable(v) for v in (Whole(3), Real(3.5), Text("x"))]
    assert [(type(v), v) for v in sent] == [(int, 3), (float, 3.5), (str, "x")]


def answer(facts: object, *, seal: str = "", nonce: str = NONCE, key: bytes = b"k" * 32) -> Answer:
    return Answer({"facts": facts, "seal": seal}, nonce, key)


def sealed(facts: object, key: bytes, nonce: str = NONCE) -> str:
    return blake2b(repr([nonce, facts]).encode(), key=key).hexdigest()


FACTS: list[Any] = [{"kind": "seed", "call": "random.seed", "generators": ["python"], "value": 7}]


def test_what_the_probes_told_is_taken() -> None:
    seal = Seal(Recorder())
    assert answer(FACTS, seal=seal.of(NONCE, FACTS), key=seal.key).genuine
    assert answer(FACTS, key=b"").genuine  # no fence, no promise


@pytest.mark.parametrize(
    "bad",
    [
        answer(FACTS),
        answer(FACTS, seal=sealed(FACTS, b"l" * 32)),
        answer([*FACTS, FACTS[0]], seal=sealed(FACTS, b"k" * 32)),
        answer(FACTS, seal=sealed(FACTS, b"k" * 32), nonce="4567"),
        answer(None, seal=sealed(FACTS, b"k" * 32)),
        answer("\ud800", seal="é"),
    ],
    ids=["none", "another key", "one more fact", "another question", "no facts", "no text"],
)
def test_what_others_told_is_not_genuine(bad: Answer) -> None:
    assert not bad.genuine


CHANGED = """
import sys
session = sys.stdout.session
send = session.send
def changed(stream, kind, content=None, *args, **kwargs):
    if "facts" in content:
        content["facts"] = content["facts"][1:]
    return send(stream, kind, content, *args, **kwargs)
session.send = changed
x = 5
"""


@pytest.mark.kernel
def test_an_answer_that_was_changed_is_a_doubt_about_the_whole_hand_in_once(
    fence: Sandbox,
) -> None:
    (doubt,) = ran(fence, "x = 1", CHANGED, "x = 2", "x = 3").everywhere(Doubted)
    assert (doubt.cell, doubt.exercise, doubt.reason) == (1, None, f"{BROKEN} (cell 2)")


@pytest.mark.slow
def test_facts_without_end_inside_each_other_bear_no_seal() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert not answer(deep, seal="x").genuine


def test_no_seal_is_given_once_what_watches_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Seal(Recorder())
    with monkeypatch.context() as changes:
        changes.setattr(Recorder, "drain", lambda self: [])
        assert seal.of(NONCE, FACTS) == ""
    assert seal.of(NONCE, FACTS) != ""
    misused = Recorder()
    misused.add("seed", value=1)
    assert Seal(misused).of(NONCE, FACTS) == ""


# What is read

LIES = """
import hashlib, math, torch
kind = type(torch.ones(1))
kind.tolist = lambda self: [7.0] * 49
kind.shape = property(lambda self: torch.Size([7, 7]))
kind.numel = lambda self: 49
math.isfinite = lambda number: False
hashlib.sha256 = lambda *args: None
x = torch.ones(3)
"""


@pytest.mark.kernel
def test_lies_about_a_tensor_are_not_believed(fence: Sandbox) -> None:
    (x,) = [t for t in ran(fence, LIES).everywhere(TensorSeen) if "x" in t.names]
    assert (x.shape, x.values) == ([3], [1, 1, 1])


def test_each_module_of_the_kernel_has_built_in_names_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text("def size(x): return len(x)\n", encoding="utf-8")
    module: Any = ModuleType("_observer.made")
    start.Nameless("_observer.made", str(tmp_path / "made.py")).exec_module(module)
    assert vars(module)["__builtins__"] == vars(builtins)
    assert vars(module)["__builtins__"] is not vars(builtins)
    assert module.size([1, 2]) == 2


PASSED_ON = """
import torch
from torch.overrides import handle_torch_function
def rand(*size): return torch.ones(*size)
class Sum:
    __name__ = "sum"
    def __call__(self, *args): return torch.ones(1)
t = torch.ones(2)
handle_torch_function(rand, (t,), 7, 7)
torch.overrides._get_current_function_mode().__torch_function__(Sum(), (), (t,))
torch.nn.functional.dropout(t), t.T, t @ t, torch.stack([t]), torch.unravel_index(t.argmax(), (2,))
"""


@pytest.mark.kernel
def test_only_functions_of_torch_are_told_under_their_names(fence: Sandbox) -> None:
    ops = [op.op for op in ran(fence, PASSED_ON).everywhere(OpSeen)]
    assert "rand" not in ops
    assert "sum" not in ops
    assert {"call", "dropout", "T", "matmul", "stack", "argmax", "unravel_index"} <= {*ops}


# Function transforms

BEFORE = "import torch\nx = torch.rand(5, 3)\ny = torch.rand(5, 3)"
TRANSFORMS = """
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap, functionalize
def square(v):
    print(v, v.shape, y)
    return (v ** 2).sum() + y[0, 0] * 0
dots = vmap(torch.dot)(x, y)
gradient = grad(square)(x[0])
each = vmap(grad(square))(x)
second = hessian(lambda v: (v ** 2).sum())(x[0])
jacobians = jacrev(torch.sin)(x[0]), jacfwd(torch.sin)(x[0])
pushed = jvp(torch.sin, (x[0],), (torch.ones(3),))[1]
pulled = vjp(torch.sin, x[0])[1](torch.ones(3))[0]
plain = functionalize(lambda v: v.clone().add_(1))(x)
noise = vmap(lambda v: v + torch.rand(3), randomness="different")(x)
held = []
vmap(lambda v: held.append(v) or v)(x)
after = x @ y.T
each
"""


@pytest.mark.kernel
def test_function_transforms_are_no_blind_spot(fence: Sandbox) -> None:
    evidence = ran(fence, BEFORE, TRANSFORMS)
    assert raised(evidence) == []
    assert not evidence.everywhere(ProbeFailed)
    assert not evidence.everywhere(Doubted)
    by_name = {n: t for t in evidence.everywhere(TensorSeen) if t.cell == 1 for n in t.names}
    shapes = {n: t.shape for n, t in by_name.items()}
    assert shapes == {
        "dots": [5], "gradient": [3], "each": [5, 3], "second": [3, 3], "jacobians[0]": [3, 3],
        "jacobians[1]": [3, 3], "pushed": [3], "pulled": [3], "plain": [5, 3], "noise": [5, 3],
        "after": [5, 5],
    }  # fmt: skip
    made = {n: t for t in evidence.everywhere(TensorSeen) if t.cell == 0 for n in t.names}
    numbers = made["x"].values
    assert numbers is not None
    assert by_name["each"].values == pytest.approx([2 * v for v in numbers if v is not None])
    seen_in = {t.handle for t in evidence.everywhere(TensorSeen) if t.cell == 1}
    assert {made["x"].handle, made["y"].handle} <= seen_in  # they went in, so they are told there


@pytest.mark.kernel
def test_where_a_transform_leaves_tensors_of_a_gpu_is_not_known(fence: Sandbox) -> None:
    evidence = ran(fence, BEFORE, "g = x.cuda()\nd = torch.vmap(torch.dot)(g, g)")
    (failure,) = evidence.everywhere(ProbeFailed)
    assert (failure.cell, failure.probe) == (1, "devices")
