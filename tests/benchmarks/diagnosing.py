"""What it costs to say which mistakes a hand-in shows, beside judging it.

    python tests/benchmarks/diagnosing.py GRADES

GRADES is what `grader grade --out GRADES` wrote. Each record is read, judged and diagnosed in this
process; CPU milliseconds, and the detectors that take most (wanted: 50 ms a hand-in at most).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from grader.assignment import load_assignment
from grader.catalogue import faults
from grader.diagnosing import diagnose
from grader.evidence import Evidence, read_evidence
from grader.grade import judge
from grader.record import EVIDENCE, folders
from grader.rubric import load_rubric

ROOT = Path(__file__).resolve().parents[2]


def spent(evidence: Evidence, exercises: list[str], by_fault: Counter[str]) -> None:
    """Add what each detector takes, after what they share was worked out."""
    for fault in faults():
        started = time.process_time()
        for exercise in exercises:
            if evidence.attempted(exercise):
                list(fault.find(evidence, exercise))
        by_fault[fault.id] += round(1e6 * (time.process_time() - started))


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("grades", type=Path)
    options = parser.parse_args()
    judging: list[float] = []
    diagnosing: list[float] = []
    by_fault: Counter[str] = Counter()
    faults()
    for folder in folders(options.grades):
        assignment = load_assignment(ROOT, folder.parent.name)
        rubric = load_rubric(ROOT, assignment)
        exercises = [e.id for e in assignment.exercise]
        evidence = read_evidence(folder / EVIDENCE)
        started = time.process_time()
        judge(evidence, rubric, assignment)
        judged = time.process_time()
        diagnose(read_evidence(folder / EVIDENCE), exercises)
        read = time.process_time()
        again = read_evidence(folder / EVIDENCE)
        reading = time.process_time() - read
        judging.append(1000 * (judged - started))
        diagnosing.append(1000 * (read - judged - reading))
        spent(again, exercises, by_fault)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    print(f"bare interpreter start {1000 * (time.perf_counter() - started):6.1f} ms")
    for what, found in (("judging", judging), ("diagnosing", diagnosing)):
        print(f"{what:11} mean {statistics.mean(found):6.1f} ms, worst {max(found):6.1f} ms,"
              f" of {len(found)} hand-ins")  # fmt: skip
    for name, micros in by_fault.most_common(8):
        print(f"  {name}: {micros / 1000 / len(judging):6.2f} ms a hand-in")


if __name__ == "__main__":
    main()
