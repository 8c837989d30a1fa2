"""Whether a long batch leaves anything behind: processes, mounts, descriptors, files, memory.

    python tests/benchmarks/leaks.py [--hand-ins 200] [--every 50] [--jobs 2]

One sandbox grades all hand-ins; it is looked at before, after so many, and at the end, always when
nothing runs. Ends with 1 where something grew from the first look after work to the last.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
from rich.console import Console
from warm import ASSIGNMENT, RUBRIC, notebook

from grader.assignment import load_assignment
from grader.batch.batch import carry_out
from grader.batch.local import Local
from grader.batch.work import HandIn, Work
from grader.cli.screen import ticking
from grader.reporting import Asked
from grader.rubric import load_rubric
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.fence import Fence

SETTLED_S = 2.0
MEMORY = ("host MiB", "warm MiB")
MOST_MB = 20.0
"""Growth of memory that is no leak: an allocator's habits."""


def look(sandbox: Fence, folder: Path) -> dict[str, float]:
    """What there is, once killed kernels had time to end."""
    time.sleep(SETTLED_S)
    host = psutil.Process()
    started = host.children(recursive=True)
    warm = warm_process(sandbox)
    descriptors = os.listdir("/proc/self/fd")
    return {
        "processes": len(started),
        "threads": host.num_threads(),
        "mounts": lines(f"/proc/{host.pid}/mounts"),
        "warm mounts": lines(f"/proc/{warm.pid}/mounts"),
        "host files": len(descriptors),
        "host sockets": sum(is_socket(d) for d in descriptors),
        "warm files": warm.num_fds(),
        "temporary": sum(1 for _ in folder.rglob("*")),
        "host MiB": host.memory_info().rss / 2**20,
        "warm MiB": warm.memory_info().rss / 2**20,
    }


def warm_process(sandbox: Fence) -> psutil.Process:
    """The process that forks: the only child of the one that was started."""
    process = sandbox.warm._process
    assert process is not None
    (inner,) = psutil.Process(process.pid).children()
    return inner


def lines(path: str) -> int:
    """How many lines a file has."""
    return len(Path(path).read_text(encoding="utf-8").splitlines())


def is_socket(descriptor: str) -> bool:
    """Whether a descriptor of ours is a socket."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:")
    except OSError:  # the one that listed them
        return False


def laid_out(folder: Path) -> Path:
    """A course of one exercise, and a hand-in; returns the hand-in's path."""
    (folder / "assignments/small").mkdir(parents=True)
    (folder / "assignments/small/assignment.toml").write_text(ASSIGNMENT)
    (folder / "rubrics").mkdir()
    (folder / "rubrics/small.toml").write_text(RUBRIC)
    nbformat.write(notebook(), folder / "hand-in.ipynb")
    return folder / "hand-in.ipynb"


def looks(course: Path, temporary: Path, groups: list[int], jobs: int) -> list[dict[str, float]]:
    """What there is before the first group and after each."""
    path = laid_out(course)
    assignment = load_assignment(course, "small")
    asked = Asked(assignment, load_rubric(course, assignment))
    sandbox = open_sandbox(FENCED, jobs=jobs)
    assert isinstance(sandbox, Fence)
    with Local(sandbox, jobs) as executor:
        found = [look(sandbox, temporary)]
        for group in groups:
            works = (
                Work(HandIn(path, f"student-{number:03}"), asked, course / "grades", FENCED)
                for number in range(group)
            )
            with ticking(Console(quiet=True), group) as ticker:
                for _, outcome in carry_out(works, executor, ticker):
                    assert outcome.earned == 1, outcome
            found.append(look(sandbox, temporary))
    return found


def main() -> None:
    """Grade, look, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hand-ins", type=int, default=200)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    groups = [options.every] * (options.hand_ins // options.every)
    with tempfile.TemporaryDirectory() as course, tempfile.TemporaryDirectory() as temporary:
        tempfile.tempdir = temporary
        found = looks(Path(course), Path(temporary), groups, options.jobs)
        left = list(Path(temporary).iterdir())
    print(f"{'hand-ins':<14}" + "".join(f"{n * options.every:>9}" for n in range(len(found))))
    for name in found[0]:
        print(f"{name:<14}" + "".join(f"{one[name]:9.0f}" for one in found))
    grown = [
        name for name in found[0]
        if found[-1][name] - found[1][name] > (MOST_MB if name in MEMORY else 0)
    ]  # fmt: skip
    print("flat" if not grown else f"grew: {', '.join(grown)}")
    print("nothing is left" if not left else f"left: {left}")
    sys.exit(bool(grown or left))


if __name__ == "__main__":
    main()
