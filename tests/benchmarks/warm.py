"""What a hand-in costs beside its own cells: the fence against a warm process and a cold kernel.

    python tests/benchmarks/warm.py [--copies 20]

Twenty copies of a small torch notebook (imports, 300 training steps of a 2-10-10-1 network on 800
points, as the course has it, a save) are graded and reported with one job and with two. The floor
is the same cells run by a warm process that does nothing else, with as many threads; a bare cold
nbclient and a bare interpreter start stand beside it. All in one run: read the ratios, not the
seconds, and only on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbclient
import nbformat
from rich.console import Console

from grader.assignment import load_assignment
from grader.batch.batch import carry_out
from grader.batch.local import Local
from grader.batch.work import HandIn, Work
from grader.cli.screen import ticking
from grader.record import GRADE, folders
from grader.reporting import Asked, read_grade, write_overviews
from grader.reports.terminal import report
from grader.rubric import load_rubric
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.fenced import environment
from grader.submission import mentioned

CELLS = [
    "import torch\nfrom torch import nn\nimport matplotlib.pyplot as plt",
    "torch.manual_seed(42)\nx = torch.randn(800, 2)\ny = (x.norm(dim=1) > 1.2).float()",
    "model = nn.Sequential(nn.Linear(2, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(),\n"
    "                      nn.Linear(10, 1))\n"
    "loss_fn = nn.BCEWithLogitsLoss()\n"
    "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)",
    "losses = []\nfor epoch in range(300):\n    model.train()\n"
    "    loss = loss_fn(model(x).squeeze(), y)\n"
    "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n"
    "    losses.append(loss.item())\nprint(losses[0], losses[-1])",
    "torch.save(model.state_dict(), 'model.pt')",
]
ASSIGNMENT = """id = "small"
title = "A line"
[[exercise]]
id = "1"
title = "Fit a line"
"""
RUBRIC = """assignment = "small"
[[criterion]]
id = "1.runs"
exercise = "1"
title = "it runs"
points = 1
core = true
check = { kind = "runs_clean" }
hints = ["Run all cells from the top.", "Read the first error.", "Mend the cell it names."]
"""
FLOOR = """
import json, os, sys, tempfile, time
import torch, matplotlib.pyplot
cells, times = json.load(sys.stdin), []
torch.set_num_threads({threads})
os.chdir(tempfile.mkdtemp())
for _ in range({times}):
    began = time.perf_counter()
    names = {{"__name__": "__main__"}}
    for cell in cells:
        exec(compile(cell, "cell", "exec"), names)
    times.append(time.perf_counter() - began)
print(json.dumps(times), file=sys.stderr)
"""


def floor(threads: int, times: int) -> float:
    """Seconds of the cells alone in a warm process, the median of all but the first."""
    done = subprocess.run(
        [sys.executable, "-c", FLOOR.format(threads=threads, times=times + 1)],
        input=json.dumps(CELLS), capture_output=True, text=True, check=True,
        env={**os.environ, **environment(threads)},
    )  # fmt: skip
    return float(statistics.median(json.loads(done.stderr.splitlines()[-1])[1:]))


def notebook() -> nbformat.NotebookNode:
    """The cells as a notebook."""
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_markdown_cell("## 1. Fit a line")]
    made.cells += [nbformat.v4.new_code_cell(c) for c in CELLS]
    for number, cell in enumerate(made.cells):
        cell["id"] = f"c{number}"
    return made


def batch(course: Path, hand_ins: list[HandIn], jobs: int) -> tuple[float, float]:
    """Seconds to start the warm parent, and seconds a hand-in from then on."""
    assignment = load_assignment(course, "small")
    asked = Asked(assignment, load_rubric(course, assignment))
    out = course / f"grades-{jobs}"
    works = [Work(hand_in, asked, out, FENCED) for hand_in in hand_ins]
    began = time.perf_counter()
    preload = mentioned(assignment.preload, [h.path for h in hand_ins])
    sandbox = open_sandbox(FENCED, preload=preload, jobs=jobs)
    with Local(sandbox, jobs) as executor, ticking(Console(quiet=True), len(works)) as ticker:
        sandbox.clean().close()
        ready = time.perf_counter()
        for work, outcome in carry_out(works, executor, ticker):
            assert outcome.earned == 1, outcome
            assert report(read_grade(work.folder / GRADE), asked.rubric, "instructor")
        assert not write_overviews(out, folders(out), course)
        ended = time.perf_counter()
    return ready - began, (ended - ready) / len(hand_ins)


def cold(path: Path) -> float:
    """Seconds of a bare nbclient with a kernel of its own."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        nbclient.NotebookClient(
            nbformat.read(path, as_version=4), resources={"metadata": {"path": folder}}
        ).execute()
    return time.perf_counter() - began


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--copies", type=int, default=20)
    copies = parser.parse_args().copies
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        (course / "assignments/small").mkdir(parents=True)
        (course / "assignments/small/assignment.toml").write_text(ASSIGNMENT)
        (course / "rubrics").mkdir()
        (course / "rubrics/small.toml").write_text(RUBRIC)
        hand_ins = []
        for number in range(copies):
            path = course / f"student{number:02}.ipynb"
            nbformat.write(notebook(), path)
            hand_ins.append(HandIn(path, path.stem))
        began = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
        bare = time.perf_counter() - began
        cold_s = min(cold(hand_ins[0].path) for _ in range(2))
        print(f"bare interpreter start           {bare:7.3f} s")
        print(f"bare cold nbclient               {cold_s:7.3f} s a notebook")
        for jobs, wanted in ((1, 2.5), (2, 1.5)):
            before = floor(max(1, 2 // jobs), copies)
            start, each = batch(course, hand_ins, jobs)
            floor_s = (before + floor(max(1, 2 // jobs), copies)) / 2
            print(
                f"\n{jobs} job{'s' * (jobs > 1)}: warm parent ready after    {start:7.3f} s, once"
            )
            print(f"  floor: the cells alone         {floor_s:7.3f} s a notebook")
            print(f"  graded and reported            {each:7.3f} s a notebook")
            print(f"  ratio to the floor             {each / floor_s:7.2f}   (wanted: {wanted})")
            print(f"  ratio to bare cold nbclient    {each / cold_s:7.3f}")


if __name__ == "__main__":
    main()
