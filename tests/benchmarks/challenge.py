"""What an answer to a challenge costs, beside the cell that trained what answers.

    python tests/benchmarks/challenge.py [--pairs 5]

The same hand-in, a 2-10-10-1 network that trains for 1,000 steps on 800 points, runs with ten
challenges of 1,000 points and with none, in turn. Each answer is a fork of the kernel's process,
whose page tables are copied; the difference, divided by ten, is told in milliseconds
and as a ratio to the training cell's own time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

from grader.assignment import Assignment, Exercise
from grader.challenge import Challenge
from grader.exercises import Placement
from grader.facts import Answered, OutputSeen
from grader.notebook import Cell, Notebook
from grader.recipes import Moons
from grader.run.execute import run_submission
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

ASKED = 10
TRAIN = """
import time, torch
from torch import nn
X = torch.randn(800, 2); y = (X[:, :1] * X[:, 1:] > 0).float()
model = nn.Sequential(nn.Linear(2, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
began = time.perf_counter()
for step in range(1000):
    loss = nn.functional.binary_cross_entropy_with_logits(model(X), y)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
print(time.perf_counter() - began)
"""


def seconds(fence: Sandbox, asked: int) -> tuple[float, float]:
    """Wall time of a run with so many challenges, and of its training."""
    moons = Moons(n=1000, noise=0.07, seed=42)
    assignment = Assignment(
        id="x", title="x", exercise=[Exercise(id="1", title="x")],
        challenge=[Challenge(id=str(n), exercise="1", ask="model", inputs=moons)
                   for n in range(asked)],
    )  # fmt: skip
    submission = Submission("x", Path("x.ipynb"), "0" * 64, Notebook((Cell(0, "code", TRAIN),)))
    began = time.perf_counter()
    evidence = run_submission(
        submission, assignment, Placement({0: "1"}, frozenset({0}), (), True), fence
    ).evidence
    took = time.perf_counter() - began
    if [a.ended for a in evidence.everywhere(Answered)] != ["answered"] * asked:
        raise SystemExit("not every challenge was answered")
    return took, float(evidence.everywhere(OutputSeen)[-1].text)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    with open_sandbox(FENCED, jobs=os.cpu_count() or 1) as fence:
        seconds(fence, 1)
        timed = [(seconds(fence, ASKED), seconds(fence, 0)) for _ in range(pairs)]
    each = statistics.median((a[0] - b[0]) / ASKED for a, b in timed)
    cell = statistics.median(trained for pair in timed for _, trained in pair)
    print(
        f"an answer: {each * 1e3:.0f} ms, {each / cell:.3f} times its training of"
        f" {cell:.2f} s ({pairs} pairs)"
    )


if __name__ == "__main__":
    main()
