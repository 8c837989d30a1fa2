"""Hand-ins of somebody who had never seen the grader: what is lost, what is told, what is not."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[1]
Graded = Callable[[dict[str, Any]], dict[str, Any]]
FOLDERS = ("honest", "honest_2")
KEY: list[dict[str, Any]] = [
    {**entry, "folder": folder}
    for folder in FOLDERS
    for entry in tomllib.loads((ROOT / "tests" / folder / "key.toml").read_text("utf-8"))["hand_in"]
]
LONG = [(folder, "02-classification") for folder in FOLDERS]
"""Left to the long tests: many of them train for half a minute."""


def each(entries: Iterable[dict[str, Any]]) -> list[Any]:
    """Hand-ins as parameters, those that take long marked as such."""
    return [
        pytest.param(
            entry, id=f"{entry['folder']}-{entry['student']}",
            marks=pytest.mark.soak if (entry["folder"], entry["assignment"]) in LONG else (),
        )
        for entry in entries
    ]  # fmt: skip


ASKED_OTHERWISE = ["2.model"]
"""A class is asked for there, and a Sequential is none."""
RIGHT_ON_A_GPU = "priya"
"""Asks for "cuda" without asking whether it is there; a hand-in is run as if it was."""
NOT_SEEN_YET = "yuki"
"""Draws tensors that lie on a GPU."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The grade of a hand-in, of which all of its folder and assignment are graded at once."""
    out = tmp_path_factory.mktemp("honest")

    @cache
    def records(folder: str, assignment: str) -> Path:
        subprocess.run(
            [sys.executable, "-m", "grader", "grade", str(ROOT / "tests" / folder / assignment),
             "--assignment", assignment, "--out", str(out / folder)],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return out / folder / assignment

    def grade_of(entry: dict[str, Any]) -> dict[str, Any]:
        path = records(entry["folder"], entry["assignment"]) / entry["student"] / "grade.json"
        grade: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return grade

    return grade_of


@pytest.mark.parametrize(
    ("folder", "faulty", "unusual"), [("honest", 20, 10), ("honest_2", 24, 12)]
)
def test_there_are_as_many_as_were_written(folder: str, faulty: int, unusual: int) -> None:
    kinds = [entry["kind"] for entry in KEY if entry["folder"] == folder]
    assert (kinds.count("faulty"), kinds.count("unusual")) == (faulty, unusual)
    found = list((ROOT / "tests" / folder).glob("*/**/*.ipynb"))
    assert len(found) == faulty + unusual


@pytest.mark.parametrize("entry", each(KEY))
def test_what_is_lost_and_what_is_told_first(graded: Graded, entry: dict[str, Any]) -> None:
    grade = graded(entry)
    assert (lost(grade), grade["withheld"]) == (entry["loses"], entry.get("withheld", 0))
    told = [d["id"] for d in grade["diagnoses"]]
    assert "".join(told[:1]) == entry["first"]


def lost(grade: dict[str, Any]) -> list[str]:
    """The criteria that are short of their points for certain."""
    return [m["criterion"] for m in grade["marks"] if m["verdict"] not in ("passed", "no_evidence")]


@pytest.mark.parametrize("entry", each(e for e in KEY if e["kind"] == "unusual"))
def test_what_is_right_and_unusual_loses_nothing(graded: Graded, entry: dict[str, Any]) -> None:
    grade = graded(entry)
    assert lost(grade) in ([], ASKED_OTHERWISE)
    assert [d for d in grade["diagnoses"] if d["severity"] != "N"] == []


@pytest.mark.parametrize(
    "entry", each(e for e in KEY if e.get("points_lost") and not e.get("withheld"))
)
def test_a_mistake_costs_points_in_its_own_exercise(graded: Graded, entry: dict[str, Any]) -> None:
    """As its author would have it; but for those that the READMEs of the folders name."""
    own = [c for c in lost(graded(entry)) if c.split(".")[0] == entry["exercise"]]
    assert bool(own) is (entry["student"] not in (RIGHT_ON_A_GPU, NOT_SEEN_YET))
