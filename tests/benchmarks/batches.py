"""A batch of one assignment in the fence, as the scripts of this folder grade in it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from grader.assignment import load_assignment
from grader.course import find_course
from grader.grading import Batch
from grader.rubric import load_rubric
from grader.run.replaying import Replaying
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.fence import Fence

Out = TypeVar("Out")


def arguments(about: str | None) -> argparse.ArgumentParser:
    """What every script takes: a folder of notebooks, an assignment, how many at a time."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("notebooks", type=Path)
    parser.add_argument("--assignment", default="00-fundamentals")
    parser.add_argument("--jobs", type=int, default=2)
    return parser


def in_fence(
    name: str, jobs: int, work: Callable[[Path, Batch], Out], files: Iterable[Path],
    *, threads: int | None = None,
) -> list[Out]:  # fmt: skip
    """Do work on each file in a batch, and keep their order.

    Args:
        name: of an assignment of the course that is looked for from here upwards.
        jobs: how many at a time.
        work: is given a file and the batch; called from several threads.
        files: what to grade.
        threads: of each kernel; as many as a batch would give it, if left out.
    """
    course = find_course(Path.cwd())
    if course is None:
        sys.exit("run it inside a course folder")
    assignment = load_assignment(course, name)
    rubric = load_rubric(course, assignment)
    with (
        (
            open_sandbox(FENCED, preload=assignment.preload, jobs=jobs)
            if threads is None
            else Fence(assignment.preload, threads)
        ) as sandbox,
        Replaying(sandbox) as replay,
        ThreadPoolExecutor(jobs) as pool,
    ):
        batch = Batch(assignment, rubric, Path(), sandbox, replay=replay)
        return list(pool.map(lambda file: work(file, batch), files))
