"""What a whole class costs: a batch against the time that its cells take by themselves.

    python tests/benchmarks/whole_class.py [--hand-ins 200] [--assignment ID] [--jobs 2]

The hand-ins are an assignment's solutions and mistakes, each with a cell more, so that all differ.
First, the cells of every one run in a fork of a warm process that does nothing else: that is their
own time. Then `grader grade` grades the class, as a whole process with its start, its pages and its
table. The target is 1.3 x (own time / jobs + 0.1 s x hand-ins / jobs). Read it on a machine that
does nothing else; a bare interpreter start stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import nbformat

from grader.sandboxes.fenced import environment

ROOT = Path(__file__).resolve().parents[2]
A_HAND_IN_S = 0.1
MOST = 1.3
OWN = """
import json, os, sys, time
import torch, torchvision, matplotlib.pyplot, pandas, sklearn.datasets, torch._dynamo
from IPython.core.interactiveshell import InteractiveShell
torch.set_num_threads({threads})
took = []
for path in json.load(sys.stdin):
    with open(path, encoding="utf-8") as file:
        cells = [c["source"] for c in json.load(file)["cells"] if c["cell_type"] == "code"]
    ours, theirs = os.pipe()
    if not os.fork():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.chdir({folder!r})
        shell = InteractiveShell.instance()
        began = time.perf_counter()
        for cell in cells:
            shell.run_cell("".join(cell))
        os.write(theirs, str(time.perf_counter() - began).encode())
        os._exit(0)
    os.close(theirs)
    took.append(float(os.read(ours, 100)))
    os.close(ours)
    os.wait()
print(json.dumps(took), file=sys.stderr)
"""


def laid_out(folder: Path, assignment: str, number: int) -> list[Path]:
    """The hand-ins of a class."""
    own = ROOT / "assignments" / assignment
    sources = sorted([*own.glob("solution*.ipynb"), *own.glob("solutions/*.ipynb"),
                      *own.glob("mistakes/*.ipynb")])  # fmt: skip
    made = []
    for count, source in enumerate(islice(cycle(sources), number)):
        notebook = nbformat.read(source, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(f"number = {count}", id=f"added-{count}"))
        made.append(folder / f"student-{count:04}.ipynb")
        nbformat.write(notebook, made[-1])
    return made


def own_times(hand_ins: list[Path], threads: int) -> list[float]:
    """Seconds of each hand-in's cells, with nothing that watches them and nothing beside them."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", OWN.format(threads=threads, folder=folder)],
            input=json.dumps([str(path) for path in hand_ins]), capture_output=True, text=True,
            check=True, env={**os.environ, **environment(threads), "MPLBACKEND": "agg"},
        )  # fmt: skip
    return list(map(float, json.loads(done.stderr.splitlines()[-1])))


def seconds(command: list[str]) -> float:
    """Wall seconds of a command that must succeed."""
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assignment", default="00-fundamentals")
    parser.add_argument("--hand-ins", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    jobs, number = options.jobs, options.hand_ins
    threads = max(1, (os.cpu_count() or 1) // jobs)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        hand_ins = laid_out(folder / "in", options.assignment, number)
        own = sum(own_times(hand_ins, threads))
        grade = [sys.executable, "-m", "grader", "grade", str(folder / "in"),
                 "-a", options.assignment, "-j", str(jobs), "-o", str(folder / "out")]  # fmt: skip
        took, again = seconds(grade), seconds(grade)
    allowed = own / jobs + A_HAND_IN_S * number / jobs
    print(f"bare interpreter start          {seconds([sys.executable, '-c', 'pass']):8.3f} s")
    print(f"the cells of {number} by themselves   {own:8.2f} s, {own / number:.3f} s each")
    print(f"graded, {jobs} at a time             {took:8.2f} s, {took * jobs / number:.3f} s each")
    print(f"the same typed again            {again:8.2f} s")
    print(f"against {allowed:.2f} s: {took / allowed:.2f} times (target {MOST})")


if __name__ == "__main__":
    main()
