"""How many bare interpreter starts a command of the tutor takes.

A student should have an answer before they notice that a program was started. What a start takes
differs between machines, and with what else they do, so each run of a command is held against a
bare start right before it, and the median of these ratios is told.

    python tests/benchmarks/starts.py [--pairs N]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from grader.tutor.events import Event

COURSE = Path(__file__).parents[2]
MOST = 8
EVENTS = 200
BARE = [sys.executable, "-c", "pass"]
GRADER = str(Path(sys.executable).with_name("grader"))
COMMANDS = {
    "--version": ["--version"],
    "next": ["next"],
    "next 01-workflow": ["next", "01-workflow"],
    "hint": ["hint", "01-workflow", "3"],
    "progress": ["progress"],
}
GATED = ("next", "next 01-workflow", "hint")


def seconds(words: list[str], environment: dict[str, str]) -> float:
    """How long a program takes."""
    start = perf_counter()
    subprocess.run(words, check=True, capture_output=True, cwd=COURSE,
                   env=environment)  # fmt: skip
    return perf_counter() - start


def log(folder: Path) -> None:
    """A log longer than that of most students who work through all three chapters.

    Every third check of an exercise is right; the last one of each is not.
    """
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = []
    for number in range(EVENTS):
        check, exercise = divmod(number, 5)
        right = check % 3 == 2
        lines.append(Event(
            "benchmark", start + timedelta(hours=number), "01-workflow", "check",
            exercise=str(exercise + 1), outcome="correct" if right else "partly",
            passed=("nn-module", "loop-order") if right else ("nn-module",),
            failed=() if right else ("loop-order",), faults=() if right else ("T07",),
            criteria=() if right else ("3.loop",), code=str(number),
        ).line())  # fmt: skip
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Measure in pairs and print the ratios."""
    options = argparse.ArgumentParser()
    options.add_argument("--pairs", type=int, default=20)
    pairs = options.parse_args().pairs
    home = Path(tempfile.mkdtemp())
    try:
        log(home)
        environment = {**os.environ, "GRADER_HOME": str(home)}
        for name, words in COMMANDS.items():
            command = [GRADER, *words]
            seconds(command, environment)
            measured = [
                (seconds(BARE, environment), seconds(command, environment)) for _ in range(pairs)
            ]
            bare, own = (median(times) * 1000 for times in zip(*measured, strict=True))
            ratio = median(command / start for start, command in measured)
            verdict = "" if name not in GATED else "  ok" if ratio <= MOST else f"  OVER {MOST}"
            print(
                f"{name:<18} {ratio:5.1f} bare starts   {own:6.1f} ms against {bare:5.1f}{verdict}"
            )
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
