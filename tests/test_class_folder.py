"""The download of a class and its roster through the real command, twice and once more."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from exports import ROOT, another, as_zip

from grader.cli.main import cli

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

GROUP = "assignment_1_export/submission_2/hw.ipynb"
METADATA = b"""submission_1:
  :submitters:
  - :name: Ann Lee
    :sid: '1001'
submission_2:
  :submitters:
  - :name: Bo de Vries
    :sid: '1002'
  - :name: Cy Young
    :sid: '1003'
submission_3:
  :submitters:
  - :name: Dee Dee
    :sid: '1004'
"""
CLASS = {
    "assignment_1_export/submission_metadata.yml": METADATA,
    "assignment_1_export/submission_1/hw.ipynb": another(1),
    GROUP: another(2),
}
AT = "@"
"""Keeps what only looks like an address from being one."""
ROSTER = f"""First Name,Last Name,SID,Email,Role
Ann,Lee,1001,a{AT}uni.example,Student
Bo,de Vries,1002,b{AT}uni.example,Student
Cy,Young,1003,c{AT}uni.example,Student
Dee,Dee,1004,d{AT}uni.example,Student
"""


def grade(out: Path, path: Path, *options: str) -> Result:
    command = ["grade", str(path), "-a", "00-fundamentals", "-o", str(out), "--course", str(ROOT)]
    result = CliRunner().invoke(cli, [*command, "--sandbox", "none", "-j", "1", *options])
    assert result.exit_code == 0, result.output
    return result


def table(out: Path) -> list[tuple[str, str, str, str]]:
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return [(r["student"], r["id"], r["earned"], r["ending"]) for r in csv.DictReader(file)]


def test_a_class_is_graded_with_its_roster_and_known_again(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    out = tmp_path / "grades"
    first = grade(out, as_zip(CLASS, tmp_path / "e.zip"), "--roster", str(roster))
    assert "e.zip: a Gradescope export: 2 hand-ins of 2 students or groups" in first.output
    assert table(out) == [
        ("Ann Lee", "1001", "0", "finished"),
        ("Bo de Vries + Cy Young", "1002", "0", "finished"),
        ("Bo de Vries + Cy Young", "1003", "0", "finished"),
        ("Dee Dee", "1004", "", "no_hand_in"),
    ]
    assert "no hand-in" in first.output
    assert "no hand-in" in (out / "index.html").read_text(encoding="utf-8")
    later = {**CLASS, "assignment_1_export/submission_3/hw.ipynb": another(3)}
    again = grade(out, as_zip(later, tmp_path / "e (1).zip"))
    assert "2 of 3 hand-ins are graded already" in again.output
    assert [row[0] for row in table(out)][-1] == "Dee Dee"
    assert ("Dee Dee", "1004", "0", "finished") in table(out)
    assert len([p for p in (out / "00-fundamentals").iterdir() if p.is_dir()]) == 3
    source = json.loads((out / "00-fundamentals/Ann Lee/source.json").read_text())
    assert source["owner"] == "gradescope 1001"


def test_a_roster_that_is_none_is_told_before_anything_runs(tmp_path: Path) -> None:
    path = as_zip(CLASS, tmp_path / "e.zip")
    command = ["grade", str(path), "-a", "00-fundamentals", "-o", str(tmp_path / "grades"),
               "--course", str(ROOT), "--roster", str(path)]  # fmt: skip
    result = CliRunner().invoke(cli, command)
    assert "no roster" in str(result.exception)
    assert not (tmp_path / "grades").exists()
