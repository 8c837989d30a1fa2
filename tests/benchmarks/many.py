"""What the host's memory does from a hundred hand-ins to thousands.

    python tests/benchmarks/many.py [--assignment 01-workflow] [--hand-ins 100 1000 5000]

The assignment's solution runs once, for real. Then `grader grade` grades classes of copies, each
with a cell more, in which every run gives that evidence again: reading, judging, pages, tables,
progress and records are real, the kernel is not. Each class is graded by a process of its own,
whose highest memory is told; from the first to the last it may grow by a tenth.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import nbformat

from grader.cli.main import main as grader_main
from grader.evidence import Evidence, read_evidence
from grader.record import EVIDENCE, EXECUTED
from grader.run.execute import Run
from grader.submission import Submission

ROOT = Path(__file__).resolve().parents[2]
GROWS = 1.1


def graded_as_before(record: Path, folder: Path, assignment: str) -> None:
    """Grade a folder; whatever is in it runs as a record tells."""

    def run_submission(submission: Submission, *_: object, **options: object) -> Run:
        told = read_evidence(record / EVIDENCE)
        header = told.header.model_copy(
            update={"student": submission.student, "submission": submission.sha256}
        )
        executed = nbformat.reads((record / EXECUTED).read_text(encoding="utf-8"), as_version=4)
        return Run(Evidence(header=header, facts=told.facts), executed)

    def corroborated(evidence: Evidence, *_: object) -> Evidence:
        return evidence  # it has been, when it ran

    sys.argv = ["grader", "grade", str(folder / "in"), "-a", assignment, "-o", str(folder / "out"),
                "--course", str(ROOT), "--sandbox", "none"]  # fmt: skip
    try:
        with (
            patch("grader.run.execute.run_submission", run_submission),
            patch("grader.grading.corroborated", corroborated),
        ):
            grader_main()
    finally:
        highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"highest {highest:.1f}", file=sys.stderr)


def highest_mb(record: Path, assignment: str, number: int) -> tuple[float, float]:
    """Highest memory of a process that grades so many, in MB, and its seconds for each."""
    solution = nbformat.read(ROOT / "assignments" / assignment / "solution.ipynb", as_version=4)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for count in range(number):
            source = f"number = {count}"
            added = nbformat.v4.new_code_cell(source, id="added")
            copy = nbformat.from_dict({**solution, "cells": [*solution.cells, added]})
            nbformat.write(copy, folder / "in" / f"student-{count:05}.ipynb")
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, __file__, "--as-before", str(record), str(folder),
             "--assignment", assignment],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        took = (time.perf_counter() - began) / number
        assert f"{number} hand-ins" in done.stdout, done.stdout[-500:]
    return float(done.stderr.rsplit("highest ", 1)[1]), took


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assignment", default="01-workflow")
    parser.add_argument("--hand-ins", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--as-before", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_before:
        record, folder = options.as_before
        graded_as_before(record, folder, options.assignment)
        return
    with tempfile.TemporaryDirectory() as out:
        solution = ROOT / "assignments" / options.assignment / "solution.ipynb"
        subprocess.run(
            [sys.executable, "-m", "grader", "grade", str(solution), "-a", options.assignment,
             "-o", out], cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        (record,) = (p.parent for p in Path(out).glob(f"*/*/{EVIDENCE}"))
        highest = []
        for number in options.hand_ins:
            megabytes, took = highest_mb(record, options.assignment, number)
            highest.append(megabytes)
            print(
                f"{number:6} hand-ins: {megabytes:7.1f} MB at most, {took:.3f} s each", flush=True
            )
    ratio = highest[-1] / highest[0]
    print(f"{ratio:.3f} times the memory (may be {GROWS})")
    sys.exit(ratio > GROWS)


if __name__ == "__main__":
    main()
