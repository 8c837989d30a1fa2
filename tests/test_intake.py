"""Which files of a folder are hand-ins, what comes along with them, and what is told."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.intake import Intake, take_in
from grader.submission import Arrival

ROOT = Path(__file__).parents[1]
ASSIGNMENT = load_assignment(ROOT, "00-fundamentals")
NOTEBOOK = (ROOT / "assignments/00-fundamentals/starter.ipynb").read_text(encoding="utf-8")
SCRIPT = "".join(f"# {e.id}. {e.title}\nx{e.id} = 1\n" for e in ASSIGNMENT.exercise)
OTHER = "x = 1\n"


def lay(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)
    return folder


def zipped(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def taken(*paths: Path, out: Path | None = None, kept_out: tuple[Path, ...] = ()) -> Intake:
    return take_in(paths, ASSIGNMENT, out, kept_out)


def arrivals(intake: Intake) -> dict[str, Arrival]:
    return {found.arrival.file: found.arrival for found in intake.hand_ins}


def hand_ins(folder: Path, files: dict[str, str | bytes]) -> list[str]:
    return list(arrivals(taken(lay(folder, files))))


# ---- what is a hand-in ----------------------------------------------------------------------


def test_notebooks_scripts_and_zips_are_hand_ins(tmp_path: Path) -> None:
    assert hand_ins(tmp_path, {
        "a.ipynb": NOTEBOOK, "b.IPYNB": NOTEBOOK, "c.py": SCRIPT, "d.zip": zipped({"x": ""}),
    }) == ["a.ipynb", "b.IPYNB", "c.py", "d.zip"]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["a.ipynb.txt", "a.ipynb (1)", "a.ipynb.json", "a.json", "a.ipynb.download", "a.py"]
)
def test_a_notebook_under_another_ending_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    assert hand_ins(tmp_path, {name: NOTEBOOK}) == [name]


@pytest.mark.parametrize("name", ["a.json", "a.ipynb.txt", "a.ipynb - Colab.pdf", "a.txt"])
def test_what_is_called_like_one_and_is_none_is_told(tmp_path: Path, name: str) -> None:
    intake = taken(lay(tmp_path, {name: '{"x": 1}', "b.ipynb": NOTEBOOK, "c.ipynb": NOTEBOOK}))
    assert list(arrivals(intake)) == ["b.ipynb", "c.ipynb"]
    assert intake.news == [f"not graded, no notebook, script or zip: {name}"]


def test_a_script_download_with_a_copy_mark_is_a_script(tmp_path: Path) -> None:
    assert hand_ins(tmp_path, {"a.py.txt": SCRIPT, "b.py (1)": SCRIPT}) == ["a.py.txt", "b.py (1)"]


def test_a_helper_module_is_no_hand_in(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {
        "ann/hw.ipynb": NOTEBOOK.replace('"source": [', '"source": ["import helpers",', 1),
        "ann/helpers.py": OTHER,
        "bob/hw.py": f"from lib.tools import f\n{SCRIPT}", "bob/lib/tools.py": OTHER,
        "bob/lib/__init__.py": "",
    }))  # fmt: skip
    assert {f: a.beside for f, a in arrivals(intake).items()} == {
        "ann/hw.ipynb": ("helpers.py",), "bob/hw.py": ("lib/__init__.py", "lib/tools.py"),
    }  # fmt: skip
    assert intake.news == []


def test_a_script_beside_a_hand_in_that_nobody_imports_is_told(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {"ann/hw.ipynb": NOTEBOOK, "ann/old.py": OTHER}))
    assert list(arrivals(intake)) == ["ann/hw.ipynb"]
    assert intake.news == ["not graded, without the exercises and beside a hand-in: ann/old.py"]


def test_a_script_with_the_exercises_is_a_hand_in_wherever_it_lies(tmp_path: Path) -> None:
    assert hand_ins(tmp_path, {"hw.ipynb": NOTEBOOK, "x/hw.py": SCRIPT}) == ["hw.ipynb", "x/hw.py"]


def test_another_homework_in_a_class_folder_gets_a_grade_too(tmp_path: Path) -> None:
    assert hand_ins(tmp_path, {"ann.py": SCRIPT, "bob.py": OTHER, "eve.py": SCRIPT}) == [
        "ann.py", "bob.py", "eve.py",
    ]  # fmt: skip
    assert hand_ins(tmp_path / "alone", {"main.py": "import lib\n", "lib.py": OTHER}) == ["main.py"]


def test_a_zip_of_data_beside_a_hand_in_is_a_file(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {
        "ann/hw.ipynb": NOTEBOOK, "ann/data.zip": zipped({"x.csv": "1"}),
        "bob/hw.ipynb": NOTEBOOK, "bob/old.zip": zipped({"hw.ipynb": "{}"}),
        "eve/hw.ipynb": NOTEBOOK, "eve/broken.zip": b"PK",
    }))  # fmt: skip
    assert list(arrivals(intake)) == [
        "ann/hw.ipynb", "bob/hw.ipynb", "bob/old.zip", "eve/broken.zip", "eve/hw.ipynb",
    ]  # fmt: skip
    assert arrivals(intake)["ann/hw.ipynb"].beside == ("data.zip",)


@pytest.mark.parametrize("inner", ["venv/pyvenv.cfg", "node_modules/x", ".git/x", "__pycache__/x"])
def test_folders_of_programs_are_passed_over(tmp_path: Path, inner: str) -> None:
    folder = inner.partition("/")[0]
    files: dict[str, str | bytes] = {
        "a.ipynb": NOTEBOOK, inner: "", f"{folder}/lib/m.py": SCRIPT, f"{folder}/x.ipynb": NOTEBOOK,
    }  # fmt: skip
    intake = taken(lay(tmp_path, files))
    assert arrivals(intake) == {"a.ipynb": Arrival("a.ipynb")}
    assert intake.news == []


def test_records_and_tables_of_ours_are_no_hand_ins(tmp_path: Path) -> None:
    out = tmp_path / "grades"
    record = {"evidence.jsonl": "", "executed.ipynb": NOTEBOOK, "grade.json": "{}",
              "source.json": "{}", "report.html": ""}  # fmt: skip
    lay(out / ASSIGNMENT.id / "ann", dict(record))
    lay(out, {"grades.csv": "", "index.html": ""})
    lay(tmp_path, {"ann.ipynb": NOTEBOOK, "bob.ipynb": NOTEBOOK, "rubrics/00.toml": "x = 1"})
    intake = taken(tmp_path, out=out, kept_out=(out, tmp_path / "rubrics"))
    assert list(arrivals(intake)) == ["ann.ipynb", "bob.ipynb"]
    assert intake.news == []
    (tmp_path / "bob.ipynb").unlink()
    assert arrivals(taken(tmp_path, out=out, kept_out=(out, tmp_path / "rubrics"))) == {
        "ann.ipynb": Arrival("ann.ipynb")
    }


def test_a_folder_that_may_not_be_looked_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, {"ann/hw.ipynb": NOTEBOOK, "bob/hw.ipynb": NOTEBOOK})
    look = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "bob":
            raise PermissionError(13, "Permission denied")
        return look(path)

    monkeypatch.setattr(os, "scandir", refuse)
    intake = taken(tmp_path)
    assert list(arrivals(intake)) == ["ann/hw.ipynb"]
    assert "cannot be looked into: bob" in intake.news


# ---- what comes along -----------------------------------------------------------------------


def test_files_come_along_where_a_folder_holds_one_hand_in(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {
        "ann/hw.ipynb": NOTEBOOK, "ann/data/x.csv": "1", "ann/a.png": b"\x89",
        "ann/.env": "x",
        "bob/hw.ipynb": NOTEBOOK, "bob/hw2.ipynb": NOTEBOOK + " ", "bob/x.csv": "1",
        "roster.csv": "",
    }))  # fmt: skip
    beside = {f: a.beside for f, a in arrivals(intake).items()}
    assert beside == {
        "ann/hw.ipynb": ("a.png", "data/x.csv"), "bob/hw.ipynb": (), "bob/hw2.ipynb": (),
    }  # fmt: skip
    assert intake.news == ["not graded, no notebook, script or zip: bob/x.csv, roster.csv"]


def test_only_what_lies_below_the_hand_in_comes_along(tmp_path: Path) -> None:
    lay(tmp_path, {"ann/src/hw.ipynb": NOTEBOOK, "ann/x.csv": "1", "ann/src/y.csv": "2"})
    assert arrivals(taken(tmp_path))["ann/src/hw.ipynb"].beside == ("y.csv",)


def test_nothing_above_the_folder_that_was_named_comes_along(tmp_path: Path) -> None:
    lay(tmp_path, {"ann/hw.ipynb": NOTEBOOK, "ann/x.csv": "1", "secret.csv": "2"})
    assert arrivals(taken(tmp_path / "ann"))["hw.ipynb"].beside == ("x.csv",)


def test_a_notebook_that_is_named_as_a_file_brings_nothing(tmp_path: Path) -> None:
    lay(tmp_path, {"hw.ipynb": NOTEBOOK, "x.csv": "1"})
    assert arrivals(taken(tmp_path / "hw.ipynb")) == {"hw.ipynb": Arrival("hw.ipynb")}


def test_links_pipes_compiled_code_and_the_courses_own_stay_behind(tmp_path: Path) -> None:
    secret = lay(tmp_path / "elsewhere", {"secret.csv": "1"}) / "secret.csv"
    folder = lay(tmp_path / "ann", {
        "hw.ipynb": NOTEBOOK, "m.so": b"\x7fELF", "m.cpython-311.pyc": b"", "x.so.1": b"",
        "y.csv": "1",
        "assignments/00/solution.csv": "", "rubrics/00-fundamentals.toml": "[[criterion]]",
    })  # fmt: skip
    (folder / "link.csv").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    os.mkfifo(folder / "pipe.csv")
    intake = taken(folder, kept_out=(folder / "assignments", folder / "rubrics"))
    (arrival,) = arrivals(intake).values()
    assert arrival.beside == ("y.csv",)
    assert arrival.left_out == (
        "folder", "link.csv", "m.cpython-311.pyc", "m.so", "pipe.csv", "x.so.1",
    )  # fmt: skip
    assert "not graded, a link or a device: folder, link.csv, pipe.csv" in intake.news


def test_the_smallest_files_come_along_as_far_as_they_fit(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"hw.ipynb": NOTEBOOK, "a.csv": "1"})
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(60_000_000)
    for number in range(600):
        (folder / f"{number:03}.txt").write_text("xx")
    intake = taken(folder)
    (arrival,) = arrivals(intake).values()
    assert len(arrival.beside) == 500
    assert "a.csv" in arrival.beside
    assert "huge.bin" in arrival.left_out
    assert len(arrival.left_out) == 102
    assert "more than 500 files or 50 MB: hw.ipynb" in intake.news[-1]


def test_a_zip_brings_only_what_is_in_it(tmp_path: Path) -> None:
    lay(tmp_path, {"ann/hw.zip": zipped({"hw.ipynb": NOTEBOOK}), "ann/x.csv": "1"})
    assert arrivals(taken(tmp_path))["ann/hw.zip"].beside == ()


# ---- who else is there ----------------------------------------------------------------------


def test_two_files_of_one_student_say_so(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {
        "anna/hw.ipynb": NOTEBOOK, "anna/hw (1).ipynb": NOTEBOOK + " ", "bob/hw.ipynb": NOTEBOOK,
    }))  # fmt: skip
    told = {f: a.odd for f, a in arrivals(intake).items()}
    why = "2 files here may be of one student: hw.ipynb, hw (1).ipynb; say which one counts"
    assert told == {"anna/hw.ipynb": (why,), "anna/hw (1).ipynb": (why,), "bob/hw.ipynb": ()}


@pytest.mark.parametrize(
    ("one", "other"),
    [("hw.ipynb", "HW.ipynb"), ("hw.ipynb", "hw.py"), ("hw.ipynb", "hw - Copy.ipynb"),
     ("e\u0301.ipynb", "\u00e9.ipynb"), ("starter.ipynb", "00_fundamentals_exercises.ipynb")],
)  # fmt: skip
def test_names_of_one_student_may_differ_by_little(tmp_path: Path, one: str, other: str) -> None:
    def content(name: str, more: str) -> str:
        return (SCRIPT if name.endswith(".py") else NOTEBOOK) + more

    intake = taken(lay(tmp_path, {one: content(one, ""), other: content(other, "\n")}))
    assert len(intake.hand_ins) == 2
    assert all("may be of one student" in a.odd[0] for a in arrivals(intake).values())


def test_copies_with_the_same_bytes_count_once(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {
        "anna/hw.ipynb": NOTEBOOK, "anna/hw (1).ipynb": NOTEBOOK, "bob/hw.ipynb": NOTEBOOK,
    }))  # fmt: skip
    assert {f: a.odd for f, a in arrivals(intake).items()} == {
        "anna/hw.ipynb": (), "bob/hw.ipynb": (),
    }  # fmt: skip
    assert intake.news == [
        "graded once: anna/hw (1).ipynb holds the same bytes as anna/hw.ipynb",
    ]  # fmt: skip


def test_folders_without_a_hand_in_are_told(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {
        "ann/hw.ipynb": NOTEBOOK, "ann/data/x.csv": "1", "bob/x.png": b"", "bob/hw.docx": b"",
        "eve/deep/.keep": "",
    }))  # fmt: skip
    assert intake.news == ["no hand-in in: bob (holds hw.docx and 1 more), eve (empty)"]


def test_documents_in_folders_below_the_only_hand_in_are_told(tmp_path: Path) -> None:
    intake = taken(lay(tmp_path, {
        "ann.ipynb": NOTEBOOK, "ann.csv": "1", "bob/hw.pdf": b"", "bob/x.csv": "1",
    }))  # fmt: skip
    assert intake.news == ["not graded, no notebook, script or zip: bob/hw.pdf"]


def test_documents_come_first_of_what_is_told(tmp_path: Path) -> None:
    names: dict[str, str | bytes] = {f"{n}.png": b"" for n in range(10)}
    lay(tmp_path, {"a.ipynb": NOTEBOOK, "b.ipynb": NOTEBOOK, "z.docx": b"", **names})
    (line,) = taken(tmp_path).news
    assert line.startswith("not graded, no notebook, script or zip: z.docx, 0.png")
    assert line.endswith("and 5 more")


def test_control_characters_and_bytes_that_are_no_text_are_shown_harmlessly(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff\x1b[31m.ipynb")).write_text(NOTEBOOK)
    (tmp_path / "b\u202ecod\n.ipynb").write_text(NOTEBOOK)
    assert sorted(arrivals(taken(tmp_path))) == [
        "a\ufffd\ufffd[31m.ipynb",
        "b\ufffdcod\ufffd.ipynb",
    ]


@pytest.mark.slow
def test_a_deep_tree_and_many_hand_ins_are_soon_sorted(tmp_path: Path) -> None:
    import time

    for number in range(400):
        lay(tmp_path, {f"{number}/hw.py": f"y = {number}\n{OTHER}", f"{number}/data/x.csv": "1"})
    start = time.process_time()
    assert len(taken(tmp_path).hand_ins) == 400
    assert time.process_time() - start < 10
