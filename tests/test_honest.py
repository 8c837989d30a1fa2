"""Hand-ins of somebody who had never seen the grader: what is lost, what is told, what is not."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "honest"
KEY = tomllib.loads((FOLDER / "key.toml").read_text(encoding="utf-8"))["hand_in"]
STUDENTS = [pytest.param(entry, id=entry["student"]) for entry in KEY]
ASKED_OTHERWISE = ["2.model"]
"""A class is asked for there, and a Sequential is none."""
COSTS_NOTHING_YET = "yusuf"
"""A softmax along the wrong dimension makes the printed accuracies untrue; no criterion sees it."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, graded as an instructor would."""
    out = tmp_path_factory.mktemp("honest")
    for assignment in sorted({entry["assignment"] for entry in KEY}):
        subprocess.run(
            [sys.executable, "-m", "grader", "grade", str(FOLDER / assignment),
             "--assignment", assignment, "--out", str(out)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
    return out


def grade_of(graded: Path, entry: dict[str, Any]) -> dict[str, Any]:
    path = graded / entry["assignment"] / entry["student"] / "grade.json"
    grade: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return grade


def test_there_are_as_many_as_were_written() -> None:
    kinds = [entry["kind"] for entry in KEY]
    assert (kinds.count("faulty"), kinds.count("unusual")) == (20, 10)
    assert len(list(FOLDER.glob("*/*/*.ipynb"))) == 30


@pytest.mark.parametrize("entry", STUDENTS)
def test_what_is_lost_and_what_is_told_first(graded: Path, entry: dict[str, Any]) -> None:
    grade = grade_of(graded, entry)
    assert (lost(grade), grade["withheld"]) == (entry["loses"], 0)
    told = [d["id"] for d in grade["diagnoses"]]
    assert "".join(told[:1]) == entry["first"]


def lost(grade: dict[str, Any]) -> list[str]:
    """The criteria that are short of their points."""
    return [m["criterion"] for m in grade["marks"] if m["verdict"] != "passed"]


def test_what_is_right_and_unusual_loses_nothing(graded: Path) -> None:
    for entry in (entry for entry in KEY if entry["kind"] == "unusual"):
        grade = grade_of(graded, entry)
        assert lost(grade) in ([], ASKED_OTHERWISE), entry["student"]
        assert grade["diagnoses"] == [], entry["student"]


def test_a_mistake_costs_points_in_its_own_exercise(graded: Path) -> None:
    """As its author would have it; but for one, which the README of the folder names."""
    for entry in (entry for entry in KEY if entry.get("points_lost")):
        own = [c for c in lost(grade_of(graded, entry)) if c.split(".")[0] == entry["exercise"]]
        assert bool(own) is (entry["student"] != COSTS_NOTHING_YET), entry["student"]
