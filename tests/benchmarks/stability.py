"""Whether grades hang on chance.

    python tests/benchmarks/stability.py NOTEBOOKS [--assignment ID] [--seeds N] [--jobs N]

Grades every notebook below a folder twice under the same initial seed, which must give
byte-identical grades, and under N others, which must give the same verdicts. Ends with 1 if not.
Run other people's notebooks with the network cut: `unshare -rn python tests/benchmarks/...`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from grader.assignment import find_course, load_assignment
from grader.grade import Grade
from grader.grading import Batch, grade_file
from grader.record import as_json
from grader.rubric import load_rubric
from grader.run.replaying import Replaying
from grader.sandboxes.choose import FENCED, open_sandbox


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
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", type=Path)
    parser.add_argument("--assignment", default="00-fundamentals")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    course = find_course(Path.cwd())
    if course is None:
        sys.exit("run it inside a course folder")
    assignment = load_assignment(course, options.assignment)
    files = sorted(options.notebooks.rglob("*.ipynb"))
    rubric = load_rubric(course, assignment)
    with (
        open_sandbox(FENCED, preload=assignment.preload, jobs=options.jobs) as sandbox,
        Replaying(sandbox) as replay,
        ThreadPoolExecutor(options.jobs) as pool,
    ):
        batch = Batch(assignment, rubric, Path(), sandbox, replay=replay)
        futures = [pool.submit(grades, f, batch, options.seeds) for f in files]
        results = [f.result() for f in futures]
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
