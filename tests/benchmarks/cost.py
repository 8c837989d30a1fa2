"""What grading costs, as ratios in one run.

    python tests/benchmarks/cost.py [NOTEBOOK] [--pairs N]

- `grader --help` against a bare interpreter start (target: at most 6 times).
- `grader grade NOTEBOOK` against a bare nbclient run of the same notebook in a cold kernel, each a
  whole process, in turn (target: at most 1.3 times).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BARE = (
    "import sys, nbformat; from nbclient import NotebookClient;"
    "NotebookClient(nbformat.read(sys.argv[1], 4), kernel_name='python3',"
    " allow_errors=True).execute()"
)


def seconds(command: list[str]) -> float:
    """Wall seconds of one command, which must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - start


def compare(name: str, ours: list[str], theirs: list[str], pairs: int, target: float) -> None:
    """Run two commands in turn and print the ratio, pair by pair."""
    seconds(ours), seconds(theirs)
    timed = [(seconds(ours), seconds(theirs)) for _ in range(pairs)]
    ratios = sorted(a / b for a, b in timed)
    mine, other = (statistics.median(t) for t in zip(*timed, strict=True))
    print(
        f"{name}: {statistics.median(ratios):.2f} times (from {ratios[0]:.2f} to {ratios[-1]:.2f},"
        f" {pairs} pairs; target {target}); {mine:.3f} s against {other:.3f} s"
    )


def main() -> None:
    """Print both ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = ROOT / "assignments" / "00-fundamentals" / "solution.ipynb"
    parser.add_argument("notebook", nargs="?", type=Path, default=default)
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    python = sys.executable
    grader = str(Path(python).with_name("grader"))
    compare("grader --help against a bare interpreter start",
            [grader, "--help"], [python, "-c", "pass"], options.pairs * 3, 6)  # fmt: skip
    with tempfile.TemporaryDirectory() as out:
        compare(
            "grader grade against a bare cold nbclient run",
            [grader, "grade", str(options.notebook), "-a", "00-fundamentals", "-o", out],
            [python, "-c", BARE, str(options.notebook)], options.pairs, 1.3,
        )  # fmt: skip


if __name__ == "__main__":
    main()
