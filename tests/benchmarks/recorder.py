"""What watching a training costs, as ratios in one run.

    python tests/benchmarks/recorder.py [--pairs 7]

The same cell trains in a fenced kernel with all probes and in a plain process, in turn, with one
thread; each prints the CPU seconds of its own loop. Two trainings: a 2-10-10-1 network on 800
points for 1,000 steps (target: at most 1.15 times, and 60 microseconds a step more), and a small
convolutional network (at most 1.03 times). A third line has the network on a pretended GPU, where
every call is served.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from grader.assignment import Assignment, Exercise
from grader.exercises import Placement
from grader.facts import OutputSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.fenced import environment
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

TRAIN = """
import time, torch
from torch import nn
torch.manual_seed(0)
{made}
loss_fn = {loss}
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def train(steps):
    began = time.process_time()
    for step in range(steps):
        model.train()
        loss = loss_fn(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.process_time() - began
train(20)
print(train({steps}))
"""
MLP = TRAIN.format(
    made="X = torch.randn(800, 2); y = (X[:, :1] * X[:, 1:] > 0).float()\n"
    "model = nn.Sequential(nn.Linear(2, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(),"
    " nn.Linear(10, 1))",
    loss="nn.BCEWithLogitsLoss()",
    steps=1000,
)
CNN = TRAIN.format(
    made="X = torch.randn(32, 1, 28, 28); y = torch.randint(0, 10, (32,))\n"
    "model = nn.Sequential(nn.Conv2d(1, 10, 3, padding=1), nn.ReLU(),"
    " nn.Conv2d(10, 10, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),"
    " nn.Linear(1960, 10))",
    loss="nn.CrossEntropyLoss()",
    steps=100,
)
SERVED = MLP.replace(
    "loss_fn = ", "X, y, model = X.to('cuda'), y.to('cuda'), model.to('cuda')\nloss_fn = "
)
STEPS = {"2-10-10-1 network": (MLP, MLP, 1000), "convolutional network": (CNN, CNN, 100),
         "2-10-10-1 network on a pretended GPU": (SERVED, MLP, 1000)}  # fmt: skip


def watched(source: str, fence: Sandbox) -> float:
    """CPU seconds of the loop in a fenced kernel."""
    submission = Submission("x", Path("x.ipynb"), "0" * 64, Notebook((Cell(0, "code", source),)))
    assignment = Assignment(id="x", title="x", exercise=[Exercise(id="1", title="x")])
    placed = Placement({0: "1"}, frozenset({0}), (), True)
    evidence = run_submission(submission, assignment, placed, fence).evidence
    return float(evidence.everywhere(OutputSeen)[-1].text)


def bare(source: str) -> float:
    """CPU seconds of the loop in a plain process."""
    alone = "import torch._dynamo, torch\ntorch.set_num_threads(1)\n" + source
    done = subprocess.run(
        [sys.executable, "-c", alone], capture_output=True, text=True, check=True,
        env={**os.environ, **environment(1)},
    )  # fmt: skip
    return float(done.stdout)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7)
    pairs = parser.parse_args().pairs
    with open_sandbox(FENCED, preload=["torch._dynamo"], jobs=os.cpu_count() or 1) as fence:
        for name, (ours, plain, steps) in STEPS.items():
            timed = [(watched(ours, fence), bare(plain)) for _ in range(pairs)]
            ratios = sorted(a / b for a, b in timed)
            a, b = (statistics.median(t) for t in zip(*timed, strict=True))
            print(
                f"{name}: {statistics.median(ratios):.3f} times (from {ratios[0]:.3f} to"
                f" {ratios[-1]:.3f}, {pairs} pairs), {(a - b) / steps * 1e6:+.0f} us a step on"
                f" {b / steps * 1e6:.0f}"
            )


if __name__ == "__main__":
    main()
