"""How long it takes to judge many records anew.

    python tests/benchmarks/regrade.py GRADES [--records 1000]

GRADES is what `grader grade --out GRADES` wrote. Its records are copied until there are so many,
under names of their own, and `grader regrade` judges them: no more than 10 s are wanted for 1,000
on two cores. A bare interpreter start stands beside it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from grader.evidence import read_evidence
from grader.record import EVIDENCE, GRADE, as_json, folders
from grader.reporting import read_grade

ROOT = Path(__file__).resolve().parents[2]


def copied(folder: Path, to: Path, student: str) -> None:
    """A record under another student's name."""
    shutil.copytree(folder, to)
    evidence = read_evidence(to / EVIDENCE)
    header = evidence.header.model_copy(update={"student": student})
    text = "\n".join(evidence.model_copy(update={"header": header}).lines())
    (to / EVIDENCE).write_text(text + "\n", encoding="utf-8")
    grade = read_grade(to / GRADE).model_copy(update={"student": student})
    (to / GRADE).write_text(as_json(grade), encoding="utf-8")


def seconds(*command: str) -> float:
    """Wall seconds of one command, which must succeed."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - started


def main() -> None:
    """Copy, judge, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("grades", type=Path)
    parser.add_argument("--records", type=int, default=1000)
    options = parser.parse_args()
    found = folders(options.grades)
    with tempfile.TemporaryDirectory() as name:
        for number, folder in enumerate(islice(cycle(found), options.records)):
            student = f"student-{number:05}"
            copied(folder, Path(name) / folder.parent.name / student, student)
        bare = seconds("-c", "pass")
        taken = seconds("-m", "grader", "regrade", name)
    print(f"bare interpreter start        {bare:8.3f} s")
    print(f"{options.records} records judged anew     {taken:8.3f} s   (wanted for 1,000: 10)")


if __name__ == "__main__":
    main()
