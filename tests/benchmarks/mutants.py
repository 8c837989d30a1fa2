"""Plants mistakes in the solutions of an assignment, runs them, and tells what is diagnosed.

    python tests/benchmarks/mutants.py 01-workflow [--faults T01 T02] [--solutions solution.ipynb]

Of each mutant: whether its mistake is the first diagnosis of an exercise that was edited or of the
hand-in, or among the first three, and what points it lost. The solutions themselves are run too: a
diagnosis of severity F on one of them is told, and the exit code is 1 for it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from grader.assignment import load_assignment
from grader.batch.batch import carry_out
from grader.batch.local import Local
from grader.batch.work import HandIn, Work
from grader.catalogue import faults
from grader.cli.screen import ticking
from grader.finding import Diagnosis
from grader.mutating import Planted, as_notebook, planted
from grader.proving import trials_in
from grader.record import GRADE
from grader.reporting import Asked, read_grade
from grader.rubric import load_rubric
from grader.sandboxes.choose import FENCED, open_sandbox

ROOT = Path(__file__).resolve().parents[2]


class Ran(NamedTuple):
    """A mutant, or a solution as it is, and what came of it."""

    name: str
    mutant: Planted | None
    diagnoses: list[Diagnosis]
    lost: float
    bugs: list[str]


def run_all(name: str, wanted: list[str], only: list[str], jobs: int) -> list[Ran]:
    """Run every mutant of an assignment's solutions."""
    assignment = load_assignment(ROOT, name)
    asked = Asked(assignment, load_rubric(ROOT, assignment))
    folder = ROOT / "assignments" / name
    solutions = {t.path for t in trials_in(folder) if t.role == "solution"}
    chosen = [f for f in faults() if not wanted or f.id in wanted]
    made: dict[str, Planted | None] = {}
    with tempfile.TemporaryDirectory() as place:
        out, works = Path(place), []
        for path in sorted(p for p in solutions if p.suffix == ".ipynb"):
            if only and path.name not in only:
                continue
            for count, mutant in enumerate([None, *planted(path, assignment, chosen)]):
                student = f"{path.stem}-{count:03}"
                text = as_notebook(mutant.cells) if mutant else path.read_text(encoding="utf-8")
                (out / f"{student}.ipynb").write_text(text, encoding="utf-8")
                made[student] = mutant
                hand_in = HandIn(out / f"{student}.ipynb", student)
                works.append(Work(hand_in, asked, out / "records", FENCED))
        sandbox = open_sandbox(FENCED, preload=assignment.preload, jobs=jobs)
        ran = []
        console = Console(stderr=True)
        with Local(sandbox, jobs) as executor, ticking(console, len(works)) as ticker:
            for work, outcome in carry_out(works, executor, ticker):
                grade = read_grade(work.folder / GRADE)
                student = work.hand_in.student
                lost = outcome.possible - outcome.earned - outcome.withheld
                ran.append(Ran(student, made[student], grade.diagnoses, lost, grade.detector_bugs))
    return sorted(ran)


def rank(one: Ran) -> int:
    """Where its mistake stands among the diagnoses, from 1; 0 where it does not.

    Notes stand behind what is wrong, and are passed over where something else was planted.
    """
    assert one.mutant is not None
    noted = any(d.id == one.mutant.by and d.severity == "N" for d in one.diagnoses)
    wrong = one.diagnoses if noted else [d for d in one.diagnoses if d.severity != "N"]
    places = [[d.id for d in wrong], *(
        [d.id for d in wrong if d.exercise == e] for e in one.mutant.exercises)]  # fmt: skip
    found = [ids.index(one.mutant.by) + 1 for ids in places if one.mutant.by in ids]
    return min(found, default=0)


def main() -> None:
    """Run and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("assignment")
    parser.add_argument("--faults", nargs="*", default=[])
    parser.add_argument("--solutions", nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    ran = run_all(options.assignment, options.faults, options.solutions, options.jobs)
    mutants = [one for one in ran if one.mutant]
    by_fault: dict[str, list[int]] = defaultdict(list)
    for one in mutants:
        assert one.mutant is not None
        by_fault[one.mutant.by].append(rank(one))
        if rank(one) != 1 or not one.lost:
            others = ", ".join(f"{d.id}/{d.exercise}" for d in one.diagnoses) or "nothing"
            print(f"{one.mutant.by} {one.mutant.what} in {one.name}: place {rank(one)},"
                  f" diagnosed {others}; lost {one.lost:g}")  # fmt: skip
            print("    " + one.mutant.diff.replace("\n", "\n    "))
    clean = [d for one in ran if not one.mutant for d in one.diagnoses]
    wrong = [d for d in clean if d.severity == "F"]
    for d in clean:
        print(f"on a solution: {d.id} {d.severity} exercise {d.exercise}: {d.observed}")
    for one in ran:
        for bug in one.bugs:
            print(f"{one.name}: {bug}")
    for fault, places in sorted(by_fault.items()):
        count = Counter(places)
        print(f"{fault}: {len(places)} mutants, first {count[1]},"
              f" among three {sum(1 <= p <= 3 for p in places)}")  # fmt: skip
    places = [p for of_one in by_fault.values() for p in of_one]
    first, three = places.count(1), sum(1 <= p <= 3 for p in places)
    lost = sum(bool(one.lost) for one in mutants)
    total = max(1, len(places))
    print(f"{len(places)} mutants: first {first} ({first / total:.1%}), among three {three}"
          f" ({three / total:.1%}); {lost} lost points; {len(wrong)} F on solutions")  # fmt: skip
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
