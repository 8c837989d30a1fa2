"""`grader new` writes an assignment that works as it is."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.assignment import Assignment, Exercise, load_assignment
from grader.cli.main import cli
from grader.notebook import Notebook, parse_notebook
from grader.rubric import Rubric, load_rubric
from grader.rubric_schema import rubric_schema
from grader.rubric_text import CriterionText
from grader.sample import MISTAKE, SCHEMA


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in args])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def loaded(course: Path, name: str) -> tuple[Assignment, Rubric]:
    assignment = load_assignment(course, name)
    return assignment, load_rubric(course, assignment)


def test_an_empty_folder_becomes_a_course(here: Path) -> None:
    said = run("new", "hw-1")
    assert said.exit_code == 0
    assert sorted(files(here)) == [
        "assignments/hw-1/assignment.toml",
        f"assignments/hw-1/mistakes/{MISTAKE}",
        "assignments/hw-1/mistakes/expect.toml",
        "assignments/hw-1/solution.ipynb",
        "assignments/hw-1/starter.ipynb",
        "rubrics/hw-1.toml",
        f"rubrics/{SCHEMA}",
    ]
    for name in files(here):
        assert name in said.output
    for step in ("Edit the notebooks", "grader prove hw-1", "grader grade HANDINS"):
        assert step in said.output


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_what_it_writes_is_valid(here: Path, count: int) -> None:
    assert run("new", "hw", "--exercises", str(count)).exit_code == 0
    assignment, rubric = loaded(here, "hw")
    assert [e.id for e in assignment.exercise] == [str(n) for n in range(1, count + 1)]
    assert all(rubric.of(e.id) for e in assignment.exercise)
    assert all(e.lines for e in assignment.exercise)
    for name in ("starter.ipynb", "solution.ipynb", f"mistakes/{MISTAKE}"):
        book = parse_notebook((here / "assignments/hw" / name).read_bytes())
        assert isinstance(book, Notebook)
        assert len(book.cells) == 2 * count + 1
    expect = tomllib.loads((here / "assignments/hw/mistakes/expect.toml").read_text("utf-8"))
    [mistake] = expect["mistake"]
    assert mistake["hand_in"] == MISTAKE
    assert mistake["loses"] == [c.id for c in rubric.criteria]


def test_every_criterion_climbs_a_ladder_of_hints(here: Path) -> None:
    run("new", "hw", "--exercises", "4")
    for criterion in loaded(here, "hw")[1].criteria:
        assert len(set(criterion.hints)) >= 2
        assert all(h.endswith(".") for h in criterion.hints)


@pytest.mark.parametrize("title", ['A "quoted" \\ title', "Übung 1: # Tensoren", "[[exercise]]"])
def test_a_title_may_hold_any_printable_text(here: Path, title: str) -> None:
    assert run("new", "hw", "--title", title).exit_code == 0
    assert loaded(here, "hw")[0].title == title
    book = json.loads((here / "assignments/hw/starter.ipynb").read_text("utf-8"))
    assert book["cells"][0]["source"][0] == f"# {title}\n"


def test_without_a_title_it_is_the_id_in_words(here: Path) -> None:
    run("new", "my_first-tensors")
    assert loaded(here, "my_first-tensors")[0].title == "My first tensors"


@pytest.mark.parametrize("title", ["two\nlines", "", " ", "\x1b[31m"])
def test_a_title_of_other_text_is_refused(here: Path, title: str) -> None:
    assert run("new", "hw", "--title", title).exit_code == 2
    assert files(here) == {}


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "-a", "a-", "a b", "ä", "a.toml", "x" * 61, "a\n", "~"]
)
def test_an_id_that_is_no_folder_name_is_refused(here: Path, name: str) -> None:
    said = run("new", "--", name)
    assert said.exit_code == 2
    assert "an id is made of letters" in " ".join(said.output.split())
    assert files(here.parent) == {}


@pytest.mark.parametrize("count", ["0", "51", "many"])
def test_a_count_out_of_reach_is_refused(here: Path, count: str) -> None:
    assert run("new", "hw", "--exercises", count).exit_code == 2
    assert files(here) == {}


@pytest.mark.parametrize(
    "there", ["assignments/hw/assignment.toml", "assignments/hw/notes.txt", "rubrics/hw.toml",
              "assignments/hw"],
)  # fmt: skip
def test_what_is_there_is_named_and_kept(here: Path, there: str) -> None:
    (here / there).parent.mkdir(parents=True)
    (here / there).write_text("mine")
    said = run("new", "hw", "--course", here)
    assert said.exit_code == 2
    named = "rubrics/hw.toml" if "rubrics" in there else "assignments/hw"
    assert f"already {here / named}" in " ".join(said.output.split())
    assert files(here) == {there: b"mine"}


def test_a_second_assignment_joins_the_first(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("new", "one")
    before = files(here)
    (here / "rubrics" / SCHEMA).write_text("older")
    monkeypatch.chdir(here / "assignments" / "one")
    assert run("new", "two").exit_code == 0
    after = files(here)
    assert after.pop(f"rubrics/{SCHEMA}") == b"older"
    assert all(after[name] == data for name, data in before.items() if name in after)
    assert loaded(here, "two")


def test_a_folder_that_holds_other_things_is_not_made_a_course(here: Path) -> None:
    (here / "letter.txt").write_text("Dear reader")
    said = run("new", "hw")
    assert said.exit_code == 2
    assert "not empty" in said.output
    assert list(files(here)) == ["letter.txt"]
    assert run("new", "hw", "--course", ".").exit_code == 0  # it was named
    assert loaded(here, "hw")


def test_a_folder_that_cannot_be_written_is_told(here: Path) -> None:
    (here / "rubrics").write_text("a file in the way")
    said = run("new", "hw", "--course", here)
    assert said.exit_code == 1
    assert type(said.exception).__name__ == "HostError"
    assert str(here / "rubrics" / "hw.toml") in str(said.exception)


def test_the_rubric_names_the_schema_beside_it_for_an_editor(here: Path) -> None:
    run("new", "hw")
    text = (here / "rubrics/hw.toml").read_text("utf-8")
    assert text.startswith(f"#:schema ./{SCHEMA}\n")
    assert json.loads((here / "rubrics" / SCHEMA).read_text("utf-8")) == rubric_schema()


def test_the_comments_tell_every_key(here: Path) -> None:
    run("new", "hw")

    def comments(name: str) -> str:
        lines = (here / name).read_text("utf-8").splitlines()
        return "\n".join(line for line in lines if line.startswith("#"))

    for key in CriterionText.model_fields:
        assert f"\n#   {key}  " in comments("rubrics/hw.toml")
    told = comments("assignments/hw/assignment.toml")
    for key in set(Exercise.model_fields) - {"headings", "lines"}:
        assert f"\n#   {key}  " in told
    for key in ("hand_in", "why", "loses"):
        assert f"\n#   {key}  " in comments("assignments/hw/mistakes/expect.toml")
    for name in ("rubrics/hw.toml", "assignments/hw/assignment.toml",
                 "assignments/hw/mistakes/expect.toml"):  # fmt: skip
        assert max(len(line) for line in (here / name).read_text("utf-8").splitlines()) <= 100


@pytest.mark.kernel
def test_its_own_hand_ins_are_graded_as_meant(here: Path) -> None:
    """The starter earns nothing, the solution everything; the mistake loses every criterion."""
    run("new", "hw", "--exercises", "5")
    home = here / "assignments" / "hw"
    hand_ins = [home / "starter.ipynb", home / "solution.ipynb", home / "mistakes" / MISTAKE]
    said = run("grade", *hand_ins, "--assignment", "hw", "--out", here / "out")
    assert said.exit_code == 0, said.output
    with (here / "out" / "grades.csv").open(encoding="utf-8", newline="") as table:
        rows = {row["student"]: row for row in csv.DictReader(table)}
    assert {name: row["earned"] for name, row in rows.items()} == {
        "starter": "0", "solution": "50", "all-wrong": "0",
    }  # fmt: skip
    assert {row["needs_a_person"] for row in rows.values()} == {""}
    for name, verdict in (("starter", "missing"), ("solution", "correct"), ("all-wrong", "wrong")):
        assert {rows[name][f"exercise {n}"] for n in range(1, 6)} == {verdict}
    grade = json.loads((here / "out/hw/all-wrong/grade.json").read_text("utf-8"))
    assert {m["verdict"] for m in grade["marks"]} == {"failed"}


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 4])
def test_it_is_proved_as_it_is(here: Path, count: int) -> None:
    run("new", "hw", "--exercises", str(count))
    said = run("prove", "hw")
    assert said.exit_code == 0, said.output
    assert "hw: proved" in said.output
