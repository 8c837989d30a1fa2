"""`grader audit`: what it runs, what it says, and with which exit code it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from program import Run, Said, program

import grader.grading
from grader.attempts import attempts
from grader.catalogue import faults, variations
from grader.cli.main import cli
from grader.evidence import Evidence
from grader.grading import Batch
from grader.proving import SALTS, load_case
from grader.scene import Scene

ASSIGNMENT = """
id = "hw"
title = "Homework"
[[exercise]]
id = "1"
title = "Fit a line"
"""
RUBRIC = """
assignment = "hw"
[[criterion]]
id = "1.clean"
exercise = "1"
title = "cells that run"
points = 4
core = true
check = { kind = "runs_clean" }
hints = ["Look at the error.", "Its last line says what is wrong."]
"""
EXPECT = """
[[mistake]]
hand_in = "raises.ipynb"
why = "Names something that is not there."
loses = ["1.clean"]
"""
ANSWER = """\
import torch
from torch import nn
torch.manual_seed(0)
x = torch.linspace(0, 1, 20).unsqueeze(1)
y = 2 * x + 1
model = nn.Linear(1, 1)
loss_fn = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(30):
    loss = loss_fn(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item())"""


def book(answer: str) -> str:
    """A notebook with one exercise and its answer."""
    cells = [{"cell_type": "markdown", "source": "## 1. Fit a line"},
             {"cell_type": "code", "source": answer}]  # fmt: skip
    return json.dumps({"nbformat": 4, "cells": cells})


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one assignment, whose rubric asks for nothing but cells that run."""
    folder = tmp_path / "course"
    files = {
        "rubrics/hw.toml": RUBRIC,
        "assignments/hw/assignment.toml": ASSIGNMENT,
        "assignments/hw/starter.ipynb": book("# Fit a line"),
        "assignments/hw/solution.ipynb": book(ANSWER),
        "assignments/hw/mistakes/raises.ipynb": book(ANSWER + "\nnowhere"),
        "assignments/hw/mistakes/expect.toml": EXPECT,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def judged_by(path: Path) -> Evidence:
    """What a run of one of the course's hand-ins sees, told by its source alone."""
    source = "\n".join(cell["source"] for cell in json.loads(path.read_text())["cells"][1:])
    scene = Scene().cell("1", source)
    if "nowhere" in source or "optimizer.zero_grad()" not in source:
        return scene.ends("raised", "NameError", "no such name").evidence(assignment="hw")
    scene.trains(losses=[1.0, 1 / len(source)])
    return scene.ends("finished").evidence(assignment="hw")


def gathered(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
    """In place of a run."""
    evidence = judged_by(path)
    header = evidence.header.model_copy(update={"student": student})
    return Evidence(header=header, facts=evidence.facts), None


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], course: Path) -> Run:
    """The whole program in this process, without a kernel: evidence is written by hand."""
    monkeypatch.chdir(course)
    monkeypatch.setattr(grader.grading, "gather", gathered)
    return program(monkeypatch, capsys, "audit")


def test_what_is_found_is_told_and_written_as_a_page(run: Run, course: Path) -> None:
    said = run()
    assert said.code == 0, said
    assert "hw: " in said.out
    assert " mistakes lose points (" in said.out
    assert "-    optimizer.zero_grad()" in said.out  # another way to clear is judged otherwise
    assert "    the page: audits/hw.html" in said.out
    page = (course / "audits" / "hw.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "optimizer.zero_grad()" in page


def test_too_few_losses_or_a_variant_judged_otherwise_end_with_3(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("hw", "--fail-under", "0").code == 3  # because of the variant
    ways = tuple(one for one in variations() if one.name == "split cells")
    monkeypatch.setattr("grader.catalogue.variations", lambda: ways)
    assert run("hw", "--fail-under", "0").code == 0
    assert run("hw", "--fail-under", "100").code == 3


def test_an_unknown_assignment_and_a_wrong_share_are_wrong_usage(run: Run) -> None:
    assert "did you mean 'hw'?" in run("hww").err
    assert run("hw", "--fail-under", "101").code == 2


def test_the_page_goes_where_it_is_wanted(run: Run, tmp_path: Path) -> None:
    assert run("hw", "--out", str(tmp_path / "elsewhere")).code == 0
    assert (tmp_path / "elsewhere" / "hw.html").is_file()


def test_a_page_that_cannot_be_written_ends_with_4(run: Run, course: Path) -> None:
    (course / "audits").mkdir()
    (course / "audits" / "hw.html").mkdir()
    said = run("hw")
    assert said.code == 4
    assert "audits/hw.html: cannot be written" in said.err


def test_a_wrong_file_is_told_before_anything_runs(run: Run, course: Path) -> None:
    (course / "assignments" / "hw" / "solution.ipynb").write_text("{}")
    said = run()
    assert said.code == 3
    assert "solution.ipynb" in said.err
    assert "[1/" not in said.err


def test_a_bug_ends_with_5(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object) -> tuple[Evidence, None]:
        raise ZeroDivisionError("in the grader")

    monkeypatch.setattr(grader.grading, "gather", breaks)
    said = run()
    assert said.code == 5
    assert "ZeroDivisionError: in the grader" in said.err


def test_a_machine_that_cannot_run_it_ends_with_4(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
        header = {"assignment": "hw", "student": student}
        return Scene().evidence(ending="host_failed", why="no room", **header), None

    monkeypatch.setattr(grader.grading, "gather", fails)
    said = run()
    assert said.code == 4
    assert "grader doctor" in said.err


def test_solutions_at_all_seeds_come_first_and_no_two_records_share_a_name(
    course: Path, tmp_path: Path
) -> None:
    found = attempts(load_case(course, "hw"), tmp_path, faults(), variations())
    assert [a.salt for a in found if a.part == "solution"] == list(SALTS)
    assert all(a.part == "solution" for a in found[: len(SALTS)])
    assert {a.part for a in found} == {"solution", "mistake", "mutant", "variant"}
    assert len({a.student for a in found}) == len(found)
    assert all(a.path.is_file() for a in found)


def test_help_says_what_is_run_and_how_it_ends(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    text = " ".join(said.out.split())
    for word in ("planted", "three seeds", "--fail-under", "--out", "--jobs", "3 not as"):
        assert word in text


def audited(*args: str, cwd: Path) -> Said:
    """The real command, as a person calls it."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", "audit", *args],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.kernel
@pytest.mark.slow
def test_a_rubric_that_asks_for_little_lets_mistakes_pass(course: Path) -> None:
    said = audited("--fail-under", "100", cwd=course)
    assert said.code == 3, said.out + said.err
    assert re.search(r"^ +-    \S", said.out, re.MULTILINE), "the lines that changed"
    assert "cost nothing" in said.out
    assert not said.out.startswith("hw: 0 of ")
    assert "none of " in said.out  # other ways to write it
    assert "no mistake is diagnosed in correct work" in said.out
    assert "nothing loses" not in said.out
    assert "Traceback" not in said.err


@pytest.mark.kernel
@pytest.mark.slow
def test_a_new_assignment_passes_its_audit_or_is_told_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(cli, ["new", "hw"]).exit_code == 0
    said = audited("hw", cwd=tmp_path)
    assert said.code == 0, said.out + said.err
    assert re.search(r"✓  none of \d+ other ways to write a solution change a verdict", said.out)
    for line in (
        " ✓  4 of 4 criteria are lost by a wrong answer",
        " ✓  no mistake is diagnosed in correct work",
    ):
        assert line in said.out
