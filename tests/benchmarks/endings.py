"""How hand-ins end when they are graded, and whether anything broke that is ours.

    python tests/benchmarks/endings.py NOTEBOOKS [--assignment ID] [--files GLOB] [--jobs N]

Grades every notebook below a folder whose name matches, and prints how the runs ended, what the
exercises came to, how often each criterion lost points, and how many hand-ins need a person. Ends
with 1 if a check broke or this machine failed.
Run other people's notebooks with the network cut: `unshare -rn python tests/benchmarks/...`.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

from batches import arguments, in_fence

from grader.grade import Grade
from grader.grading import Batch, grade_file

VERDICTS = ("correct", "partly", "wrong", "missing", "blocked", "unknown")
OURS = ("broken", "host_failed")


def graded(path: Path, batch: Batch) -> Grade:
    """The grade of one notebook; its record is thrown away."""
    with tempfile.TemporaryDirectory() as out:
        return grade_file(path, "x", batch._replace(out=Path(out))).grade


def main() -> None:
    """Grade everything and count."""
    parser = arguments(__doc__)
    parser.add_argument("--files", default="*.ipynb")
    options = parser.parse_args()
    files = [f for f in sorted(options.notebooks.rglob("*")) if fnmatch(f.name, options.files)]
    grades = in_fence(options.assignment, options.jobs, graded, files)
    sys.exit(tell(dict(zip(files, grades, strict=True))))


def tell(grades: dict[Path, Grade]) -> int:
    """Print the tables; 1 if anything of ours went wrong."""
    print(f"{len(grades)} hand-ins")
    table("endings", Counter(g.ending for g in grades.values()))
    ids = [e.id for e in next(iter(grades.values())).exercises] if grades else []
    print(f"{'exercise':>10} | " + " ".join(f"{v:>8}" for v in VERDICTS))
    for number, name in enumerate(ids):
        found = Counter(str(g.exercises[number].verdict) for g in grades.values() if g.exercises)
        print(f"{name:>10} | " + " ".join(f"{found[v]:8}" for v in VERDICTS))
    table("criteria that lost points", Counter(
        f"{m.criterion} {m.verdict}" for g in grades.values() for m in g.marks
        if m.verdict not in ("passed", "not_attempted")
    ))  # fmt: skip
    people = [g for g in grades.values() if g.needs_a_person]
    print(f"need a person: {len(people)}; not final: {sum(not g.final for g in grades.values())}")
    ours = [f for f, g in grades.items()
            if g.ending in OURS or any(m.verdict == "broken" for m in g.marks)]  # fmt: skip
    print(f"broken verdicts or failures of this machine: {len(ours)}")
    for file in ours:
        print(f"  {file}")
    return int(bool(ours))


def table(title: str, counts: Counter[str]) -> None:
    """Print counts, the largest first."""
    print(f"{title}:")
    for name, count in counts.most_common():
        print(f"  {count:5} {name}")


if __name__ == "__main__":
    main()
