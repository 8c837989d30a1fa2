"""How often verdicts agree with verdicts given by hand.

    python tests/benchmarks/agreement.py NOTEBOOKS LABELS.csv [--assignment ID] [--jobs N]

NOTEBOOKS holds `<owner>/<repo>/<path>` as named in LABELS.csv (columns chapter, owner, repo, path,
commit, exercise, verdict, confidence, reason). Prints the confusion table, the agreement on all
rows and on those of high confidence, and each disagreement. Rows whose label rests on stored
outputs, which a run does not see, are listed apart.

Run other people's notebooks with the network cut: `unshare -rn python tests/benchmarks/...`.
"""

from __future__ import annotations

import csv
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from batches import arguments, in_fence

from grader.grading import Batch, grade_file

AS_LABELLED = {"partially": "partly"}
VERDICTS = ["correct", "partly", "wrong", "missing", "blocked", "unknown"]
STORED = re.compile(r"kernel state|clean run|stored output comes|not executed", re.IGNORECASE)


class Row(NamedTuple):
    """One label and what we said."""

    notebook: str
    exercise: str
    label: str
    ours: str
    confidence: str
    reason: str
    because: str


def graded(notebook: Path, batch: Batch) -> dict[str, tuple[str, str]]:
    """Verdict and reasons per exercise."""
    with tempfile.TemporaryDirectory() as out:
        grade = grade_file(notebook, "x", batch._replace(out=Path(out))).grade
    return {
        e.id: (e.verdict, "; ".join(
            f"{m.criterion}: {m.because} [{m.actual}]" for m in grade.marks
            if m.exercise == e.id and m.verdict != "passed"
        ))
        for e in grade.exercises
    }  # fmt: skip


def main() -> None:
    """Grade every labelled notebook and compare."""
    parser = arguments(__doc__)
    parser.add_argument("labels", type=Path)
    options = parser.parse_args()
    with options.labels.open(encoding="utf-8") as file:
        labels = [r for r in csv.DictReader(file) if r["chapter"] == options.assignment[:2]]
    paths = {r["owner"] + r["repo"] + r["path"]: options.notebooks.joinpath(
                 r["owner"], r["repo"], r["path"]) for r in labels}  # fmt: skip
    missing = [str(p) for p in paths.values() if not p.exists()]
    if missing:
        sys.exit("not there: " + ", ".join(missing))
    found = in_fence(options.assignment, options.jobs, graded, paths.values())
    results = dict(zip(paths, found, strict=True))
    rows = []
    for r in labels:
        ours, because = results[r["owner"] + r["repo"] + r["path"]][r["exercise"]]
        label = AS_LABELLED.get(r["verdict"], r["verdict"])
        rows.append(Row(f"{r['owner']}/{r['repo']}", r["exercise"], label, ours,
                        r["confidence"], r["reason"], because))  # fmt: skip
    tell(rows)


def tell(rows: list[Row]) -> None:
    """Print the tables."""
    apart = [r for r in rows if STORED.search(r.reason)]
    judged = [r for r in rows if r not in apart]
    print(f"{'label':>10} | " + " ".join(f"{v:>8}" for v in VERDICTS))
    counts = Counter((r.label, r.ours) for r in judged)
    for label in VERDICTS[:4]:
        print(f"{label:>10} | " + " ".join(f"{counts[label, v]:8}" for v in VERDICTS))
    high = [r for r in judged if r.confidence == "high"]
    share("exact, all rows", [r.ours == r.label for r in judged])
    share("exact, high confidence", [r.ours == r.label for r in high])
    worth = {"blocked": "wrong"}  # no points either, but told as what an earlier mistake cost
    share("exact, high confidence, blocked as wrong",
          [worth.get(r.ours, r.ours) == r.label for r in high])  # fmt: skip
    correct = [r for r in judged if r.label == "correct"]
    share(
        "correct judged lower",
        [r.ours in ("partly", "wrong", "missing", "blocked") for r in correct],
    )
    low = [r for r in judged if r.label in ("wrong", "missing")]
    share("wrong or missing judged correct", [r.ours == "correct" for r in low])
    share("unknown", [r.ours == "unknown" for r in judged])
    for title, some in (
        ("disagreements", [r for r in judged if r.ours != r.label]),
        ("rows whose label rests on stored outputs", apart),
    ):
        print(f"\n{title}: {len(some)}")
        for r in some:
            print(f"  {r.notebook} ex {r.exercise} ({r.confidence}): {r.label} -> {r.ours}")
            print(f"      label: {r.reason}\n      ours:  {r.because}")


def share(name: str, hits: list[bool]) -> None:
    """Print a count as a share."""
    total = len(hits)
    print(f"{name}: {sum(hits)} of {total} ({100 * sum(hits) / max(1, total):.1f} %)")


if __name__ == "__main__":
    main()
