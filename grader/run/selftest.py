"""Starts one kernel to see whether this machine can grade at all."""

from __future__ import annotations

from pathlib import Path

from grader.assignment import Assignment, Exercise
from grader.errors import HostError
from grader.exercises import Placement
from grader.facts import OpSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

SOURCE = "import torch\ntorch.rand(2, 2) @ torch.rand(2, 2)"


def try_kernel(sandbox: Sandbox) -> str:
    """Run two lines and check that both torch calls were seen.

    Returns:
        A sentence for a person.

    Raises:
        HostError: the kernel did not start, or did not tell what it saw.
    """
    notebook = Notebook((Cell(0, "code", SOURCE),))
    submission = Submission("selftest", Path("selftest.ipynb"), "0" * 64, notebook)
    assignment = Assignment(
        id="selftest", title="selftest", exercise=[Exercise(id="1", title="selftest")]
    )
    placement = Placement({0: "1"}, frozenset({0}), (), True)
    evidence = run_submission(submission, assignment, placement, sandbox).evidence
    seen = [op.op for op in evidence.of("1", OpSeen)]
    if seen != ["rand", "rand", "matmul"]:
        raise HostError(f"the kernel runs, but told {seen or 'nothing'} of three torch calls")
    return f"starts, and tells what it saw (torch {evidence.header.torch})"
