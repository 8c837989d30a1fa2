"""A batch that is broken off: by Ctrl-C, by a full disk. What is graded is kept, and told."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.batch.lock import LOCK
from grader.cli.running import keeping
from grader.errors import HostError, NoFence
from grader.evidence import SCHEMA, Evidence, Header
from grader.grade import Grade, judge, mark
from grader.record import EVIDENCE, EXECUTED, GRADE, write_record
from grader.rubric import load_rubric

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
SAMPLES = ROOT / "submissions" / ID
SLEEP = "import time\ntime.sleep(100)"


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "grader", *map(str, arguments)]


def table(out: Path) -> dict[str, str]:
    """The points of each student in a batch's table."""
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row["earned"] for row in csv.DictReader(file)}


def wait_for(holds: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.kernel
@pytest.mark.slow
def test_ctrl_c_tells_in_one_line_what_is_graded_and_how_to_go_on(tmp_path: Path) -> None:
    hand_ins, out = tmp_path / "in", tmp_path / "out"
    hand_ins.mkdir()
    shutil.copy(next((SAMPLES / "amara").glob("*.ipynb")), hand_ins / "amara.ipynb")
    book = json.loads((hand_ins / "amara.ipynb").read_text(encoding="utf-8"))
    first = next(c for c in book["cells"] if c["cell_type"] == "code")
    first["source"] = SLEEP
    for name in ("bob", "cem"):
        (hand_ins / f"{name}.ipynb").write_text(json.dumps(book), encoding="utf-8")
    earlier = out / ID / "bob" / "grade.json"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("an earlier grade", encoding="utf-8")
    with subprocess.Popen(
        command("grade", hand_ins, "-a", ID, "-o", out, "--jobs", "1"), cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        wait_for((out / ID / "amara" / "keys.json").exists)
        time.sleep(0.5)  # now bob runs
        process.send_signal(signal.SIGINT)
        said, news = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said == ""
    assert news.splitlines()[1:] == [
        f"grader: stopped: 1 of 3 hand-ins are graded, see {out / 'grades.csv'}; the others were"
        " broken off or not started; type the same again, or name those alone"
    ]
    assert table(out) == {"amara": "100"}
    assert earlier.read_text(encoding="utf-8") == "an earlier grade"


@pytest.mark.slow
def test_ctrl_c_ends_every_command_in_one_line() -> None:
    code = "import signal; from grader.cli import main, checks\n" \
           "checks.command.callback = lambda **_: signal.raise_signal(signal.SIGINT)\n" \
           "import sys; sys.argv = ['grader', 'checks']; main.main()"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "grader: stopped\n")


SMALL = (
    "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
    'mount -t tmpfs -o size="$1" none "$2"; shift; copy="$2"; out="$1"; shift 2\n'
    '"$@"; code=$?; cp -r "$out/." "$copy"; exit $code', "sh",
)  # fmt: skip
"""Runs a command with a small disk in the place of a folder, and copies what is on it at last."""


@pytest.mark.kernel
@pytest.mark.slow
def test_a_full_disk_is_told_with_what_is_safe_and_what_to_do(tmp_path: Path) -> None:
    out, copy = tmp_path / "out", tmp_path / "copy"
    for folder in (out, copy):
        folder.mkdir()
    done = subprocess.run(
        [*SMALL, "300k", str(out), str(copy),
         *command("grade", SAMPLES, "-a", ID, "-o", out, "--jobs", "1")],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4, done.stdout + done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("grader: ")]
    assert told[0].startswith(f"grader: {out}")
    assert told[0].endswith(": cannot be written: No space left on device")
    whole = list(copy.glob(f"{ID}/*/{GRADE}"))
    assert any(f"{len(whole)} of 5 hand-ins are graded" in line for line in told)
    assert "make room" in told[-1]
    assert 0 < len(whole) < 5
    for grade in whole:
        json.loads(grade.read_text(encoding="utf-8"))
        assert (grade.parent / EVIDENCE).exists()
    assert [p.name for p in copy.rglob(".*") if p.is_file()] == [LOCK]


# Without a kernel


@pytest.fixture
def written(tmp_path: Path) -> tuple[Evidence, Grade]:
    known = load_assignment(ROOT, ID)
    evidence = Evidence(
        header=Header(
            schema=SCHEMA, assignment=ID, student="ann", submission="0" * 64, ending="finished"
        )
    )  # fmt: skip
    grade = mark(evidence, judge(evidence, load_rubric(ROOT, known), known), known)
    write_record(tmp_path, evidence, grade, "{}")
    return evidence, grade


def test_an_earlier_record_stays_where_there_is_no_room_for_the_new_one(
    written: tuple[Evidence, Grade], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ID / "ann"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert set(before) == {EVIDENCE, EXECUTED, GRADE}

    def full(handle: int, *_: object, **__: object) -> None:
        os.close(handle)
        raise OSError(28, "No space left on device")

    kept = os.fdopen
    for room in (0, 1):  # for so many files
        calls = iter([kept] * room)
        monkeypatch.setattr("os.fdopen", lambda *a, calls=calls, **k: next(calls, full)(*a, **k))
        with pytest.raises(HostError, match="No space left on device"):
            write_record(tmp_path, *written, "{" + " " * 1000 + "}")
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_trouble_is_told_with_what_is_safe(tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught, keeping(tmp_path, [1, 2], 5, ROOT, "--out"):
        raise HostError("no room for ann")
    assert str(caught.value).splitlines() == [
        "no room for ann",
        f"broken off: 2 of 5 hand-ins are graded, see {tmp_path / 'grades.csv'}",
        "make room there, or name another folder with --out; then type the same again",
    ]
    assert (tmp_path / "grades.csv").exists()


def test_where_the_table_cannot_be_written_either_the_records_are_safe(tmp_path: Path) -> None:
    out = tmp_path / "out"  # a folder that is not there
    with pytest.raises(HostError) as caught, keeping(out, [1], 5, ROOT):
        raise HostError("no room for ann")
    first, second, last = str(caught.value).splitlines()
    assert first == "no room for ann"
    assert second.startswith(str(out))
    assert last == (
        "1 of 5 hand-ins are graded, and their records are whole; make room, then type:"
        f" grader report {out}"
    )


@pytest.mark.parametrize("problem", [NoFence("no fence"), ValueError("a bug")])
def test_other_ends_are_told_as_they_are(tmp_path: Path, problem: Exception) -> None:
    with pytest.raises(type(problem)) as caught, keeping(tmp_path, [], 5, ROOT):
        raise problem
    assert caught.value is problem
    assert (tmp_path / "grades.csv").exists()
