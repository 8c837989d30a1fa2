"""Odd files through the real command: everybody gets a grade, or a line that says why not."""

from __future__ import annotations

import base64
import csv
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ordinary_user import as_ordinary_user

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
ID = "00-fundamentals"
MAKE = runpy.run_path(str(TESTS / "make_golden.py"))
BASE: dict[str, Any] = MAKE["read"](TESTS / "golden")["base"]

pytestmark = [pytest.mark.kernel, pytest.mark.slow]


def notebook(**answers: str) -> bytes:
    """A hand-in that earns everything but for what is said of it."""
    made: bytes = MAKE["as_file"]({**BASE, **answers})
    return made


class Said(NamedTuple):
    """What a call of the command gave, and the most memory that one of its processes held."""

    code: int
    text: str
    out: Path
    peak_kib: int = 0

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        """The lines of the table by file."""
        with (self.out / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["file"]: row for row in csv.DictReader(file)}


def grade(*paths: Path, out: Path, options: tuple[str, ...] = ()) -> Said:
    command = [sys.executable, "-m", "grader", "grade", *map(str, paths), "-a", ID, "-o", str(out),
               "--course", str(ROOT), *options]  # fmt: skip
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as apart:
        process = subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=apart)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        text = "".join(file.read() for file in (told, apart) if not file.seek(0))
    assert "Traceback" not in text, text[-3000:]
    return Said(process.returncode, text, out, usage.ru_maxrss)


NAMES = {
    "blank and quotes": 'it\'s "mine".ipynb',
    "dots": "a..b.ipynb",
    "control": "bell\x07new\nline.ipynb",
    "chinese": "李雷.ipynb",
    "arabic": "أحمد.ipynb",
    "turned round": "x\u202egpj.ipynb",
    "longest": f"{'n' * 249}.ipynb",
    "markup": "<b>[red]&amp;.ipynb",
    "option": "-rf.ipynb",
    "formula": "=1+1.ipynb",
    "no text": os.fsdecode(b"\xff\xfe.ipynb"),
    "upper": "Case.ipynb",
    "lower": "case.ipynb",
    "composed": "é.ipynb",
    "apart": "e\u0301.ipynb",
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """One hand-in under each odd name; all hold something different."""
    folder = tmp_path_factory.mktemp("named") / "in"
    folder.mkdir()
    for number, name in enumerate(NAMES.values()):
        (folder / name).write_bytes(notebook(**{"5": f"torch.cuda.manual_seed(1234); {number}"}))
    return grade(folder, out=folder.parent / "out")


def test_every_name_gets_a_record_of_its_own(named: Said) -> None:
    assert named.code == 0
    students = [row["student"] for row in named.rows.values()]
    assert len({s.casefold() for s in students}) == len(NAMES)
    assert {row["earned_so_far"] for row in named.rows.values()} == {"100"}
    assert all((named.out / ID / s.removeprefix("'") / "grade.json").exists() for s in students)


def test_no_name_steers_a_terminal_or_a_spreadsheet(named: Said) -> None:
    assert not set(named.text) & set("\x07\x1b\u202e")
    cells = [cell for row in named.rows.values() for cell in row.values()]
    assert not any(cell.startswith(("=", "-", "+", "@")) for cell in cells)
    assert not any(set(cell) & set("\x07\n\u202e") for cell in cells)


def test_names_that_differ_by_little_say_that_they_may_be_of_one(named: Said) -> None:
    told = {file for file, row in named.rows.items() if "may be of one" in row["needs_a_person"]}
    assert told == {"Case.ipynb", "case.ipynb", "é.ipynb", "e\u0301.ipynb"}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """A class folder with all that people hand in, and things that are no hand-in at all."""
    top = tmp_path_factory.mktemp("mixed")
    folder = top / "in"
    files: dict[str, bytes] = {
        "anna/hw.ipynb": notebook(),
        "anna/hw (1).ipynb": notebook(**{"2": ""}),
        "bert/hw.ipynb": notebook(),
        "bert/hw copy.ipynb": notebook(),
        "cleo/report.docx": b"x",
        "dana/homework.py": MAKE["percent"](MAKE["items"](BASE)).encode(),
        "dana/notes.pdf": b"x",
        "emil/hw.ipynb": b"",
        "finn/hw.ipynb.txt": notebook(),
        "gina/hw.ipynb (1)": notebook(),
        "hugo/hw.json": notebook(),
        "ines/x.ipynb/hw.ipynb": notebook(),
        "jana/hw.ipynb": notebook(
            **{"2": "from helpers import two\nx = two()\nx", "9": "open('model.bin').read()"}
        ),
        "jana/helpers.py": b"import torch\ndef two():\n    return torch.rand(7, 7)\n",
        "kurt/lines.ipynb": notebook(
            **{"3": f"for i in range(100_000):\n    print(i)\n{BASE['3']}"}
        ),
        "lena/big.ipynb": with_pictures(50_000_000),
        "mona/solution.ipynb": (ROOT / "assignments" / ID / "solution.ipynb").read_bytes(),
        "notes.txt": b"x",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "jana" / "model.bin").symlink_to("/etc/hostname")
    (folder / "nils").mkdir()
    (folder / "nils" / "link.ipynb").symlink_to(folder / "bert" / "hw.ipynb")
    (folder / "olga").mkdir()
    os.mkfifo(folder / "olga" / "pipe.ipynb")
    (folder / "paul").mkdir()
    return grade(folder, out=top / "out")


def with_pictures(size: int) -> bytes:
    """A notebook whose stored outputs take so many bytes."""
    book = json.loads(notebook())
    picture = base64.b64encode(os.urandom(size // 8)).decode()
    codes = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    for cell in codes[:6]:
        cell["outputs"] = [{"output_type": "display_data", "metadata": {},
                            "data": {"image/png": picture}}]  # fmt: skip
    data = json.dumps(book).encode()
    assert len(data) > size
    return data


@pytest.mark.parametrize(
    "file",
    ["anna/hw.ipynb", "bert/hw.ipynb", "dana/homework.py", "finn/hw.ipynb.txt", "gina/hw.ipynb (1)",
     "hugo/hw.json", "ines/x.ipynb/hw.ipynb", "kurt/lines.ipynb", "lena/big.ipynb",
     "mona/solution.ipynb"],
)  # fmt: skip
def test_what_can_be_read_earns_everything(mixed: Said, file: str) -> None:
    assert mixed.rows[file]["earned_so_far"] == "100", mixed.rows[file]


def test_a_student_is_the_folder_and_keeps_two_records(mixed: Said) -> None:
    one, other = mixed.rows["anna/hw.ipynb"], mixed.rows["anna/hw (1).ipynb"]
    assert (one["student"], other["student"]) == ("anna", "anna-2")
    assert other["exercise 2"] == "missing"
    for row in (one, other):
        assert "2 files here may be of one student: hw.ipynb, hw (1).ipynb" in row["needs_a_person"]
        assert row["final"] == "yes"


def test_copies_are_graded_once(mixed: Said) -> None:
    assert "bert/hw copy.ipynb" not in mixed.rows
    assert "bert/hw copy.ipynb holds the same bytes as bert/hw.ipynb" in mixed.text
    assert mixed.rows["bert/hw.ipynb"]["needs_a_person"] == ""


@pytest.mark.parametrize(
    ("file", "why"),
    [("emil/hw.ipynb", "empty"), ("nils/link.ipynb", "is a link"),
     ("olga/pipe.ipynb", "is not a regular file")],
)  # fmt: skip
def test_what_cannot_be_read_says_why(mixed: Said, file: str, why: str) -> None:
    row = mixed.rows[file]
    assert (row["ending"], row["final"]) == ("unreadable", "no")
    assert why in row["needs_a_person"]


def test_whoever_has_no_grade_is_told(mixed: Said) -> None:
    assert "not graded, no notebook, script or zip: notes.txt" in mixed.text
    assert "no hand-in in: cleo (holds report.docx), paul (empty)" in mixed.text
    assert len(mixed.rows) == 15


def test_helpers_come_along_and_a_link_that_is_missed_withholds(mixed: Said) -> None:
    row = mixed.rows["jana/hw.ipynb"]
    assert row["exercise 2"] == "correct"
    assert row["exercise 9"] == "unknown"
    assert "model.bin, which lay beside it and could not come along" in row["needs_a_person"]
    evidence = mixed.out / ID / "jana" / "evidence.jsonl"
    header = json.loads(evidence.read_text(encoding="utf-8").split("\n")[0])
    assert [f["name"] for f in header["files"]] == ["helpers.py"]
    assert header["left_out"] == ["model.bin"]


def test_memory_stays_bounded(mixed: Said) -> None:
    """In KiB, of the largest process of all: that is the warm parent, at about 670 MB."""
    assert mixed.code == 0
    assert mixed.peak_kib < 1_500_000


def test_a_file_of_the_same_name_from_elsewhere_gets_its_own_record(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "hw.ipynb").write_bytes(notebook(**{"2": f"'{folder}'"}))
    one, two = tmp_path / "one" / "hw.ipynb", tmp_path / "two" / "hw.ipynb"
    grade(one, out=out)
    first = (out / ID / "hw" / "grade.json").read_bytes()
    said = grade(two, out=out)
    assert "recorded as hw-2: the record hw is that of another file" in said.text
    assert (out / ID / "hw" / "grade.json").read_bytes() == first
    again = grade(two, out=out)
    assert sorted(p.name for p in (out / ID).iterdir()) == ["hw", "hw-2"]
    assert "recorded as hw-2" in again.text
    assert "recorded as" not in grade(one, out=out).text


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("ann", "bob", "eve"):
        (folder / name).mkdir(parents=True)
    (folder / "ann" / "hw.ipynb").write_bytes(notebook(**{"2": "import two\nx = two.x\nx"}))
    (folder / "ann" / "two.py").write_text("import torch\nx = torch.rand(7, 7)\n")
    (folder / "bob" / "hw.ipynb").write_bytes(notebook())
    out = tmp_path / "out"
    command = [sys.executable, "-m", "grader", "grade", str(folder), "-a", ID, "-o", str(out)]
    if os.geteuid() == 0:  # who may read everything
        command = as_ordinary_user(command, writable=[tmp_path])
    (folder / "bob" / "hw.ipynb").chmod(0)
    (folder / "eve").chmod(0)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    rows = Said(done.returncode, done.stderr, out).rows
    assert rows["ann/hw.ipynb"]["earned"] == "100", done.stderr
    assert "Permission denied" in rows["bob/hw.ipynb"]["needs_a_person"]
    assert "cannot be looked into: eve" in done.stderr


def changing(path: Path, change: Callable[[Path], None], out: Path) -> dict[str, Any]:
    """The grade of a file that changes after the folder was searched."""
    from grader.assignment import load_assignment
    from grader.grading import Batch, grade_file
    from grader.intake import take_in
    from grader.rubric import load_rubric
    from grader.sandboxes.choose import open_sandbox

    assignment = load_assignment(ROOT, ID)
    (found,) = take_in([path.parent], assignment).hand_ins
    change(path)
    with open_sandbox("fenced") as sandbox:
        batch = Batch(assignment, load_rubric(ROOT, assignment), out, sandbox)
        graded = grade_file(found.path, "ann", batch, arrival=found.arrival)
    data: dict[str, Any] = graded.grade.model_dump()
    return data


def test_files_that_grow_or_vanish_meanwhile_are_told(tmp_path: Path) -> None:
    hand_in = tmp_path / "in" / "hw.ipynb"
    hand_in.parent.mkdir()
    hand_in.write_bytes(
        notebook(**{"2": "n = int(open('data.csv').read())\nx = torch.rand(n, n)\nx"})
    )
    data = hand_in.with_name("data.csv")
    data.write_text("7")

    def grow(path: Path) -> None:
        with data.open("wb") as file:
            file.truncate(60_000_000)

    grade = changing(hand_in, grow, tmp_path / "out")
    assert any("data.csv, which lay beside it" in why for why in grade["needs_a_person"])
    data.write_text("7")
    grade = changing(hand_in, lambda path: path.unlink(), tmp_path / "out")
    assert grade["ending"] == "unreadable"
    assert "No such file" in grade["needs_a_person"][0]
