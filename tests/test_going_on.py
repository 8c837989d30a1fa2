"""What is graded already does not run again, and `grader regrade` runs nothing at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import records
from filelock import FileLock, Timeout
from program import Run, Said
from test_cli import run

import grader
from grader.assignment import load_assignment
from grader.batch.lock import HOLDER, holder, holding
from grader.errors import HostError
from grader.evidence import Evidence
from grader.facts import ProbeFailed
from grader.keys import KeyMaker
from grader.record import settled
from grader.regrading import lacks
from grader.reporting import Asked
from grader.rubric import load_rubric
from grader.run.execute import Run as Ran
from grader.scene import Scene
from grader.submission import Submission

__all__ = ["run"]  # a fixture

pytestmark = pytest.mark.slow
STARTER = records.ROOT / "assignments" / records.ID / "starter.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course whose files may be changed."""
    for kind in ("assignments", "rubrics"):
        (tmp_path / "course" / kind).mkdir(parents=True)
    folder = tmp_path / "course" / "assignments" / records.ID
    folder.mkdir()
    for name in ("assignment.toml", "starter.ipynb"):
        shutil.copy(records.ROOT / "assignments" / records.ID / name, folder)
    shutil.copy(records.ROOT / "rubrics" / f"{records.ID}.toml", tmp_path / "course" / "rubrics")
    return tmp_path / "course"


@pytest.fixture
def class_of_two(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, name in enumerate(("ann", "bob")):
        notebook = nbformat.read(STARTER, 4)
        notebook.cells[-1].source = f"x = {number}"
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder


@pytest.fixture
def ran(run: Run, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who ran, in order; what was seen of them is made up."""
    students: list[str] = []

    def run_submission(submission: Submission, *more: object, **options: object) -> Ran:
        students.append(submission.student)
        if submission.student == "trouble":
            raise HostError("no room")
        evidence = records.honest(submission.student)[0]
        header = evidence.header.model_copy(
            update={"submission": submission.sha256, "grader": grader.__version__}
        )
        return Ran(Evidence(header=header, facts=evidence.facts), nbformat.v4.new_notebook())

    monkeypatch.setattr(sys.modules["grader.run.execute"], "run_submission", run_submission)
    return students


Again = Callable[..., Said]


@pytest.fixture
def again(run: Run, course: Path, class_of_two: Path, tmp_path: Path) -> Again:
    """Types the same again."""

    def call(*more: str) -> Said:
        return run("grade", class_of_two, "-a", records.ID, "--course", course, "--jobs", "1",
                   "--sandbox", "none", "--out", tmp_path / "out", *more)  # fmt: skip

    return call


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_the_same_again_runs_nothing_and_changes_nothing(
    again: Again, ran: list[str], tmp_path: Path
) -> None:
    first = again()
    assert sorted(ran) == ["ann", "bob"]
    before = files(tmp_path / "out")
    second = again()
    assert sorted(ran) == ["ann", "bob"]
    assert "2 of 2 hand-ins are graded already; --again runs them again" in second.err
    assert second.out == first.out
    assert files(tmp_path / "out") == before


def test_again_runs_all(again: Again, ran: list[str]) -> None:
    again()
    again("--again")
    assert sorted(ran) == ["ann", "ann", "bob", "bob"]


def test_a_hand_in_that_changed_runs_alone(
    again: Again, ran: list[str], class_of_two: Path
) -> None:
    again()
    change(class_of_two / "bob.ipynb", "x = 1", "x = 2")
    assert "1 of 2 hand-ins are graded already" in again().err
    assert ran[2:] == ["bob"]


@pytest.mark.parametrize(
    ("old", "new"), [("cell_cpu_s = ", "cell_cpu_s = 1"), ('headings = ["', 'headings = ["x')]
)
def test_another_assignment_runs_all(
    again: Again, ran: list[str], course: Path, old: str, new: str
) -> None:
    again()
    change(course / "assignments" / records.ID / "assignment.toml", old, new)
    assert "graded already" not in again().err
    assert len(ran) == 4


def test_another_title_is_on_the_pages_and_runs_nothing(
    again: Again, ran: list[str], course: Path, tmp_path: Path
) -> None:
    again()
    change(
        course / "assignments" / records.ID / "assignment.toml", 'title = "', 'title = "Brand-new '
    )
    assert "2 of them judged anew" in again().err
    assert len(ran) == 2
    page = (tmp_path / "out" / records.ID / "ann" / "report.html").read_text(encoding="utf-8")
    assert "Brand-new" in page


def test_what_went_unheard_is_asked_again(
    again: Again, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = records.honest

    def busy(student: str) -> tuple[Evidence, str]:
        evidence, notebook = honest(student)
        if student == "bob" and len(ran) == 2:  # no process could be had, that time
            at = {"seq": len(evidence.facts), "cell": 2, "exercise": "4"}
            failure = ProbeFailed(**at, probe="reload", problem="no room")
            evidence = Evidence(header=evidence.header, facts=(*evidence.facts, failure))
        return evidence, notebook

    monkeypatch.setattr(records, "honest", busy)
    again()
    again()
    assert ran == ["ann", "bob", "bob"]
    assert "2 of 2 hand-ins are graded already" in again().err


def test_another_seed_runs_all(again: Again, ran: list[str]) -> None:
    again()
    again("--initial-seed", "3")
    assert len(ran) == 4


def test_another_rubric_judges_anew_and_runs_nothing(
    again: Again, ran: list[str], course: Path, tmp_path: Path
) -> None:
    again()
    grade = tmp_path / "out" / records.ID / "ann" / "grade.json"
    before = json.loads(grade.read_text())["possible"]
    change(course / "rubrics" / f"{records.ID}.toml", "points = 10", "points = 20")
    assert "2 of them judged anew by the rubric as it is now" in again().err
    assert len(ran) == 2
    assert json.loads(grade.read_text())["possible"] == before + 10
    assert "judged anew" not in again().err


def test_a_folder_that_cannot_be_written_is_this_machines_trouble_and_runs_nothing(
    again: Again, ran: list[str], course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again()

    def full(path: Path, text: str) -> None:
        raise HostError(f"{path}: cannot be written: no space")

    change(course / "rubrics" / f"{records.ID}.toml", "points = 10", "points = 20")
    monkeypatch.setattr("grader.regrading.write_file", full)
    said = again()
    assert said.code == 4
    assert "no space" in said.err
    assert len(ran) == 2


def test_a_regrade_that_was_broken_off_is_not_believed(
    again: Again,
    ran: list[str],
    run: Run,
    course: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    again()
    rubric = course / "rubrics" / f"{records.ID}.toml"
    grade = tmp_path / "out" / records.ID / "ann" / "grade.json"
    before = grade.read_bytes()
    change(rubric, "points = 10", "points = 20")

    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("grader.regrading.write_reports", stop)
        assert run("regrade", tmp_path / "out", "--course", course).code == 130
    change(rubric, "points = 20", "points = 10")
    assert grade.read_bytes() != before
    again()
    assert grade.read_bytes() == before


NOTHING = b""
ZEROS = bytes(4000)
"""What a file may hold after the power failed: its length is on the disk, its bytes are not."""


@pytest.mark.parametrize("name", ["keys.json", "evidence.jsonl", "executed.ipynb"])
@pytest.mark.parametrize("left", [None, NOTHING, ZEROS, -9])
def test_a_run_that_is_not_whole_on_the_disk_is_made_again(
    again: Again, ran: list[str], tmp_path: Path, name: str, left: bytes | int | None
) -> None:
    again()
    before = files(tmp_path / "out")
    damage(tmp_path / "out" / records.ID / "bob" / name, left)
    assert again().code == 0
    assert ran[2:] == ["bob"]
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize("left", [None, NOTHING, ZEROS, -9])
def test_a_grade_that_is_not_whole_on_the_disk_is_judged_anew(
    again: Again, ran: list[str], tmp_path: Path, left: bytes | int | None
) -> None:
    again()
    before = files(tmp_path / "out")
    damage(tmp_path / "out" / records.ID / "bob" / "grade.json", left)
    assert "1 of them judged anew" in again().err
    assert ran == ["ann", "bob"]
    assert files(tmp_path / "out") == before


def damage(path: Path, left: bytes | int | None) -> None:
    """Take a file away, or all of it but other bytes, or its end."""
    if left is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:left] if isinstance(left, int) else left)


def test_a_grade_of_another_rubric_under_old_keys_is_judged_anew(
    again: Again, ran: list[str], tmp_path: Path
) -> None:
    """A power cut may keep the new grade and lose that its keys were taken away."""
    again()
    before = files(tmp_path / "out")
    change(tmp_path / "out" / records.ID / "bob" / "grade.json", '"possible": ', '"possible": 1')
    again()
    assert ran == ["ann", "bob"]
    assert files(tmp_path / "out") == before


def test_two_commands_on_one_folder_do_not_mix(
    again: Again, ran: list[str], run: Run, course: Path, tmp_path: Path
) -> None:
    again()
    before = files(tmp_path / "out")
    with holding(tmp_path / "out", "grader grade -a other"):
        busy = [again("--again"), run("regrade", tmp_path / "out", "--course", course),
                run("report", tmp_path / "out", "--course", course)]  # fmt: skip
        assert ["--out" in said.err for said in busy] == [True, False, False]
        for said in busy:
            assert said.code == 4
            assert f"`grader grade -a other` (process {os.getpid()}) writes there" in said.err
    assert len(ran) == 2
    assert files(tmp_path / "out") == before
    assert again().code == 0


def test_a_lock_that_breaks_while_it_is_waited_for_is_this_machines_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def acquire(_: FileLock, timeout: float | None = None, **_more: object) -> None:
        if timeout == 0:
            raise Timeout(str(tmp_path))
        raise OSError("stale file handle")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    waited: list[str] = []
    with (
        pytest.raises(HostError, match=r"cannot be locked .*stale file handle"),
        holding(tmp_path, "it", waiting=waited.append),
    ):
        pass
    assert waited == ["another grader command"]


def test_a_folder_whose_holder_was_killed_is_free(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from grader.batch.lock import holding
with holding(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    os.kill(os.getpid(), 9)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (-9, "held\n")
    assert (tmp_path / HOLDER).exists()
    with holding(tmp_path, "another"):
        assert "another" in holder(tmp_path)


def test_what_this_machine_failed_at_runs_again(
    again: Again, ran: list[str], class_of_two: Path
) -> None:
    (class_of_two / "bob.ipynb").rename(class_of_two / "trouble.ipynb")
    assert again().code == 4
    assert "1 of 2 hand-ins are graded already" in again().err
    assert ran.count("ann") == 1
    assert ran.count("trouble") > 2


def test_keys_hang_on_nothing_else() -> None:
    asked = records.asked()
    make = KeyMaker(asked.assignment, asked.rubric, "fenced")
    assert make.of("a" * 64) == make.of("a" * 64)
    assert make.of("a" * 64).run != make.of("b" * 64).run
    assert make._replace(sandbox="none").of("a" * 64).run != make.of("a" * 64).run


# ---- grader regrade ----------------------------------------------------------------------------


@pytest.fixture
def graded(again: Again, ran: list[str], tmp_path: Path) -> Path:
    """The folder of two records."""
    assert again().code == 0
    return tmp_path / "out"


def test_the_same_rubric_changes_nothing(run: Run, graded: Path, course: Path) -> None:
    before = files(graded)
    said = run("regrade", graded, "--course", course)
    assert (said.code, said.out.splitlines()[0]) == (0, "0 of 2 hand-ins come to something else")
    assert files(graded) == before


def test_what_changed_is_told_for_each(
    run: Run, graded: Path, course: Path, again: Again, ran: list[str]
) -> None:
    rubric = course / "rubrics" / f"{records.ID}.toml"
    change(rubric, 'id = "2.tensor"', 'id = "2.square"')
    said = run("regrade", graded, "--course", course)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("ann: ")
    assert lines[0].endswith(" points")
    assert [line.split(":")[0].strip() for line in lines[1:3]] == ["2.square", "2.tensor"]
    assert lines[1].split(": ")[1].startswith("none → ")
    assert lines[2].endswith("→ none")
    assert "2 of 2 hand-ins come to something else" in said.out
    assert "judged anew" not in again().err  # the keys are those of the new rubric
    assert len(ran) == 2


def test_evidence_of_another_version_changes_nothing(run: Run, graded: Path, course: Path) -> None:
    evidence = graded / records.ID / "bob" / "evidence.jsonl"
    change(evidence, f'"grader":"{grader.__version__}"', '"grader":"0.0.9"')
    change(course / "rubrics" / f"{records.ID}.toml", "points = 10", "points = 20")
    before = files(graded)
    said = run("regrade", graded, "--course", course)
    assert said.code == 4
    assert "bob: it ran under grader 0.0.9" in said.err
    assert "nothing was changed" in said.err
    assert f"grader regrade {graded} --run-missing" in said.err
    assert files(graded) == before


def lacking(graded: Path, course: Path) -> None:
    """Bob's evidence is of another version, and the rubric of another opinion."""
    evidence = graded / records.ID / "bob" / "evidence.jsonl"
    change(evidence, f'"grader":"{grader.__version__}"', '"grader":"0.0.9"')
    change(course / "rubrics" / f"{records.ID}.toml", "points = 10", "points = 20")


def test_what_has_to_run_again_is_run_on_demand_and_the_others_are_judged_anew(
    run: Run, graded: Path, course: Path, ran: list[str], again: Again
) -> None:
    lacking(graded, course)
    missing = ("regrade", graded, "--run-missing", "--sandbox", "none", "--course", course)
    said = run(*missing)
    assert said.code == 0, said.err
    assert ran == ["ann", "bob", "bob"]
    lines = said.out.splitlines()
    assert [line.split(":")[0] for line in lines if "→" in line and line[0] != " "] == [
        "ann", "bob"
    ]  # fmt: skip
    assert "    2.tensor: 10 of 10 → 20 of 20" in lines
    assert "2 of 2 hand-ins come to something else" in said.out
    assert settled(graded / records.ID / "bob")
    assert "judged anew" not in again().err
    assert ran == ["ann", "bob", "bob"]
    assert "0 of 2 hand-ins" in run(*missing).out
    assert ran == ["ann", "bob", "bob"]


def test_what_this_machine_fails_at_as_it_runs_again_is_told(
    run: Run, graded: Path, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking(graded, course)

    def no_room(*_: object, **options: object) -> Ran:
        raise HostError("no room")

    monkeypatch.setattr(sys.modules["grader.run.execute"], "run_submission", no_room)
    said = run("regrade", graded, "--run-missing", "--sandbox", "none", "--course", course)
    assert said.code == 4
    assert "some hand-ins could not be graded here" in said.err


def test_what_is_no_longer_there_cannot_run_again_and_nothing_is_changed(
    run: Run, graded: Path, course: Path, class_of_two: Path, ran: list[str]
) -> None:
    lacking(graded, course)
    change(class_of_two / "bob.ipynb", "x = 1", "x = 7")
    before = files(graded)
    said = run("regrade", graded, "--run-missing", "--sandbox", "none", "--course", course)
    assert said.code == 4
    assert f"bob: {class_of_two / 'bob.ipynb'} is another file now" in said.err
    assert files(graded) == before
    (class_of_two / "bob.ipynb").unlink()
    said = run("regrade", graded, "--run-missing", "--sandbox", "none", "--course", course)
    assert said.code == 4
    assert f"bob: {class_of_two / 'bob.ipynb'} is no longer there" in said.err
    assert "nothing was run" in said.err
    assert files(graded) == before
    (graded / records.ID / "bob" / "source.json").write_text("{}")
    said = run("regrade", graded, "--run-missing", "--sandbox", "none", "--course", course)
    assert "bob: its record does not say where it came from" in said.err
    assert len(ran) == 2


def test_no_record_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    said = run("regrade", tmp_path, "--course", records.ROOT)
    assert said.code == 2
    assert "no record in" in said.err


def test_many_records_are_judged_in_processes_of_their_own(
    run: Run, graded: Path, course: Path
) -> None:
    for number in range(45):
        copied = shutil.copytree(graded / records.ID / "ann", graded / records.ID / f"s{number:02}")
        for name in ("grade.json", "evidence.jsonl"):
            path = copied / name
            path.write_text(path.read_text().replace("ann", f"s{number:02}"))
    change(course / "rubrics" / f"{records.ID}.toml", "points = 10", "points = 20")
    said = run("regrade", graded, "--course", course)
    assert said.code == 0
    assert "47 of 47 hand-ins come to something else" in said.out


def chapter_01() -> Asked:
    assignment = load_assignment(records.ROOT, "01-workflow")
    return Asked(assignment, load_rubric(records.ROOT, assignment))


def seen(scene: Scene, **header: str) -> Evidence:
    return scene.evidence(assignment="01-workflow", grader=grader.__version__, **header)


def test_a_challenge_that_was_not_given_has_to_be() -> None:
    asked = chapter_01()
    [challenge] = asked.assignment.challenge
    at_all = Scene().cell(challenge.exercise, "model = Line()")
    assert f"was not given the challenge '{challenge.id}'" in lacks(seen(at_all), asked)
    told: dict[str, Any] = {"challenge": challenge.id, "ask": challenge.ask}
    other = Scene().cell(challenge.exercise, "model = Line()").challenge(1.5, **told)
    assert f"was not given the challenge '{challenge.id}'" in lacks(seen(other), asked)
    given = Scene().cell(challenge.exercise, "model = Line()")
    given.challenge(inputs=challenge.inputs, **told)
    assert lacks(seen(given), asked) == ""


def test_what_was_not_attempted_or_broke_off_lacks_no_challenge() -> None:
    asked = chapter_01()
    [challenge] = asked.assignment.challenge
    empty = Scene().cell(challenge.exercise, "# answer", written=False)
    assert lacks(seen(empty), asked) == ""
    cut = Scene().cell(challenge.exercise, "model = Line()")
    assert lacks(seen(cut, ending="kernel_died", why="it died"), asked) == ""
