"""`grader prove`: what it runs, what it says, and with which exit code it ends."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from documentation import TEXT
from program import Run, Said, program

import grader.grading
from grader.evidence import Evidence
from grader.grade import Grade
from grader.grading import Batch
from grader.proving import SALTS, load_case, trials_in
from grader.record import write_record
from grader.scene import Scene
from grader.whence import Whence

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
MAKE = ROOT / "assignments" / "make_mistakes.py"


ASSIGNMENT = """
id = "hw"
title = "Homework"
[[exercise]]
id = "1"
title = "Show a tensor"
"""
RUBRIC = """
assignment = "hw"
[[criterion]]
id = "1.shown"
exercise = "1"
title = "a tensor is shown"
points = 4
core = true
check = { kind = "shown", shape = [2] }
hints = ["Look at what is printed.", "Print the tensor itself."]
"""
EXPECT = """
[[mistake]]
hand_in = "silent.ipynb"
why = "Prints nothing."
loses = ["1.shown"]
"""
BOOK = """{"nbformat": 4, "cells": [
  {"cell_type": "markdown", "source": "## 1. Show a tensor"}, {"cell_type": "code", "source": ""}
]}"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one assignment, whose hand-ins are never run in these tests."""
    folder = tmp_path / "course"
    files = {
        "rubrics/hw.toml": RUBRIC,
        "assignments/hw/assignment.toml": ASSIGNMENT,
        "assignments/hw/starter.ipynb": BOOK,
        "assignments/hw/solution.ipynb": BOOK,
        "assignments/hw/mistakes/silent.ipynb": BOOK,
        "assignments/hw/mistakes/expect.toml": EXPECT,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def seen(name: str) -> Evidence:
    """What a run of one of the course's hand-ins sees."""
    scene = Scene().cell("1", "x", written=name != "starter")
    scene.tensor([2], [0.25, 0.5])
    if name.startswith("solution"):
        scene.prints("tensor([0.2500, 0.5000])")
    return scene.ends("finished").evidence(assignment="hw", student=name)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], course: Path) -> Run:
    """The whole program in this process, without a kernel: evidence is written by hand."""
    monkeypatch.chdir(course)
    monkeypatch.setattr(grader.grading, "gather", gathered)
    return program(monkeypatch, capsys, "prove")


def gathered(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
    """In place of a run."""
    evidence = seen(path.stem)
    header = evidence.header.model_copy(update={"student": student})
    return Evidence(header=header, facts=evidence.facts), None


def test_what_is_proved_ends_with_0(run: Run) -> None:
    said = run()
    assert said.code == 0, said
    assert said.out.splitlines() == [
        "hw: proved",
        " ✓  the starter earns nothing and breaks nothing",
        " ✓  1 of 1 solutions earn all 4 points, from each of 3 seeds",
        " ✓  1 of 1 mistakes lose exactly what expect.toml says",
        " ✓  1 of 1 criteria are lost by a wrong answer",
        " ✓  1 of 1 criteria have hints that give nothing away",
        "    points rest on: observed 4  challenged 0  corroborated 0  claimed 0",
    ]
    assert "[5/5]" in said.err


def test_what_is_not_proved_ends_with_3_and_what_to_do(run: Run, course: Path) -> None:
    (course / "rubrics" / "hw.toml").write_text(RUBRIC.replace("[2]", "[3]"))
    said = run("hw")
    assert said.code == 3
    assert "hw: not proved" in said.out
    assert "solution.ipynb: 1.shown is failed" in said.out
    assert "→ mend the solution" in said.out
    hand_in = Path("assignments", "hw", "solution.ipynb")
    look = f"grader grade {hand_in} --assignment hw --out proofs"
    assert said.out.rstrip().endswith(look)


def test_a_new_assignment_is_told_what_it_lacks(run: Run, course: Path) -> None:
    folder = course / "assignments" / "hw"
    for name in ("starter.ipynb", "solution.ipynb"):
        (folder / name).unlink()
    shutil.rmtree(folder / "mistakes")
    said = run()
    assert said.code == 3
    for word in ("starter.ipynb: is missing", "solution.ipynb: is missing",
                 "mistakes/: holds no hand-in", "no wrong answer loses 1.shown"):  # fmt: skip
        assert word in said.out
    assert "points rest on" not in said.out


def test_a_wrong_file_is_told_before_anything_runs(run: Run, course: Path) -> None:
    (course / "assignments" / "hw" / "mistakes" / "expect.toml").write_text(
        EXPECT.replace("loses", "looses")
    )
    said = run()
    assert said.code == 3
    assert "did you mean 'loses'?" in said.err
    assert said.out == ""
    assert "[1/" not in said.err


def test_wrong_files_of_all_assignments_are_told_at_once(run: Run, course: Path) -> None:
    other = course / "assignments" / "other"
    other.mkdir()
    (other / "assignment.toml").write_text(ASSIGNMENT)
    (course / "rubrics" / "hw.toml").write_text(RUBRIC.replace('shown", sh', 'shwn", sh'))
    said = run()
    assert said.code == 3
    assert "did you mean 'shown'?" in said.err
    assert "'hw' differs from its folder 'other'" in said.err


def test_an_unknown_assignment_offers_the_nearest(run: Run) -> None:
    said = run("hww")
    assert said.code == 2
    assert "Invalid value for ID: there is no assignment 'hww'; did you mean 'hw'?" in said.err


def test_a_folder_without_its_assignment_toml_is_told_as_that(run: Run, course: Path) -> None:
    (course / "assignments" / "begun").mkdir()
    said = run("begun")
    assert said.code == 2
    assert "holds no assignment.toml" in " ".join(said.err.split())


def test_a_course_without_assignments_is_wrong_usage(run: Run, course: Path) -> None:
    shutil.rmtree(course / "assignments" / "hw")
    said = run()
    assert said.code == 2
    assert "no assignment in" in said.err


def test_a_bug_ends_with_5(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object) -> tuple[Evidence, None]:
        raise ZeroDivisionError("in the grader")

    monkeypatch.setattr(grader.grading, "gather", breaks)
    said = run()
    assert said.code == 5
    assert "ZeroDivisionError: in the grader" in said.err
    assert "please report it" in said.err


def test_a_check_that_breaks_ends_with_5(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object) -> None:
        raise ZeroDivisionError("in the check")

    monkeypatch.setattr("grader.checks.shown.Shown.look", breaks)
    said = run()
    assert said.code == 5
    assert "ZeroDivisionError: in the check" in said.err


def test_a_machine_that_cannot_run_it_ends_with_4(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
        header = {"assignment": "hw", "student": student}
        return Scene().evidence(ending="host_failed", why="no room", **header), None

    monkeypatch.setattr(grader.grading, "gather", fails)
    said = run()
    assert said.code == 4
    assert "starter.ipynb: it did not run to its end: no room" in said.out
    assert "grader doctor" in said.err


def test_nothing_is_left_of_the_runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    outs: list[Path] = []

    def written(
        out: Path, evidence: Evidence, grade: Grade, executed: str | None, whence: Whence
    ) -> Path:
        outs.append(out)
        return write_record(out, evidence, grade, executed, whence)

    monkeypatch.setattr(grader.grading, "write_record", written)
    assert run().code == 0
    assert outs
    assert not any(out.exists() for out in outs)


def test_help_says_what_is_proved_and_how_it_ends(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    text = " ".join(said.out.split())
    for word in ("starter.ipynb", "solution*.ipynb", "mistakes/expect.toml", "three seeds",
                 "no number that it expects", "--sandbox", "--jobs", "3 not proved"):  # fmt: skip
        assert word in text


def test_every_hand_in_of_an_assignment_is_tried(course: Path) -> None:
    folder = course / "assignments" / "hw"
    (folder / "solutions").mkdir()
    for name in ("solution_by_hand.ipynb", "solutions/short.py", "solutions/notes.toml"):
        (folder / name).write_text("")
    trials = trials_in(folder)
    names = [t.name for t in trials]
    solutions = ["solution.ipynb", "solution_by_hand.ipynb", "solutions/short.py"]
    assert names == [
        "starter.ipynb", *(s for s in solutions for _ in SALTS), "mistakes/silent.ipynb"
    ]  # fmt: skip
    (folder / "mistakes" / "gone.ipynb").symlink_to("nowhere")
    assert trials_in(folder)[-2].name == "mistakes/gone.ipynb"
    assert [t.salt for t in trials] == [0, *SALTS, *SALTS, *SALTS, 0]
    assert len({t.student for t in trials}) == len(trials)


def test_tasks_are_what_the_starter_says() -> None:
    case = load_case(ROOT, ID)
    assert "1.8542" in case.tasks["4"]
    assert "1.8542" not in case.tasks["3"]


def test_mistake_notebooks_are_what_the_script_writes() -> None:
    notebooks: Callable[[Path], dict[str, bytes]] = runpy.run_path(str(MAKE))["notebooks"]
    folder = ROOT / "assignments" / ID
    made = notebooks(folder)
    stored = {path.name: path.read_bytes() for path in (folder / "mistakes").glob("*.ipynb")}
    differing = sorted(n for n in made.keys() | stored.keys() if made.get(n) != stored.get(n))
    assert differing == [], "run python assignments/make_mistakes.py"


def proved(*args: str, cwd: Path = ROOT) -> Said:
    """The real command, as a person calls it."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", "prove", *args],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.kernel
def test_chapter_00_is_proved() -> None:
    said = proved(ID)
    assert said.code == 0, said.out + said.err
    assert said.out.strip() in TEXT
    assert "Traceback" not in said.err


SEEDED = (
    RUBRIC
    + """
[[criterion]]
id = "1.seed"
exercise = "1"
title = "drawn under seed 3"
points = 2
check = { kind = "seed_set", value = 3, used = true }
hints = ["Look at where the seed is set.", "A seed governs what is drawn after it."]
"""
)
LATE = (
    EXPECT
    + """
[[mistake]]
hand_in = "late.ipynb"
why = "Sets the seed after the draw."
loses = ["1.seed"]
"""
)
ANSWERS = {
    "starter": "# Draw two numbers and show them",
    "solution": "import torch\ntorch.manual_seed(3)\ntorch.rand(2)",
    "mistakes/silent": "import torch\ntorch.manual_seed(3)\nx = torch.rand(2)",
    "mistakes/late": "import torch\nx = torch.rand(2)\ntorch.manual_seed(3)\nx",
}


@pytest.mark.kernel
def test_a_check_that_goes_blind_is_found(course: Path) -> None:
    for name, answer in ANSWERS.items():
        book = json.loads(BOOK)
        book["cells"][1]["source"] = answer
        (course / "assignments" / "hw" / f"{name}.ipynb").write_text(json.dumps(book))
    (course / "assignments" / "hw" / "mistakes" / "expect.toml").write_text(LATE)
    rubric = course / "rubrics" / "hw.toml"
    rubric.write_text(SEEDED)
    said = proved(cwd=course)
    assert said.code == 0, said.out + said.err
    rubric.write_text(SEEDED.replace(", used = true", ""))
    said = proved(cwd=course)
    assert said.code == 3, said.out + said.err
    assert "mistakes/late.ipynb: 1.seed is not lost: passed" in said.out
    assert "no wrong answer loses 1.seed" in said.out
