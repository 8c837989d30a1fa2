"""Whether grades hang on chance.

    python tests/benchmarks/stability.py NOTEBOOKS [--assignment ID] [--seeds N] [--jobs N]

Grades every notebook below a folder twice under the same initial seed, which must give
byte-identical grades, and under N others, which must give the same verdicts. Ends with 1 if not.
Run other people's notebooks with the network cut: `unshare -rn python tests/benchmarks/...`.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from batches import arguments, in_fence

from grader.grade import Grade
from grader.grading import Batch, grade_file
from grader.record import as_json


def grades(path: Path, batch: Batch, seeds: int) -> list[Grade]:
    """The grades of one notebook: twice under seed 0, then under 1, 2, ..."""
    with tempfile.TemporaryDirectory() as out:
        own = batch._replace(out=Path(out))
        return [grade_file(path, "s", own._replace(salt=salt)).grade for salt in (0, *range(seeds))]


def verdicts(grade: Grade) -> list[str]:
    """Every exercise's and criterion's verdict."""
    return [e.verdict for e in grade.exercises] + [m.verdict for m in grade.marks]


def main() -> None:
    """Grade, compare, tell."""
    parser = arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    files = sorted(options.notebooks.rglob("*.ipynb"))
    work = partial(grades, seeds=options.seeds)
    results = in_fence(options.assignment, options.jobs, work, files)
    differing = [f for f, g in zip(files, results, strict=True) if as_json(g[0]) != as_json(g[1])]
    changing = [
        f for f, g in zip(files, results, strict=True) if len({str(verdicts(x)) for x in g}) > 1
    ]
    print(f"{len(files)} notebooks")
    print(f"byte-identical grades in two runs: {len(files) - len(differing)}")
    print(f"same verdicts under {options.seeds} initial seeds: {len(files) - len(changing)}")
    for f in {*differing, *changing}:
        print(f"  differs: {f}")
    sys.exit(bool(differing or changing))


if __name__ == "__main__":
    main()
