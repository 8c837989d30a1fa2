"""Runs a cell in a fenced kernel of whatever Python runs this, and prints what it said.

    python looking.py HIDDEN... -- PRELOAD... < CELL

Ends with status 1, and the ending of the cell, where it did not come to its end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grader.assignment import Assignment, Exercise
from grader.exercises import Placement
from grader.facts import CellEnded, OutputSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.submission import Submission


def main() -> None:
    """Start one kernel."""
    middle = sys.argv.index("--")
    hidden, preload = [Path(p) for p in sys.argv[1:middle]], sys.argv[middle + 1 :]
    notebook = Notebook((Cell(0, "code", sys.stdin.read()),))
    submission = Submission("s", Path("s.ipynb"), "0" * 64, notebook)
    assignment = Assignment(id="a", title="a", exercise=[Exercise(id="1", title="1")])
    with open_sandbox(FENCED, preload=preload, hidden=hidden) as sandbox:
        placement = Placement({}, frozenset(), (), True)
        evidence = run_submission(submission, assignment, placement, sandbox).evidence
    print("".join(o.text for o in evidence.everywhere(OutputSeen)))
    (ended,) = evidence.everywhere(CellEnded)
    if ended.ending != "finished":
        sys.exit(f"{ended.ending}: {ended.ename} {ended.evalue}")


if __name__ == "__main__":
    main()
