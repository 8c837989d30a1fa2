"""Whether grades hang on chance.

    python tests/benchmarks/stability.py NOTEBOOKS [--assignment ID] [--files GLOB] [--seeds N]
        [--threads N ...] [--jobs N]

Grades every notebook below a folder twice under the same initial seed, which must give
byte-identical grades, and under N initial seeds for each number of threads, which must give the
same verdicts. Tells apart what both earned and lost points, which is the worst, and what some
seeds only leave to a person. Ends with 1 if anything differs.
Run other people's notebooks with the network cut: `unshare -rn python tests/benchmarks/...`.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from batches import arguments, in_fence

from grader.grade import Grade
from grader.grading import Batch, grade_file
from grader.record import as_json

UNDECIDED = ("no_evidence", "broken", "blocked")


def grades(path: Path, batch: Batch, salts: list[int]) -> list[Grade]:
    """The grades of one notebook, one for each initial seed."""
    with tempfile.TemporaryDirectory() as out:
        own = batch._replace(out=Path(out))
        return [grade_file(path, "s", own._replace(salt=salt)).grade for salt in salts]


def verdicts(several: list[Grade]) -> dict[str, set[str]]:
    """All verdicts that each criterion got."""
    met = defaultdict(set)
    for grade in several:
        for mark in grade.marks:
            met[mark.criterion].add(str(mark.verdict))
    return met


def main() -> None:
    """Grade, compare, tell."""
    parser = arguments(__doc__)
    parser.add_argument("--files", default="*.ipynb")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    options = parser.parse_args()
    files = sorted(p for p in options.notebooks.rglob("*") if fnmatch(p.name, options.files))
    several: dict[Path, list[Grade]] = {file: [] for file in files}
    differing = []
    for threads in options.threads:
        twice = [0] if threads == options.threads[0] else []
        work = partial(grades, salts=[*twice, *range(options.seeds)])
        results = in_fence(options.assignment, options.jobs, work, files, threads=threads)
        for file, found in zip(files, results, strict=True):
            if twice and as_json(found[0]) != as_json(found[1]):
                differing.append(file)
            several[file] += found
    print(f"{len(files)} notebooks")
    print(f"byte-identical grades in two runs: {len(files) - len(differing)}")
    changing = {
        file: {name: met for name, met in verdicts(found).items() if len(met) > 1}
        for file, found in several.items()
    }
    changing = {file: names for file, names in changing.items() if names}
    decided = [
        file for file, names in changing.items()
        if any(len(met.difference(UNDECIDED)) > 1 for met in names.values())
    ]  # fmt: skip
    print(
        f"same verdicts under {options.seeds} initial seeds, with"
        f" {' and '.join(map(str, options.threads))} threads: {len(files) - len(changing)}"
    )
    print(f"points both earned and lost: {len(decided)}")
    print(f"left to a person under some seeds only: {len(changing) - len(decided)}")
    for file in differing:
        print(f"  not byte-identical: {file}")
    for file, names in changing.items():
        told = "; ".join(f"{name} {', '.join(sorted(met))}" for name, met in names.items())
        print(f"  differs: {file}: {told}")
    sys.exit(bool(differing or changing))


if __name__ == "__main__":
    main()
