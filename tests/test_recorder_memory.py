"""What is kept of trainings while a cell runs: counted, for many models and for many epochs.

A process of its own has the probes and no kernel, so that what they hold can be looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SETTING_UP = """
import gc, json, torch
from torch import nn
from grader.kernel.recorder import Recorder
from grader.kernel.probes.devices import ServedDevice
from grader.kernel.probes.models import ModelProbe
from grader.kernel.probes.tensors import TensorProbe
from grader.kernel.probes.training import TrainingProbe

recorder = Recorder()
served = ServedDevice(torch, recorder, 1)
tensors = TensorProbe(recorder, torch, served.of)
models = ModelProbe(recorder, torch, served.of)
probe = TrainingProbe(recorder, torch, tensors, models, served, lambda: None)

X, y = torch.rand(8, 2), torch.rand(8, 1)

def train(model, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = nn.MSELoss()(model(X), y)
        optimizer.zero_grad(); loss.backward(); optimizer.step()

def numbers():
    gc.collect()
    return sum(o.numel() for o in gc.get_objects() if isinstance(o, torch.Tensor))

def kept():
    runs = [r for t in probe._everything for r in t.runs]
    return {"numbers": numbers() - before, "runs": len(runs),
            "points": sum(len(r.series.points()) for r in runs),
            "weak": len(probe._forwards._refs), "known": len(probe._forwards._known)}

before = numbers()
"""
MANY_MODELS = """
for _ in range({models}):
    train(nn.Sequential(nn.Linear(2, {width}), nn.ReLU(), nn.Linear({width}, 1)), {steps})
during = kept()
probe.tell(); facts = recorder.drain()
models.tell(); gc.collect(); probe.tell(); recorder.drain()
after = kept()
trained = [f for f in facts if f["kind"] == "training"]
print(json.dumps({{"during": during, "after": after, "told": len(trained),
                  "losses": sum(len(f["losses"]) for f in trained),
                  "failed": [f["problem"] for f in facts if f["kind"] == "probe_failed"]}}))
"""


def measured(code: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SETTING_UP + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_large_models_in_a_loop_leave_no_copies() -> None:
    told = measured(MANY_MODELS.format(models=40, width=100_000, steps=2))
    assert told["during"]["numbers"] < 2**21  # of the 32 million that went by, gradients included
    assert told["told"] == 40


def test_of_many_models_fewer_points_each_are_kept() -> None:
    told = measured(MANY_MODELS.format(models=40, width=3, steps=130))
    assert told["during"]["points"] <= 30 * 130 + 10 * 100
    assert told["losses"] == told["during"]["points"]


def test_a_thousand_models_are_followed_and_no_more() -> None:
    told = measured(MANY_MODELS.format(models=1010, width=3, steps=1))
    assert told["told"] == 1000
    assert told["during"]["runs"] <= 2000
    assert any("more than 1000 trainings" in problem for problem in told["failed"])
    assert told["after"] == {"numbers": 0, "runs": 0, "points": 0, "weak": 0, "known": 0}


def test_many_epochs_keep_a_bounded_number_of_points() -> None:
    told = measured(MANY_MODELS.format(models=1, width=3, steps=2500))
    assert told["during"]["points"] <= 1000
    assert told["during"]["weak"] < 100
    assert told["during"]["known"] < 100
