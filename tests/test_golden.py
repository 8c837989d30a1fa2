"""The golden set: hand-ins of our own, one for each kind of oddity, through the real command.

Each folder is graded once; then each hand-in is compared with its folder's expect.toml. The
notebooks of golden_endings/ are graded under small limits, so that what never ends is soon over.
"""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
ASSIGNMENT = "00-fundamentals"
GOLDEN, ENDINGS, FORMS = TESTS / "golden", TESTS / "golden_endings", TESTS / "golden_forms"
GOLDEN_01, GOLDEN_02 = TESTS / "golden_01", TESTS / "golden_02"
SMALL_LIMITS = """[limits]
cell_cpu_s = 3
cell_wall_s = 15
run_cpu_s = 60
run_wall_s = 120
interrupt_grace_s = 2
memory_mb = 1500
output_bytes = 1_000_000

"""


class Run(NamedTuple):
    """One folder, graded."""

    out: Path
    code: int
    said: str
    assignment: str

    def grade(self, name: str) -> dict[str, Any]:
        """The grade of one of its notebooks."""
        path = self.out / self.assignment / name / "grade.json"
        if not path.exists():
            pytest.fail(f"{name} has no grade; the command said:\n{self.said[-3000:]}")
        grade: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return grade


def expected(folder: Path) -> dict[str, dict[str, Any]]:
    """What expect.toml says of each notebook of a folder."""
    return tomllib.loads((folder / "expect.toml").read_text(encoding="utf-8"))


def run(folder: Path, out: Path, *options: str, assignment: str = ASSIGNMENT) -> Run:
    """Grade a folder as an instructor would."""
    done = subprocess.run(
        [sys.executable, "-m", "grader", "grade", str(folder.relative_to(ROOT)),
         "--assignment", assignment, "--out", str(out), *options],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Run(out, done.returncode, done.stdout + done.stderr, assignment)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The ordinary oddities, under the assignment's own limits."""
    return run(GOLDEN, tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def golden_01(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The oddities of chapter 01."""
    return run(GOLDEN_01, tmp_path_factory.mktemp("golden_01"), assignment="01-workflow")


@pytest.fixture(scope="module")
def golden_02(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The oddities of chapter 02."""
    return run(GOLDEN_02, tmp_path_factory.mktemp("golden_02"), assignment="02-classification")


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Scripts and zips."""
    return run(FORMS, tmp_path_factory.mktemp("forms"))


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The runs that do not simply end, in a course whose limits are small."""
    course = tmp_path_factory.mktemp("course")
    for kind in (f"assignments/{ASSIGNMENT}/assignment.toml", f"rubrics/{ASSIGNMENT}.toml"):
        text = (ROOT / kind).read_text(encoding="utf-8")
        if kind.startswith("assignments"):
            text, tables = re.subn(r"(?ms)^\[limits\].*?(?=^\[)", SMALL_LIMITS, text)
            assert tables == 1, f"{kind} has no [limits] to replace"
        (course / kind).parent.mkdir(parents=True, exist_ok=True)
        (course / kind).write_text(text, encoding="utf-8")
    return run(ENDINGS, tmp_path_factory.mktemp("endings"), "--course", str(course))


@pytest.mark.parametrize(
    "folder", [GOLDEN, ENDINGS, FORMS, GOLDEN_01, GOLDEN_02], ids=lambda folder: folder.name
)
def test_files_are_what_make_writes(folder: Path) -> None:
    made: dict[str, bytes] = runpy.run_path(str(TESTS / "make_golden.py"))["hand_ins"](folder)
    stored = {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix != ".toml"}
    differing = sorted(n for n in made.keys() | stored.keys() if made.get(n) != stored.get(n))
    assert differing == [], "run python tests/make_golden.py"
    assert set(expected(folder)) == {Path(name).stem for name in made}


@pytest.mark.kernel
@pytest.mark.parametrize("folder", ["golden", "endings", "forms", "golden_01", "golden_02"])
def test_command_ends_well(folder: str, request: pytest.FixtureRequest) -> None:
    graded: Run = request.getfixturevalue(folder)
    assert graded.code == 0, graded.said[-2000:]
    assert "Traceback" not in graded.said


@pytest.mark.kernel
@pytest.mark.parametrize("name", expected(GOLDEN))
def test_golden(golden: Run, name: str) -> None:
    compare(golden.grade(name), expected(GOLDEN)[name])


@pytest.mark.kernel
@pytest.mark.parametrize("name", expected(ENDINGS))
def test_ending(endings: Run, name: str) -> None:
    compare(endings.grade(name), expected(ENDINGS)[name])


@pytest.mark.kernel
@pytest.mark.parametrize("name", expected(GOLDEN_01))
def test_golden_01(golden_01: Run, name: str) -> None:
    compare(golden_01.grade(name), expected(GOLDEN_01)[name])


@pytest.mark.kernel
@pytest.mark.parametrize("name", expected(GOLDEN_02))
def test_golden_02(golden_02: Run, name: str) -> None:
    compare(golden_02.grade(name), expected(GOLDEN_02)[name])


@pytest.mark.kernel
@pytest.mark.parametrize("name", expected(FORMS))
def test_form(forms: Run, name: str) -> None:
    compare(forms.grade(name), expected(FORMS)[name])


def compare(grade: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Verdicts, ending, final and the reasons for which a person should look."""
    verdicts = {e["id"]: e["verdict"] for e in grade["exercises"]}
    assert list(verdicts) == list(wanted["verdicts"])
    said = {**verdicts, "ending": grade["ending"], "final": grade["final"]}
    fair = {**wanted["verdicts"], "ending": wanted["ending"], "final": wanted["final"]}
    differing = [f"{k}: {said[k]}, should be {fair[k]}" for k in fair if said[k] != fair[k]]
    reasons = grade["needs_a_person"]
    if "reason" not in wanted and reasons:
        differing.append("no person should be needed")
    if not any(wanted.get("reason", "") in reason for reason in reasons or [""]):
        differing.append(f"a person should hear of {wanted['reason']!r}")
    if differing:
        why = [
            f"{m['criterion']} {m['verdict']}: {m['because']} [{m['actual']}]"
            for m in grade["marks"]
            if m["verdict"] != "passed"
        ]
        pytest.fail("\n".join([*differing, "", *why, f"needs a person: {reasons}"]), pytrace=False)
