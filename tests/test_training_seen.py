"""What is told of training: runs told apart, losses, clearings, gradients, modes and data.

One notebook holds all cells; each test looks at the facts of its own cell.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TypeVar

import pytest

from grader.assignment import Assignment, Exercise
from grader.evidence import Evidence
from grader.exercises import Placement
from grader.facts import (
    CellEnded,
    Fact,
    ModelCalled,
    ModelSeen,
    OpSeen,
    PlotDrawn,
    ProbeFailed,
    TensorSeen,
)
from grader.model_facts import TrainingSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

pytestmark = pytest.mark.kernel
F = TypeVar("F", bound=Fact)

LOOP = "\nfor _ in range(6):\n    loss = loss_fn(model(X), y)\n    {}\n"
STEP = "opt.zero_grad(); loss.backward(); opt.step()"

CELLS = {
    "setting up": """
import torch
from torch import nn
torch.manual_seed(0)
X = torch.linspace(0, 1, 40).unsqueeze(1); y = 0.3 * X + 0.9; X2 = X + 1
class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(1)); self.b = nn.Parameter(torch.randn(1))
    def forward(self, x):
        return self.w * x + self.b
def fresh(**settings):
    model = Line()
    return model, torch.optim.SGD(model.parameters(), lr=0.1, **settings)
loss_fn = nn.L1Loss()
""",
    "a loop with evaluations": """
model, opt = fresh(momentum=0.5)
for epoch in range(60):
    model.train()
    loss = loss_fn(model(X), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if epoch % 20 == 0:
        model.eval()
        with torch.inference_mode():
            loss_fn(model(X2), y)
""",
    "trained on": LOOP.format(STEP),
    "two at once": """
one, opt1 = fresh(); two = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1))
opt2 = torch.optim.Adam(two.parameters(), lr=0.01)
def both():
    for _ in range(8):
        a = ((one(X) - y) ** 2).mean()
        b = nn.functional.binary_cross_entropy_with_logits(two(X), (y > 1).float())
        opt1.zero_grad(); opt2.zero_grad()
        a.backward(); b.backward()
        opt1.step(); opt2.step()
both()
""",
    "all of it dropped": """
def trial(lr):
    model, opt = fresh(); opt.param_groups[0]["lr"] = lr
    slower = torch.optim.lr_scheduler.StepLR(opt, 2)
    for _ in range(6):
        loss = loss_fn(model(X), y)
        opt.zero_grad(); loss.backward(); opt.step(); slower.step()
    return loss.item()
found = trial(0.25), trial(0.5)
import gc; gone = gc.collect()
""",
    "never cleared": "model, opt = fresh()" + LOOP.format("loss.backward(); opt.step()"),
    "cleared by the model": "model, opt = fresh()"
    + LOOP.format("model.zero_grad(); loss.backward(); opt.step()"),
    "cleared to zeros": "model, opt = fresh()"
    + LOOP.format("opt.zero_grad(set_to_none=False); loss.backward(); opt.step()"),
    "cleared by hand": "model, opt = fresh()"
    + LOOP.format("loss.backward(); opt.step()\n    for p in model.parameters(): p.grad = None"),
    "accumulated": """
model, opt = fresh()
for i in range(12):
    loss_fn(model(X), y).backward()
    if i % 4 == 3:
        opt.step(); opt.zero_grad()
""",
    "step forgotten": "model, opt = fresh()" + LOOP.format("opt.zero_grad(); loss.backward()"),
    "backward forgotten": "model, opt = fresh()" + LOOP.format("opt.zero_grad(); opt.step()"),
    "cleared too late": "model, opt = fresh()"
    + LOOP.format("loss.backward(); opt.zero_grad(); opt.step()"),
    "another model's optimizer": "model, _ = fresh(); other, opt = fresh()" + LOOP.format(STEP),
    "frozen": """
model, opt = fresh()
model.w.requires_grad = False
""" + LOOP.format(STEP),
    "sigmoid before": """
model = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid()); opt = torch.optim.SGD(model.parameters(), 0.1)
for _ in range(6):
    loss = nn.BCEWithLogitsLoss()(model(X).squeeze(), (y > 1).float().squeeze())
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "softmax before": """
model = nn.Linear(1, 3); opt = torch.optim.Adam(model.parameters(), lr=0.1)
labels = torch.arange(40) % 3
for _ in range(6):
    loss = nn.functional.cross_entropy(model(X).softmax(dim=1), labels)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "logits": """
for _ in range(6):
    loss = nn.CrossEntropyLoss()(model(X), labels)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "probabilities made in the loop": """
model = nn.Linear(1, 1); opt = torch.optim.SGD(model.parameters(), lr=0.1); hot = (y > 1).float()
for _ in range(6):
    logits = model(X).squeeze()
    loss = nn.BCELoss()(torch.sigmoid(logits), hot.squeeze())
    right = (torch.round(torch.sigmoid(logits)) == hot.squeeze()).sum()
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "probabilities squeezed after": """
for _ in range(6):
    loss = nn.functional.binary_cross_entropy(model(X).sigmoid().squeeze(1), hot.squeeze(1))
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "probabilities by hand": """
for _ in range(6):
    loss = nn.BCELoss()(1 / (1 + torch.exp(-model(X))), hot)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "ReLU at the end": """
model = nn.Sequential(nn.Linear(1, 8), nn.Linear(8, 1), nn.ReLU())
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(6):
    loss = nn.BCEWithLogitsLoss()(model(X).squeeze(), hot.squeeze())
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "log_softmax and NLLLoss": """
model = nn.Sequential(nn.Linear(1, 3), nn.LogSoftmax(dim=1))
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(6):
    loss = nn.NLLLoss()(model(X).unsqueeze(0).squeeze(0), labels)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "probabilities as targets": """
model = nn.Linear(1, 3); opt = torch.optim.SGD(model.parameters(), lr=0.1)
shares = nn.functional.one_hot(labels, 3).float()
for _ in range(6):
    loss = nn.CrossEntropyLoss()(model(X), shares)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "columns by the position": """
for _ in range(6):
    loss = nn.CrossEntropyLoss()(model(X.reshape(4, 10, 1)).permute(0, 2, 1), labels.reshape(4, 10))
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "one loss after another": """
def trial(loss_fn, targets):
    model = nn.Linear(1, 3); opt = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(30):
        loss = loss_fn(model(X), targets)
        opt.zero_grad(); loss.backward(); opt.step()
trial(nn.MSELoss(), shares); trial(nn.CrossEntropyLoss(), labels)
trial(nn.functional.mse_loss, shares)
""",
    "shapes that broadcast": """
import warnings; warnings.simplefilter("ignore")
model, opt = fresh()
for _ in range(6):
    loss = nn.MSELoss()(model(X), y.squeeze())
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "by hand": """
w = torch.zeros(1, requires_grad=True)
for _ in range(30):
    (w * X - y).abs().mean().backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad = None
""",
    "bound anew": """
w = torch.zeros(1, requires_grad=True)
for _ in range(30):
    (w * X - y).abs().mean().backward()
    w = (w - 0.1 * w.grad).detach().requires_grad_()
""",
    "bound anew without a graph": """
w = torch.zeros(3, 1, requires_grad=True); b = torch.zeros(1, requires_grad=True)
for _ in range(30):
    ((torch.cat([X, X**2, X**3], dim=1) @ w + b - y) ** 2).mean().backward()
    with torch.no_grad():
        w, b = w - 0.1 * w.grad, b - 0.1 * b.grad
    w.requires_grad = True; b.requires_grad = True
""",
    "parameters bound anew": """
model = nn.Linear(1, 1)
for _ in range(30):
    ((model(X) - y) ** 2).mean().backward()
    model.weight = nn.Parameter(model.weight.detach() - 0.1 * model.weight.grad)
    model.bias = nn.Parameter(model.bias.detach() - 0.1 * model.bias.grad)
""",
    "bound anew, from the start": """
def fit(rate):
    w = torch.zeros(1, requires_grad=True)
    for _ in range(30):
        ((w * X - y) ** 2).mean().backward()
        w = (w - rate * w.grad).detach().requires_grad_()
for rate in (0.1, 0.2, 0.3):
    fit(rate)
""",
    "many by hand": """
w = torch.zeros(1, requires_grad=True)
for _ in range(12_345):
    (w * 2 - 1).abs().backward()
    with torch.no_grad():
        w -= 0.001 * w.grad; w.grad = None
""",
    "one after another": """
for _ in range(20):
    model, opt = fresh()
    for _ in range(3):
        loss_fn(model(X), y).backward(); opt.step()
""",
    "not a number": """
model, opt = fresh()
for _ in range(4):
    loss = loss_fn(model(X * float("nan")), y)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "many steps": "model, opt = fresh()" + LOOP.replace("range(6)", "range(5001)").format(STEP),
    "loaders": """
from torch.utils.data import DataLoader, TensorDataset
model, opt = fresh()
loader = DataLoader(TensorDataset(X, y), batch_size=16, shuffle=True)
for epoch in range(3):
    for xb, yb in loader:
        loss = loss_fn(model(xb), yb)
        opt.zero_grad(); loss.backward(); opt.step()
""",
    "loaders to evaluate on": """
model, opt = fresh(); tests = DataLoader(TensorDataset(X2, y), batch_size=8)
for epoch in range(3):
    for xb, yb in loader:
        loss = loss_fn(model(xb), yb)
        opt.zero_grad(); loss.backward()
        with torch.inference_mode():
            for xt, yt in tests:
                loss_fn(model(xt), yt); loss_fn(model(xb), yb)
        opt.step()
    with torch.inference_mode():
        xt, yt = next(iter(tests)); loss_fn(model(xt), yt)
""",
    "one batch over and over": """
model, opt = fresh(); batches = iter(loader); X0, y0 = next(batches)
for epoch in range(7):
    loss = loss_fn(model(X0), y0)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "loaders that are gone": "del batches" + LOOP.format(STEP),
    "workers that stay": """
model, opt = fresh()
loader = DataLoader(TensorDataset(X, y), batch_size=16, num_workers=1, persistent_workers=True)
for epoch in range(3):
    for xb, yb in loader:
        loss = loss_fn(model(xb), yb)
        opt.zero_grad(); loss.backward(); opt.step()
del loader
""",
    "batches by hand": """
model, opt = fresh()
for epoch in range(4):
    order = torch.randperm(40)
    for i in range(0, 40, 16):
        loss = loss_fn(model(X[order[i : i + 16]]), y[order[i : i + 16]])
        opt.zero_grad(); loss.backward(); opt.step()
""",
    "evaluated before, and not trained": """
with torch.no_grad():
    model(X); model(X2)
""",
    "LBFGS": """
model = Line(); opt = torch.optim.LBFGS(model.parameters())
def closure():
    opt.zero_grad(); loss = ((model(X) - y) ** 2).mean(); loss.backward(); return loss
opt.step(closure)
""",
    "large models that are dropped": """
import gc, weakref
def used():
    large = nn.Linear(3000, 1000); large(torch.rand(1, 3000)); return weakref.ref(large)
gone = used(); freed = gc.collect()
assert gone() is None, "held"
""",
    "models without numbers": """
lazy, nowhere, small = nn.LazyLinear(3), nn.Linear(2, 2, device="meta"), nn.Linear(2, 2)
""",
    "a box": """
class Box: pass
box, shelf = Box(), {}
""",
    "a model in a box": """
box.net = nn.Linear(2, 1); shelf["net"] = nn.Linear(3, 1)
""",
    "the box, unchanged": """
x = 1
""",
    "losses that come once": """
w = torch.ones(1, requires_grad=True)
torch.autograd.backward(part for part in [w * 1, w * 10])
assert w.grad == 11, "one was used up by looking"
torch.autograd.backward([])
""",
    "on a device": """
model, opt = fresh()
device = "cuda" if torch.cuda.is_available() else "cpu"
model.to(device); X.to(device)
""" + LOOP.format(STEP),
    "data left behind": """
model, opt = fresh(); model.to(device)
y_there = y.to(device)
for i in range(20):
    loss = loss_fn(model(X if i % 2 else X.to(device)), y)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "everything moved": """
model, opt = fresh(); model = model.to(device); model.to(device=device)
X_there = X.to(device)
for _ in range(20):
    loss = loss_fn(model(X_there), y_there)
    opt.zero_grad(); loss.backward(); opt.step()
""",
    "back again": """
del X_there, y_there; model.cpu(); loss = loss.cpu()
model(X)
""",
    "interrupted": """
model, opt = fresh()
for i in range(50):
    loss = loss_fn(model(X), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if i == 20: raise KeyboardInterrupt
""",
    "errors stay theirs": """
import sys
try:
    torch.ones(2).sum().backward()
except RuntimeError as problem:
    assert "does not require grad" in str(problem)
    shown = get_ipython().InteractiveTB.structured_traceback(*sys.exc_info())
    assert "_obs" + "erver" not in "".join(shown) and "Tensor.backward" in "".join(shown)
else:
    raise AssertionError
""",
    "a module that is none": """
class Bare(nn.Module):
    def __init__(self):
        self.x = 1
try:
    Bare()(X)
except AttributeError as problem:
    assert "_observer" not in str(problem)
else:
    raise AssertionError
""",
    "saved and shown": """
import matplotlib.pyplot as plt
plt.scatter(X, y); plt.savefig("line.png"); plt.show()
plt.plot(X, y); plt.show()
""",
    "nothing left over": """
import gc
def work():
    one, one_opt = fresh()
    loss = loss_fn(one(X), y); loss.backward(); one_opt.step()
    with torch.inference_mode():
        print(f"{loss_fn(one(X), y)} {one.state_dict()}")
work(); gc.collect(); gc.disable()
try:
    work()
    assert gc.collect() == 0  # a frame that stays keeps alive what it switched on
finally:
    gc.enable()
""",
    "nothing to notice": """
import copy, inspect, io
buffer = io.BytesIO(); torch.save(model, buffer); copy.deepcopy(model)
assert not model._forward_pre_hooks and not opt._optimizer_step_pre_hooks
assert torch.autograd.backward.__name__ == "backward"
assert "grad_tensors" in inspect.signature(torch.autograd.backward).parameters
""",
}  # fmt: skip
PLACE = {name: index for index, name in enumerate(CELLS)}


@pytest.fixture(scope="module")
def seen(fence: Sandbox) -> Evidence:
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(CELLS.values()))
    submission = Submission("somebody", Path("x.ipynb"), "0" * 64, Notebook(cells))
    assignment = Assignment(id="x", title="x", exercise=[Exercise(id="1", title="x")])
    placed = Placement(dict.fromkeys(range(len(cells)), "1"), frozenset(), (), True)
    return run_submission(submission, assignment, placed, fence).evidence


def facts(seen: Evidence, kind: type[F], name: str) -> list[F]:
    return [f for f in seen.everywhere(kind) if f.cell == PLACE[name]]


def run(seen: Evidence, name: str) -> TrainingSeen:
    (only,) = facts(seen, TrainingSeen, name)
    return only


@pytest.mark.parametrize("name", CELLS)
def test_no_probe_fails_and_every_cell_ends_as_it_should(seen: Evidence, name: str) -> None:
    allowed = {"operations"} | ({"models"} if name == "a module that is none" else set())
    told = [p for p in facts(seen, ProbeFailed, name) if p.probe not in allowed]
    assert told == []
    (ended,) = facts(seen, CellEnded, name)
    assert ended.ending == ("raised" if name == "interrupted" else "finished"), ended


def test_a_loop_is_counted_exactly(seen: Evidence) -> None:
    told = run(seen, "a loop with evaluations")
    assert (told.steps, told.backwards, told.cleared, told.uncleared) == (60, 60, 60, 0)
    assert told.optimizer is not None
    assert told.optimizer.type == "SGD"
    assert told.optimizer.settings["lr"] == 0.1
    assert told.optimizer.settings["momentum"] == 0.5
    assert told.loss is not None
    assert (told.loss.kind, told.loss.module) == ("l1_loss", "L1Loss")
    assert told.loss.input_shape == told.loss.target_shape == [40, 1]
    assert (told.trainable, told.covered, told.elsewhere, told.moved) == (2, 2, 0, True)
    assert len(told.losses) == 60
    assert told.losses[0] == told.first


def test_modes_and_data_of_calls(seen: Evidence) -> None:
    (called,) = facts(seen, ModelCalled, "a loop with evaluations")
    assert (called.train_grad, called.eval_quiet, called.evaluations) == (60, 3, 3)
    assert (called.train_quiet, called.eval_grad) == (0, 0)
    tensors = {t.handle: t for t in facts(seen, TensorSeen, "a loop with evaluations")}
    first = {d.mode: tensors[d.tensor].values for d in called.data}
    assert first["train_grad"] is not None
    assert first["eval_quiet"] is not None
    assert first["train_grad"][-1] == 1
    assert first["eval_quiet"][-1] == 2


def test_what_a_function_of_an_earlier_cell_does_is_told_in_the_line_that_calls_it(
    seen: Evidence,
) -> None:
    """`forward` stands in another cell, whose line 11 would be no line of this one."""
    products = [o.line for o in facts(seen, OpSeen, "a loop with evaluations") if o.op == "mul"]
    assert products
    assert set(products) <= {5, 10}
    assert {o.line for o in facts(seen, OpSeen, "two at once") if o.op == "linear"} == {7}


def test_a_run_goes_on_in_another_cell(seen: Evidence) -> None:
    before, after = run(seen, "a loop with evaluations"), run(seen, "trained on")
    assert after.run == before.run
    assert (after.earlier, after.steps) == (60, 6)
    (model,) = facts(seen, ModelSeen, "trained on")
    assert model.handle == before.model
    assert model.training is True


def test_what_was_dropped_is_told_as_what_is_kept(seen: Evidence) -> None:
    first, second = facts(seen, TrainingSeen, "all of it dropped")
    assert first.optimizer is not None
    assert second.optimizer is not None
    assert (first.optimizer.settings["lr"], second.optimizer.settings["lr"]) == (0.25, 0.5)
    assert (first.trainable, first.covered, first.moved) == (2, 2, True)


def test_models_without_numbers_hide_no_others(seen: Evidence) -> None:
    told = {m.names[0]: m for m in facts(seen, ModelSeen, "models without numbers")}
    assert {name: model.parameters for name, model in told.items()} == {
        "lazy": 0, "nowhere": 6, "small": 6,
    }  # fmt: skip


def test_two_runs_in_one_function(seen: Evidence) -> None:
    told = {t.optimizer.type: t for t in facts(seen, TrainingSeen, "two at once") if t.optimizer}
    assert set(told) == {"SGD", "Adam"}
    sgd, adam = told["SGD"], told["Adam"]
    assert sgd.model != adam.model
    assert (sgd.steps, sgd.backwards, adam.steps, adam.backwards) == (8, 8, 8, 8)
    assert sgd.loss is not None
    assert adam.loss is not None
    assert sgd.loss.kind == "mse_loss"
    assert (adam.loss.kind, adam.loss.origin) == ("binary_cross_entropy_with_logits", "linear")
    assert adam.trainable == 10


def test_forgotten_clearing(seen: Evidence) -> None:
    told = run(seen, "never cleared")
    assert (told.steps, told.cleared, told.uncleared, told.accumulated) == (6, 1, 5, 0)


@pytest.mark.parametrize("name", ["cleared by the model", "cleared to zeros", "cleared by hand"])
def test_every_way_to_clear_counts(seen: Evidence, name: str) -> None:
    told = run(seen, name)
    assert (told.cleared, told.uncleared) == (6, 0)


def test_accumulation_is_not_forgetting(seen: Evidence) -> None:
    told = run(seen, "accumulated")
    assert (told.steps, told.backwards) == (3, 12)
    assert (told.cleared, told.accumulated, told.uncleared) == (3, 9, 0)


def test_steps_and_backwards_that_are_missing(seen: Evidence) -> None:
    no_step = run(seen, "step forgotten")
    assert (no_step.optimizer, no_step.steps, no_step.backwards) == (None, 0, 6)
    assert no_step.moved is False
    no_backward = run(seen, "backward forgotten")
    assert (no_backward.steps, no_backward.backwards, no_backward.idle) == (6, 0, 6)
    assert no_backward.moved is False
    late = run(seen, "cleared too late")
    assert late.without_gradient == late.looks > 0
    assert late.moved is False


def test_an_optimizer_of_another_model(seen: Evidence) -> None:
    told = facts(seen, TrainingSeen, "another model's optimizer")
    idle = next(t for t in told if t.optimizer)
    lost = next(t for t in told if not t.optimizer)
    assert (idle.steps, idle.backwards, idle.moved) == (6, 0, False)
    assert (lost.steps, lost.backwards, lost.moved) == (0, 6, False)
    assert lost.model is not None


def test_frozen_parameters(seen: Evidence) -> None:
    told = run(seen, "frozen")
    assert (told.trainable, told.covered, told.moved) == (1, 2, True)


@pytest.mark.parametrize(
    ("name", "kind", "origin"),
    [("sigmoid before", "binary_cross_entropy_with_logits", "sigmoid"),
     ("softmax before", "cross_entropy", "softmax"),
     ("logits", "cross_entropy", "linear"),
     ("probabilities made in the loop", "binary_cross_entropy", "sigmoid"),
     ("probabilities squeezed after", "binary_cross_entropy", "sigmoid"),
     ("probabilities by hand", "binary_cross_entropy", "reciprocal"),
     ("ReLU at the end", "binary_cross_entropy_with_logits", "relu"),
     ("log_softmax and NLLLoss", "cross_entropy", "linear"),
     ("probabilities as targets", "cross_entropy", "linear"),
     ("columns by the position", "cross_entropy", "linear"),
     ("by hand", "l1_loss", "scale")],
)  # fmt: skip
def test_where_the_losses_input_came_from(
    seen: Evidence, name: str, kind: str, origin: str
) -> None:
    told = run(seen, name)
    assert told.loss is not None
    assert (told.loss.kind, told.loss.origin) == (kind, origin)


def test_the_losses_of_several_trainings_are_told_apart(seen: Evidence) -> None:
    told = [t.loss for t in facts(seen, TrainingSeen, "one loss after another") if t.loss]
    assert [(loss.kind, loss.module, loss.target_shape) for loss in told] == [
        ("mse_loss", "MSELoss", [40, 3]),
        ("cross_entropy", "CrossEntropyLoss", [40]),
        ("mse_loss", None, [40, 3]),
    ]


def test_shapes_that_broadcast_are_told(seen: Evidence) -> None:
    told = run(seen, "shapes that broadcast")
    assert told.loss is not None
    assert (told.loss.input_shape, told.loss.target_shape) == ([40, 1], [40])


def test_updates_by_hand(seen: Evidence) -> None:
    told = run(seen, "by hand")
    assert (told.model, told.optimizer, told.backwards, told.moved) == (None, None, 30, True)
    assert told.cleared == 30


@pytest.mark.parametrize(
    "name", ["bound anew", "bound anew without a graph", "parameters bound anew"]
)
def test_parameters_that_are_bound_anew_are_one_run(seen: Evidence, name: str) -> None:
    told = run(seen, name)
    assert (told.optimizer, told.backwards, told.cleared, told.moved) == (None, 30, 30, True)


def test_trainings_that_start_anew_are_several_runs(seen: Evidence) -> None:
    told = facts(seen, TrainingSeen, "bound anew, from the start")
    assert [t.backwards for t in told] == [30, 30, 30]
    assert len(facts(seen, TrainingSeen, "one after another")) == 20


def test_every_loss_is_counted_without_a_step(seen: Evidence) -> None:
    told = run(seen, "many by hand")
    assert (told.backwards, told.cleared) == (12_345, 12_345)


def test_losses_that_are_no_numbers(seen: Evidence) -> None:
    told = run(seen, "not a number")
    assert told.not_numbers == 4
    assert told.not_finite > 0
    assert math.isnan(float(told.losses[0]))


def test_many_losses_are_averaged_and_counted(seen: Evidence) -> None:
    told = run(seen, "many steps")
    assert (told.steps, told.backwards) == (5001, 5001)
    assert len(told.losses) * told.per_point >= 5001 > (len(told.losses) - 1) * told.per_point
    assert len(told.losses) <= 1000


def test_sweeps_over_a_loader_are_epochs(seen: Evidence) -> None:
    told = run(seen, "loaders")
    assert (told.epochs, told.steps) == (3, 9)


def test_only_a_loader_that_is_trained_on_makes_epochs(seen: Evidence) -> None:
    told = run(seen, "loaders to evaluate on")
    assert (told.epochs, told.steps) == (3, 9)


def test_a_loader_whose_workers_stay_makes_as_many(seen: Evidence) -> None:
    told = run(seen, "workers that stay")
    assert (told.epochs, told.steps) == (3, 9)


@pytest.mark.parametrize("name", ["one batch over and over", "loaders that are gone"])
def test_steps_without_new_batches_are_no_sweeps(seen: Evidence, name: str) -> None:
    assert run(seen, name).epochs is None


def test_passes_without_gradients_are_counted_whole(seen: Evidence) -> None:
    (called,) = facts(seen, ModelCalled, "loaders to evaluate on")
    assert (called.train_quiet, called.evaluations) == (9 * 10 + 3, 9)
    (called,) = facts(seen, ModelCalled, "evaluated before, and not trained")
    assert (called.train_quiet, called.evaluations) == (2, 1)


def test_batches_by_hand_are_seen_one_by_one(seen: Evidence) -> None:
    (called,) = facts(seen, ModelCalled, "batches by hand")
    tensors = {t.handle: t for t in facts(seen, TensorSeen, "batches by hand")}
    assert [tensors[d.tensor].shape[0] for d in called.data] == [16, 16, 8, 16, 16, 8]


def test_a_step_that_calls_backward_itself(seen: Evidence) -> None:
    told = run(seen, "LBFGS")
    assert told.steps == 1
    assert told.backwards > 1
    assert told.moved is True
    assert told.model is not None
    assert told.without_gradient == 0


def test_a_model_on_a_device(seen: Evidence) -> None:
    assert run(seen, "on a device").devices == ["cuda:0"]


def devices(seen: Evidence, name: str) -> dict[tuple[str, str], int]:
    (called,) = facts(seen, ModelCalled, name)
    return {(d.model, d.data): d.calls for d in called.devices}


def test_where_models_and_their_data_are_at_each_call(seen: Evidence) -> None:
    assert devices(seen, "trained on") == {("cpu", "cpu"): 6}
    assert devices(seen, "on a device") == {("cuda:0", "cpu"): 6}
    assert devices(seen, "data left behind") == {("cuda:0", "cpu"): 10, ("cuda:0", "cuda:0"): 10}
    assert devices(seen, "everything moved") == {("cuda:0", "cuda:0"): 20}
    assert devices(seen, "back again") == {("cpu", "cpu"): 1}


def test_where_predictions_and_targets_are(seen: Evidence) -> None:
    losses = [run(seen, name).loss for name in ("data left behind", "everything moved")]
    assert [loss and loss.devices for loss in losses] == [["cuda:0", "cpu"], ["cuda:0", "cuda:0"]]


def test_a_figure_that_is_saved_and_shown_is_one(seen: Evidence) -> None:
    told = [p.figure for p in facts(seen, PlotDrawn, "saved and shown")]
    assert len(told) == 3
    assert told[0] == told[1] != told[2]


def test_what_an_interrupted_cell_had(seen: Evidence) -> None:
    assert run(seen, "interrupted").steps == 21


def test_a_model_that_an_earlier_object_holds_is_seen_when_it_is_put_there(seen: Evidence) -> None:
    told = facts(seen, ModelSeen, "a model in a box")
    assert sorted(m.layers[0][1] if m.layers else m.type for m in told) == ["Linear", "Linear"]
    assert not facts(seen, ModelSeen, "the box, unchanged")
