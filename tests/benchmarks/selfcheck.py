"""How long a check in a notebook takes, beyond what its cells take.

    python tests/benchmarks/selfcheck.py

Runs the solution of each chapter in a kernel and checks each of its exercises. Prints the first
check and the slowest of the others in seconds, and as a multiple of a bare interpreter's start,
which tells how fast the machine is; and what watching adds to the run of all cells.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kernels import COURSE, run_cells, start

TIMED = """\
import time
for _one in q:
    _began = time.perf_counter()
    _one.check()
    print(f"{time.perf_counter() - _began:.3f}")"""
CLOCK = "import time; _all = time.perf_counter()"
TAKEN = "print(f'{time.perf_counter() - _all:.3f}')"
STARTS = 5


def main() -> None:
    """Measure, print."""
    bare = interpreter_start()
    print(f"a bare interpreter starts in {bare:.3f} s")
    for path in sorted((COURSE / "assignments").glob("*/solution.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            timed = [CLOCK, *sources, TAKEN]
            alone = float(run_cells(timed, home)[-1].plain)
            *_, taken, checks = run_cells([start(path.parent.name), *timed, TIMED], home, path)
        first, *others = (float(line) for line in checks.plain.split())
        slowest = max(others)
        print(
            f"{path.parent.name}: first check {first:.2f} s ({first / bare:.0f} starts), slowest"
            f" other {slowest:.2f} s ({slowest / bare:.0f} starts); its cells {alone:.1f} s,"
            f" watched {float(taken.plain):.1f} s"
        )


def interpreter_start() -> float:
    """Seconds that Python takes to start and end, the least of some tries."""
    times = []
    for _ in range(STARTS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], check=True)
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
