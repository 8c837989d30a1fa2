"""A batch that is killed at any moment, again and again, comes to what an undisturbed one does."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
import pytest

from grader.record import EVIDENCE, GRADE, KEYS, settled

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
FOLDER = ROOT / "assignments" / ID
STABLE = (EVIDENCE, GRADE)
"""What is equal byte for byte; an executed notebook may show addresses of memory."""


class Place(NamedTuple):
    """Where a batch finds its hand-ins, its rubric and its records."""

    hand_ins: Path
    course: Path
    out: Path

    def grade(self) -> list[str]:
        return [
            sys.executable, "-m", "grader", "grade", str(self.hand_ins), "-a", ID, "--jobs", "2",
            "--course", str(self.course), "--out", str(self.out),
        ]  # fmt: skip

    def regrade(self) -> list[str]:
        return [sys.executable, "-m", "grader", "regrade", str(self.out),
                "--course", str(self.course)]  # fmt: skip


def laid_out(tmp_path: Path, number: int) -> Place:
    """A course, and as many hand-ins as that, all of them different."""
    place = Place(tmp_path / "in", tmp_path / "course", tmp_path / "out")
    place.hand_ins.mkdir()
    for kind in ("assignments", "rubrics"):
        (place.course / kind).mkdir(parents=True)
    (place.course / "assignments" / ID).mkdir()
    for name in ("assignment.toml", "starter.ipynb"):
        shutil.copy(FOLDER / name, place.course / "assignments" / ID)
    shutil.copy(ROOT / "rubrics" / f"{ID}.toml", place.course / "rubrics")
    sources = sorted([*FOLDER.glob("*.ipynb"), *FOLDER.glob("mistakes/*.ipynb")])
    for count, source in enumerate(islice(cycle(sources), number)):
        notebook = nbformat.read(source, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(f"number = {count}", id=f"added-{count}"))
        nbformat.write(notebook, place.hand_ins / f"student-{count:02}.ipynb")
    return place


def killed_after(command: list[str], seconds: float) -> bool:
    """Run a command and kill it; whether it was still running then."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            return True
    return False


def to_its_end(command: list[str]) -> str:
    """What a command says that must succeed."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def results(out: Path) -> dict[str, bytes]:
    """The bytes that are meant to be stable."""
    found = {"grades.csv": (out / "grades.csv").read_bytes()}
    for folder in sorted((out / ID).iterdir()):
        found |= {f"{folder.name}/{name}": (folder / name).read_bytes() for name in STABLE}
    return found


def made(out: Path) -> dict[str, int]:
    """When the evidence of each settled record was made."""
    return {
        keys.parent.name: (keys.parent / EVIDENCE).stat().st_mtime_ns
        for keys in out.glob(f"{ID}/*/{KEYS}") if settled(keys.parent)
    }  # fmt: skip


def survives(place: Place, kills: int, seed: int) -> None:
    """Grade undisturbed; then again with kills at moments drawn at random, and compare."""
    undisturbed = place._replace(out=place.out.with_name("undisturbed"))
    began = time.monotonic()
    to_its_end(undisturbed.grade())
    whole = time.monotonic() - began
    draw = random.Random(seed)  # noqa: S311  (no secret)
    real = 0
    while real < kills:
        before = made(place.out)
        # Most kills hit a batch in full swing; a start takes a few seconds, and some hit that.
        real += killed_after(place.grade(), draw.uniform(0.1, min(whole, 6)))
        after = made(place.out)
        assert {name: after.get(name) for name in before} == before, "finished work was done twice"
        if len(after) == len(list(place.hand_ins.iterdir())):
            shutil.rmtree(place.out)
    to_its_end(place.grade())
    assert results(place.out) == results(undisturbed.out)
    again = to_its_end(place.grade())
    assert "hand-ins are graded already" in again
    assert not list(place.out.rglob(".*.grader-part")), "parts of files are left"


@pytest.mark.slow
def test_a_small_batch_survives_some_kills(tmp_path: Path) -> None:
    survives(laid_out(tmp_path, 8), kills=3, seed=1)


@pytest.mark.soak
def test_a_batch_of_sixty_survives_fifty_kills(tmp_path: Path) -> None:
    survives(laid_out(tmp_path, 60), kills=50, seed=2)


def killed_regrades(place: Place, kills: int, seed: int) -> None:
    """Kill regrades under a changing rubric; what counts in the end is the rubric of the end."""
    to_its_end(place.grade())
    before, evidence = results(place.out), made(place.out)
    rubric = place.course / "rubrics" / f"{ID}.toml"
    first = rubric.read_text(encoding="utf-8")
    began = time.monotonic()
    to_its_end(place.regrade())
    whole = time.monotonic() - began
    draw = random.Random(seed)  # noqa: S311  (no secret)
    for number in range(kills):
        rubric.write_text(first.replace("points = 10", f"points = {number % 3 + 10}", 1), "utf-8")
        killed_after(place.regrade(), draw.uniform(0.3 * whole, whole))
    rubric.write_text(first, encoding="utf-8")
    to_its_end(place.grade())
    assert results(place.out) == before
    assert made(place.out) == evidence, "something ran again"


@pytest.mark.slow
def test_a_killed_regrade_leaves_no_process(tmp_path: Path) -> None:
    code = """
import os, time
from pathlib import Path
from grader.batch.records import side_by_side
if __name__ == "__main__":
    with side_by_side(100) as each:
        print(*each(pid_of, [Path()] * 100), flush=True)
        os.kill(os.getpid(), 9)
"""
    script = tmp_path / "killed.py"
    script.write_text(f"import os\ndef pid_of(_):\n    return os.getpid()\n{code}", "utf-8")
    done = subprocess.run(
        [sys.executable, script], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    workers = set(map(int, done.stdout.split()))
    assert workers
    until = time.monotonic() + 30
    while any(map(psutil.pid_exists, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(psutil.pid_exists, workers))


@pytest.mark.slow
def test_killed_regrades_leave_no_grade_of_another_rubric(tmp_path: Path) -> None:
    killed_regrades(laid_out(tmp_path, 6), kills=4, seed=3)


@pytest.mark.soak
def test_many_killed_regrades_leave_no_grade_of_another_rubric(tmp_path: Path) -> None:
    killed_regrades(laid_out(tmp_path, 50), kills=40, seed=4)
