"""`grader report`: all pages again from records, and what it says of those that are not whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import records
from program import Run, Said
from test_cli import broken_course, last, no_traceback, run

from grader.batch.lock import LOCK
from grader.errors import HostError
from grader.report import Format, Overview, distinct_files, formats, overviews

__all__ = ["run"]  # a fixture


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("batch")
    records.write_batch(out)
    return out


@pytest.fixture
def out(batch: Path, tmp_path: Path) -> Path:
    """A batch of four."""
    return shutil.copytree(batch, tmp_path / "out")


def report(run: Run, out: Path, course: Path = records.ROOT) -> Said:
    return run("report", out, "--course", course)


def files(out: Path) -> dict[str, bytes]:
    there = (p for p in out.rglob("*") if p.is_file() and p.name != LOCK)
    return {str(p.relative_to(out)): p.read_bytes() for p in there}


def test_all_pages_come_back_byte_for_byte(run: Run, out: Path) -> None:
    before = files(out)
    made = [p for p in out.rglob("*") if p.suffix in (".html", ".csv")]
    assert len(made) == 4 * 2 + 2
    for path in made:
        path.unlink()
    said = report(run, out)
    assert said.code == 0
    assert f"4 of 4 hand-ins: open {out / 'index.html'}" in said.out
    assert files(out) == before


def test_a_record_that_is_not_whole_is_named_and_left_out(run: Run, out: Path) -> None:
    folder = out / records.ID
    (folder / "bob" / "grade.json").unlink()
    evidence = folder / "Anna Lindqvist" / "evidence.jsonl"
    evidence.write_text(evidence.read_text().splitlines()[0] + "\n")
    said = report(run, out)
    assert said.code == 4
    assert "2 of 4 hand-ins" in said.out
    assert len(said.err.strip().splitlines()) == 2
    assert str(folder / "bob" / "grade.json") in said.err
    assert str(evidence) in said.err
    no_traceback(said)
    assert "bob" not in (out / "index.html").read_text()


@pytest.mark.parametrize("gone", ["executed.ipynb", "evidence.jsonl"])
def test_a_missing_file_is_named(run: Run, out: Path, gone: str) -> None:
    path = out / records.ID / "bob" / gone
    path.unlink()
    said = report(run, out)
    assert said.code == 4
    assert str(path) in said.err


def test_files_of_different_hand_ins_are_no_record(run: Run, out: Path) -> None:
    folder = out / records.ID
    shutil.copy(folder / "zoe" / "grade.json", folder / "bob" / "grade.json")
    said = report(run, out)
    assert said.code == 4
    assert "different hand-ins" in last(said)


def test_a_record_of_another_rubric_is_to_be_graded_again(
    run: Run, out: Path, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    for folder in ("assignments", "rubrics"):
        shutil.copytree(records.ROOT / folder, course / folder)
    rubric = course / "rubrics" / f"{records.ID}.toml"
    rubric.write_text(rubric.read_text().replace('id = "9.argmin"', 'id = "9.smallest"'))
    said = report(run, out, course)
    assert said.code == 4
    assert "another rubric, one that differs in 9.argmin; grade it again" in said.err


def test_a_changed_title_and_what_may_be_seen_come_from_the_rubric_as_it_is_now(
    run: Run, out: Path, tmp_path: Path
) -> None:
    course = tmp_path / "course"
    for name in ("assignments", "rubrics"):
        shutil.copytree(records.ROOT / name, course / name)
    rubric = course / "rubrics" / f"{records.ID}.toml"
    old = 'title = "drawn under seed 0"\n'
    assert old in rubric.read_text()
    new = 'title = "a title nobody knew"\nvisibility = "hidden"\n'
    rubric.write_text(rubric.read_text().replace(old, new))
    assert report(run, out, course).code == 0
    folder = out / records.ID / "bob"
    assert "a title nobody knew" in (folder / "review.html").read_text()
    assert "a title nobody knew" not in (folder / "report.html").read_text()
    assert "of 96 points" in (folder / "report.html").read_text()


def test_a_missing_rubric_is_the_authors_to_mend(run: Run, out: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(records.ROOT / "assignments", course / "assignments")
    (course / "rubrics").mkdir()
    said = report(run, out, course)
    assert said.code == 3
    assert str(course / "rubrics" / f"{records.ID}.toml") in last(said)
    no_traceback(said)


def test_records_of_another_course_are_wrong_usage(run: Run, out: Path, tmp_path: Path) -> None:
    said = report(run, out, broken_course(tmp_path / "course"))
    assert said.code == 2
    assert f"records of {records.ID!r}" in last(said)
    assert "--course" in last(said)


def test_a_folder_without_records_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    said = report(run, tmp_path)
    assert said.code == 2
    assert "no record" in last(said)
    assert not (tmp_path / "index.html").exists()


def test_a_page_that_cannot_be_made_is_a_bug_and_costs_no_grade(
    run: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.reports.page.reviewed", lambda *_: 1 / 0)
    before = (out / records.ID / "bob" / "grade.json").read_bytes()
    said = report(run, out)
    assert said.code == 5
    assert "ZeroDivisionError" in said.err
    assert "please report it" in last(said)
    folder = out / records.ID / "bob"
    assert (folder / "grade.json").read_bytes() == before
    assert (folder / "report.html").exists()
    assert not (folder / "review.html").exists()


def test_grading_goes_on_when_a_page_cannot_be_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ann.ipynb").write_bytes(b"")
    monkeypatch.setattr("grader.reports.page.reviewed", lambda *_: 1 / 0)
    said = run("grade", tmp_path, "-a", records.ID, "--course", records.ROOT)
    assert said.code == 5
    assert "pages are missing, and the grades stand" in said.err
    assert (tmp_path / "grades" / records.ID / "ann" / "grade.json").exists()
    assert (tmp_path / "grades" / "grades.csv").exists()


def test_grading_says_which_page_to_open(run: Run, tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        (tmp_path / f"{name}.ipynb").write_bytes(b"")
    run_in = ("-a", records.ID, "--course", records.ROOT, "--out", tmp_path / "g")
    one = run("grade", tmp_path / "ann.ipynb", *run_in)
    assert f"open {tmp_path / 'g' / records.ID / 'ann' / 'review.html'}" in one.out
    several = run("grade", tmp_path, *run_in)
    assert f"open {tmp_path / 'g' / 'index.html'}" in several.out
    assert (tmp_path / "g" / "index.html").exists()


def test_a_page_of_an_earlier_grading_is_not_left_behind(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ann.ipynb").write_bytes(b"")
    run("grade", tmp_path, "-a", records.ID, "--course", records.ROOT)
    monkeypatch.setattr("grader.reports.page.why_not_run", lambda *_: 1 / 0)
    run("grade", tmp_path, "-a", records.ID, "--course", records.ROOT, "--again")
    folder = tmp_path / "grades" / records.ID / "ann"
    left = sorted(p.name for p in folder.iterdir())
    assert left == ["evidence.jsonl", "grade.json", "source.json"]


def test_every_report_has_a_name_and_a_file_of_its_own() -> None:
    assert {f.file for f in formats()} == {"report.html", "review.html"}
    assert {o.file for o in overviews()} == {"index.html", "grades.csv"}


@pytest.mark.parametrize("file", ["grade.json", "../x", "a/b", "", ".", "report.html"])
def test_a_report_of_another_package_takes_no_other_files_place(file: str) -> None:
    own = Format("own", "report.html", lambda _: "")
    for other in (Format("odd", file, lambda _: ""), Overview("odd", file, lambda _: "")):
        with pytest.raises(HostError, match="'odd' cannot be written"):
            distinct_files([own, other])
