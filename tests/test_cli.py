"""What a person at the keyboard is told, and with which exit code, when input is bad."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from program import Run, Said, program
from rich.console import Console

from grader.cli.screen import busy

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """The whole program in this process, where every attempt to start a kernel fails the test."""
    no_kernel = ModuleType("grader.run.execute")

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a kernel was started")

    no_kernel.run_submission = refuse  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "grader.run.execute", no_kernel)
    monkeypatch.chdir(tmp_path)
    return program(monkeypatch, capsys)


@pytest.fixture
def hand_in(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "ann.ipynb"
    path.parent.mkdir()
    path.write_bytes(b"")
    return path


def grade(run: Run, path: Path, *more: str | Path) -> Said:
    return run("grade", path, "--assignment", ID, "--course", ROOT, *more)


def no_traceback(said: Said) -> None:
    assert "Traceback" not in said.all
    assert "bug" not in said.err


def last(said: Said) -> str:
    """The error itself, below click's usage lines."""
    return said.err.strip().splitlines()[-1]


def test_help_lists_the_commands_and_the_exit_codes(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    for word in ("grade", "doctor", "Grade hand-ins", "Exit codes", "2 wrong usage", "4 this"):
        assert word in said.out
    for inner in ("options", "screen", "main"):
        assert f"\n  {inner} " not in said.out


def test_help_of_a_command_explains_its_options(run: Run) -> None:
    said = run("grade", "-h")
    assert said.code == 0
    for word in ("--assignment", "--out", "--audience", "--course", "grades.csv"):
        assert word in said.out


def test_the_version_is_told(run: Run) -> None:
    assert "0." in run("--version").out


def test_a_command_builds_no_grammar_of_web_addresses() -> None:
    code = """
import sys
from grader.cli.main import main
sys.argv = ["grader", "--version"]
try:
    main()
except SystemExit:
    import nbformat
    print("jsonschema" in sys.modules, "lark" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True False"


@pytest.mark.parametrize(("typed", "meant"), [("gradee", "grade"), ("docter", "doctor")])
def test_an_unknown_command_offers_the_nearest(run: Run, typed: str, meant: str) -> None:
    said = run(typed)
    assert said.code == 2
    assert typed in last(said)
    assert f"did you mean {meant!r}" in last(said)


def test_an_unknown_assignment_offers_the_nearest(run: Run, hand_in: Path) -> None:
    said = run("grade", hand_in, "-a", "00-fundamental", "--course", ROOT)
    assert said.code == 2
    assert f"did you mean {ID!r}" in last(said)
    no_traceback(said)


@pytest.mark.parametrize("option", ["--asignment", "--oput"])
def test_an_unknown_option_is_wrong_usage(run: Run, hand_in: Path, option: str) -> None:
    said = grade(run, hand_in, option, "x")
    assert said.code == 2
    assert option in last(said)


def test_a_folder_without_notebooks_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    said = grade(run, tmp_path / "none")
    assert said.code == 2
    assert str(tmp_path / "none") in last(said)
    assert ".ipynb" in last(said)


def test_a_path_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    said = grade(run, tmp_path / "gone.ipynb")
    assert said.code == 2
    assert "gone.ipynb" in last(said)


def test_no_course_folder_is_wrong_usage_with_what_to_do(run: Run, hand_in: Path) -> None:
    said = run("grade", hand_in, "-a", ID)
    assert said.code == 2
    assert "--course" in last(said)


def test_the_course_is_found_from_the_working_folder(
    run: Run, hand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT / "assignments")
    assert run("grade", hand_in, "-a", ID, "-o", tmp_path / "out").code == 0


BROKEN = """
assignment = "hw"
[[criterion]]
id = "1.a"
exercise = "1"
title = "a"
points = 1
core = true
check = { kind = "tensor_mad" }
hints = ["h"]
[[criterion]]
id = "1.a"
exercise = "9"
title = "b"
points = 1
check = { kind = "shown", shap = [1] }
hints = ["h"]
"""


def broken_course(folder: Path) -> Path:
    (folder / "assignments" / "hw").mkdir(parents=True)
    (folder / "rubrics").mkdir()
    (folder / "assignments" / "hw" / "assignment.toml").write_text(
        'id = "hw"\ntitle = "t"\n[[exercise]]\nid = "1"\ntitle = "one"\n'
    )
    (folder / "rubrics" / "hw.toml").write_text(BROKEN)
    return folder


def test_a_broken_rubric_is_told_in_one_line_a_problem(
    run: Run, hand_in: Path, tmp_path: Path
) -> None:
    course = broken_course(tmp_path / "course")
    said = run("grade", hand_in, "-a", "hw", "--course", course, "-o", tmp_path / "out")
    assert said.code == 3
    lines = said.err.strip().splitlines()
    assert len(lines) >= 4
    assert all(line.startswith(f"grader: {course / 'rubrics' / 'hw.toml'}: ") for line in lines)
    for word in ("'tensor_made'", "'shape'", "occurs twice", "no exercise '9'"):
        assert word in said.err
    assert not (tmp_path / "out").exists()


def test_an_assignment_without_a_rubric_is_the_authors_to_mend(
    run: Run, hand_in: Path, tmp_path: Path
) -> None:
    course = broken_course(tmp_path / "course")
    (course / "rubrics" / "hw.toml").unlink()
    said = run("grade", hand_in, "-a", "hw", "--course", course)
    assert said.code == 3
    assert "hw.toml" in said.err
    no_traceback(said)


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_an_out_folder_that_cannot_be_written_is_told_before_anything_runs(
    run: Run, hand_in: Path, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    said = grade(run, hand_in, "--out", tmp_path / below)
    assert said.code == 4
    assert len(said.err.strip().splitlines()) == 1
    assert str(tmp_path / below) in said.err
    assert "--out" in said.err
    no_traceback(said)


def other_homework() -> bytes:
    cells = []
    for number, title in enumerate(["Essay", "Load pictures", "Train a CNN", "Plot"] * 3, 1):
        cells.append({"cell_type": "markdown", "source": f"## {title} {number}"})
        cells.append({"cell_type": "code", "source": f"x = {number}"})
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


BAD_FILES = [
    pytest.param(b"", "empty", id="empty"),
    pytest.param(b"Dear teacher,", "not JSON", id="not JSON"),
    pytest.param(b"\x89PNG\r\n\x1a\n\xff", "UTF-8", id="a picture"),
    pytest.param(b'{"nbformat": 3, "worksheets": []}', "nbformat 3", id="nbformat 3"),
    pytest.param(b'{"a": 1}', "not a notebook", id="other JSON"),
    pytest.param(b'{"nbformat": 4, "cells": []}', "another homework", id="no cells"),
    pytest.param(other_homework(), "another homework", id="other homework"),
]


@pytest.mark.parametrize(("data", "says"), BAD_FILES)
def test_a_bad_file_gets_one_line_a_grade_and_a_record(
    run: Run, hand_in: Path, tmp_path: Path, data: bytes, says: str
) -> None:
    hand_in.write_bytes(data)
    said = grade(run, hand_in, "--out", tmp_path / "out")
    assert said.code == 0
    no_traceback(said)
    telling = [line for line in said.out.splitlines() if says in line]
    assert len(telling) == 1
    folder = tmp_path / "out" / ID / "ann"
    kept = json.loads((folder / "grade.json").read_text())
    unread = says != "another homework"
    assert kept["ending"] == ("unreadable" if unread else "unrecognised")
    assert says in kept["needs_a_person"][0]
    assert (kept["earned"], kept["withheld"], kept["final"]) == (0, 100, False)
    assert {e["verdict"] for e in kept["exercises"]} == {"unknown"}
    assert (folder / "evidence.jsonl").exists()
    assert (folder / "executed.ipynb").exists() is not unread


@pytest.mark.parametrize(("data", "says"), BAD_FILES)
def test_the_line_about_a_bad_file_names_the_file(
    run: Run, hand_in: Path, tmp_path: Path, data: bytes, says: str
) -> None:
    hand_in.write_bytes(data)
    said = grade(run, hand_in, "--out", tmp_path / "out")
    assert any(says in line and "ann.ipynb" in line for line in said.all.splitlines())


@pytest.mark.parametrize("audience", ["student", "instructor"])
def test_both_audiences_are_told_that_a_file_is_empty(
    run: Run, hand_in: Path, tmp_path: Path, audience: str
) -> None:
    said = grade(run, hand_in, "--out", tmp_path / "out", "--audience", audience)
    assert "the file is empty; ask for it again" in said.out


def test_several_hand_ins_get_a_table_and_a_csv(run: Run, hand_in: Path, tmp_path: Path) -> None:
    (hand_in.parent / "[bold]bob.ipynb").write_bytes(b"no")
    said = grade(run, hand_in.parent, "--out", tmp_path / "out")
    assert said.code == 0
    assert "[1/2]" in said.err
    assert "[2/2]" in said.err
    assert "ann" in said.out
    assert "_bold_bob" in said.out
    with (tmp_path / "out" / "grades.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert {(row["student"], row["final"], row["earned"]) for row in table} == {
        ("ann", "no", ""), ("_bold_bob", "no", "")
    }  # fmt: skip


def test_a_long_reason_leaves_room_for_the_student_and_the_points(
    run: Run, hand_in: Path, tmp_path: Path
) -> None:
    (hand_in.parent / "Bartholomew Smith.ipynb").write_bytes(b'{"nbformat": 3}')
    said = grade(run, hand_in.parent, "--out", tmp_path / "out")
    row = next(line for line in said.out.splitlines() if "Bartholomew Smith" in line)
    assert row.split()[:3] == ["Bartholomew", "Smith", "\u2013"]  # not graded: no points to tell
    assert "nbformat 3" in row


def test_grading_again_replaces_the_record(run: Run, hand_in: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    grade(run, hand_in, "--out", out)
    folder = out / ID / "ann"
    first = (folder / "grade.json").read_bytes()
    (folder / "executed.ipynb").write_text("left over")
    grade(run, hand_in, "--out", out, "--again")
    assert (folder / "grade.json").read_bytes() == first
    assert sorted(p.name for p in folder.iterdir()) == [
        "evidence.jsonl", "grade.json", "keys.json", "report.html", "review.html", "source.json"
    ]  # fmt: skip


def test_a_bug_of_ours_is_exit_code_5_and_says_so(
    run: Run, hand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.batch.lock.check_writable", lambda out: 1 / 0)
    said = grade(run, hand_in)
    assert said.code == 5
    assert "please report" in last(said)


@pytest.mark.parametrize("terminal", [True, False])
def test_what_takes_a_while_is_told_on_a_terminal_and_taken_away_again(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    shown = io.StringIO()
    made = Console(file=shown, force_terminal=terminal)
    monkeypatch.setattr("grader.cli.screen.Console", lambda **_: made)
    with busy("starting [something]") as doing:
        doing("the next [thing]")
    assert ("the next [thing]" in shown.getvalue()) is terminal
    assert ("\x1b[2K" in shown.getvalue()) is terminal
