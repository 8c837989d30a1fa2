"""What the class page takes: memory, time and size, for a small class and a large one.

    python tests/benchmarks/class_page.py [--records 100 1000 5000]

Records are made up: grades of chapter 00 with every verdict there is and texts as long as they
come. Each count has a process of its own, which writes all reports of the batch and says how much
memory it held at most. Chromium, where it is there, opens the page and sorts it once. Ends with 1
where the page of 1,000 takes more than 2 MB.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from grader.assignment import load_assignment
from grader.evidence import SCHEMA, Evidence, Header
from grader.grade import ExerciseGrade, Grade, Mark, exercise_verdict, judge, mark
from grader.record import GRADE, as_json
from grader.rubric import load_rubric

ROOT = Path(__file__).resolve().parents[2]
ID = "00-fundamentals"
MOST_BYTES = 2_000_000
MEASURED = """
import json, resource, sys, time
from pathlib import Path
from grader.record import folders
from grader.reporting import write_overviews
out, course = map(Path, sys.argv[1:])
found = folders(out)
began = time.perf_counter()
assert not write_overviews(out, found, course)
took = time.perf_counter() - began
print(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
REASONS = [
    "no tensor with the numbers asked for was found in this exercise",
    "the seed has another value",
    "the random numbers were not drawn under the seed asked for",
    "the right tensors, but reshaped or turned the wrong way",
]


def blank() -> Grade:
    """The grade of a hand-in with nothing in it."""
    assignment = load_assignment(ROOT, ID)
    header = Header(schema=SCHEMA, assignment=ID, student="x", submission="", ending="finished")
    evidence = Evidence(header=header)
    return mark(evidence, judge(evidence, load_rubric(ROOT, assignment), assignment), assignment)


def made_up(grade: Grade, student: str, chance: Random) -> Grade:
    """The same with marks by chance."""
    skill = chance.betavariate(5, 2)
    doubted = chance.random() < 0.1
    marks = [marked(m, skill, chance, doubted=doubted) for m in grade.marks]
    exercises = [summed(e, [m for m in marks if m.exercise == e.id]) for e in grade.exercises]
    withheld = sum(e.withheld for e in exercises)
    reasons = [f"exercise {m.exercise}: {m.because}" for m in marks if m.verdict == "no_evidence"]
    return grade.model_copy(
        update={
            "student": student, "marks": marks, "exercises": exercises, "withheld": withheld,
            "earned": sum(e.earned for e in exercises), "final": not withheld,
            "needs_a_person": reasons,
        }
    )  # fmt: skip


def marked(mark: Mark, skill: float, chance: Random, *, doubted: bool) -> Mark:
    """A mark by chance, with texts as long as they come."""
    verdicts = ["passed", "partly", "failed", "blocked", "not_attempted"]
    weights = [skill, 0.1, 0.8 * (1 - skill), 0.1, 0.1]
    verdict = chance.choices(verdicts, weights)[0]
    if doubted and chance.random() < 0.2:
        verdict = "no_evidence"
    share = {"passed": 1.0, "partly": 0.5}.get(verdict, 0.0)
    because = f"{chance.choice(REASONS)}: saw {chance.random():.4f}"
    return mark.model_copy(
        update={
            "verdict": verdict, "share": share, "earned": share * mark.possible,
            "because": because, "expected": "1.234, " * 40, "actual": "4.321, " * 40,
            "where": list(range(30)),
        }
    )  # fmt: skip


def summed(exercise: ExerciseGrade, marks: list[Mark]) -> ExerciseGrade:
    """An exercise's grade from its marks."""
    return exercise.model_copy(
        update={
            "verdict": exercise_verdict(marks),
            "earned": sum(m.earned for m in marks),
            "withheld": sum(m.possible for m in marks if m.verdict == "no_evidence"),
        }
    )  # fmt: skip


def write(out: Path, number: int) -> None:
    """So many records, as far as overviews read them."""
    grade, chance = blank(), Random(number)  # noqa: S311  (no secret)
    for each in range(number):
        student = f"Student Number {each:05}"
        folder = out / ID / student
        folder.mkdir(parents=True)
        text = as_json(made_up(grade, student, chance))
        (folder / GRADE).write_text(text, encoding="utf-8")


def opened(page: Path) -> str:
    """How long Chromium takes to open and sort a page, in words."""
    from playwright.sync_api import sync_playwright

    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        return ""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser)
        tab = started.new_page(viewport={"width": 1400, "height": 900})
        began = time.perf_counter()
        tab.goto(page.as_uri())
        tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        shown = time.perf_counter() - began
        sorting = tab.evaluate("""() => {
          const began = performance.now();
          document.querySelector(".sortable thead button").click();
          document.body.offsetHeight;
          return (performance.now() - began) / 1000;
        }""")
        started.close()
    return f"{shown:9.2f} {sorting:9.2f}"


def main() -> None:
    """Make up, measure, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, nargs="+", default=[100, 1000, 5000])
    held, large = [], 0
    print(f"{'records':>8} {'write s':>9} {'most MiB':>9} {'kB':>9} {'kB of 1,000':>12}"
          f" {'open s':>9} {'sort s':>9}")  # fmt: skip
    for number in parser.parse_args().records:
        with tempfile.TemporaryDirectory() as name:
            out = Path(name)
            write(out, number)
            done = subprocess.run(
                [sys.executable, "-c", MEASURED, name, str(ROOT)],
                check=True, capture_output=True, text=True, cwd=ROOT,
            )  # fmt: skip
            took, memory = json.loads(done.stdout)
            size = (out / "index.html").stat().st_size
            seen = opened(out / "index.html")
        print(f"{number:8} {took:9.2f} {memory:9.1f} {size / 1000:9.0f}"
              f" {size / number:12.0f} {seen}")  # fmt: skip
        held.append(memory)
        large = max(large, size if number == 1000 else 0)
    print(f"memory, the most to the least: {max(held) / min(held):.2f}")
    sys.exit(large > MOST_BYTES)


if __name__ == "__main__":
    main()
