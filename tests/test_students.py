"""Whose hand-in it is, told by its path alone."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment import Assignment, Exercise
from grader.students import name_students

USUAL = "00_fundamentals_exercises"
ASSIGNMENT = Assignment(
    id="00-fundamentals", title="t", file_names=[f"{USUAL}.ipynb", "starter.ipynb"],
    exercise=[Exercise(id="1", title="one")],
)  # fmt: skip
ROOT = Path("/class")


def names(*paths: str) -> list[str]:
    return name_students([ROOT / p for p in paths], ASSIGNMENT)


def test_the_student_is_the_stem() -> None:
    assert names("ann.ipynb", "Bob Miller.ipynb", "c.v2.ipynb") == ["ann", "Bob Miller", "c.v2"]


def test_a_folder_names_students_whose_files_have_one_name() -> None:
    assert names("ann/hw.ipynb", "bob/hw.ipynb", "eve.ipynb") == ["ann", "bob", "eve"]


@pytest.mark.parametrize(
    "stem",
    [
        USUAL,
        USUAL.upper(),
        USUAL.replace("_", "-"),
        USUAL.replace("_", " "),
        f"{USUAL} (1)",
        f"{USUAL}(12)",
        f"{USUAL} (1) (2)",
        f"Copy of {USUAL}",
        f"Copy of Copy of {USUAL}",
        f"{USUAL}-Copy1",
        f"{USUAL} copy",
        f"{USUAL} - Copy",
        f"{USUAL} - Copy (2)",
        "starter",
        "00-fundamentals",
        "00_Fundamentals",
    ],
)
def test_a_usual_file_name_says_nothing_about_the_student(stem: str) -> None:
    assert names(f"ann/{stem}.ipynb") == ["ann"]


@pytest.mark.parametrize("stem", ["copyright", "ann (Ann)", "my starter", "starter kit", "hw1"])
def test_other_file_names_are_students(stem: str) -> None:
    assert names(f"x/{stem}.ipynb")[0].startswith(stem[:4])


def test_the_nearest_folder_that_tells_files_apart_is_taken() -> None:
    assert names("ann/week1/hw.ipynb", "bob/week1/hw.ipynb") == ["ann", "bob"]
    assert names("week1/ann/hw.ipynb", "week1/bob/hw.ipynb") == ["ann", "bob"]


def test_a_folder_named_like_the_assignment_tells_nothing() -> None:
    assert names(f"ann/00-fundamentals/{USUAL}.ipynb") == ["ann"]
    assert names(f"ann/starter/{USUAL}.ipynb") == ["ann"]


def test_several_files_of_one_folder_stay_apart() -> None:
    first, second = names(f"ann/{USUAL}.ipynb", f"ann/{USUAL} (1).ipynb")
    assert first != second
    assert "ann" in first
    assert "ann" in second


def test_a_stem_is_not_shared_with_another_students_folder() -> None:
    got = names("ann/hw.ipynb", "bob/hw.ipynb", "ann.ipynb")
    assert len(set(got)) == 3
    assert got[1] == "bob"


def test_names_that_differ_in_case_only_get_two_folders() -> None:
    got = names("Ann.ipynb", "x/ann.ipynb")
    assert len({n.casefold() for n in got}) == 2


@pytest.mark.parametrize(
    "name", ["Zoë", "李雷", "Łukasz Żuk", "Иван", "أحمد", "김민수", "प्रिया", "สมชาย"]
)
def test_names_of_every_script_are_kept(name: str) -> None:
    assert names(f"{name}.ipynb") == [name]


def test_accents_that_are_characters_of_their_own_are_kept() -> None:
    apart = unicodedata.normalize("NFD", "José")  # as macOS writes it into a zip
    assert names(f"{apart}.ipynb") == ["José"]


@pytest.mark.parametrize(
    "stem", ["a:b", "a\\b", "a\nb", "a\x1b[31m", "<b>", "a|b", 'a"b', "a*?", "$HOME", "`id`", "a;b"]
)
def test_unsafe_characters_never_reach_a_folder(stem: str) -> None:
    (got,) = names(f"{stem}.ipynb")
    assert not set(got) & set(':\\\n\x1b<>|"*?$`;/')


@pytest.mark.parametrize("path", ["...ipynb", "....ipynb", "  .ipynb", "a/../...ipynb", "..ipynb"])
def test_dots_never_climb_out_of_the_record(path: str) -> None:
    (got,) = names(path)
    assert got.strip(" .")
    assert ".." not in Path(got).parts


def test_a_dot_dot_inside_a_path_is_walked_before_folders_are_read() -> None:
    assert names(f"bob/../ann/{USUAL}.ipynb") == ["ann"]


def test_the_name_is_that_of_the_link_and_not_of_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "4711.ipynb").write_text("{}")
    (tmp_path / "ann.ipynb").symlink_to(tmp_path / "4711.ipynb")
    assert name_students([tmp_path / "ann.ipynb"], ASSIGNMENT) == ["ann"]


def test_no_files_have_no_students() -> None:
    assert names() == []


FOUR_BYTES = "\U00010437"
COMMON = ["ann", "Ann", "bob", "..", ".", "con", USUAL, "starter", "hw", "-rf", FOUR_BYTES * 60]
LETTERS = st.characters(exclude_characters="/\x00", exclude_categories=["Cs"])
PART = st.text(LETTERS, min_size=1, max_size=100) | st.sampled_from(COMMON)
PATHS = st.lists(st.lists(PART, min_size=1, max_size=4).map(
    lambda parts: ROOT.joinpath(*parts[:-1], f"{parts[-1][:60]}.ipynb")), max_size=8)  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True)
@given(PATHS)
def test_every_hand_in_gets_a_folder_of_its_own_that_can_be_made(paths: list[Path]) -> None:
    got = name_students(paths, ASSIGNMENT)
    assert len(got) == len(paths)
    assert len({unicodedata.normalize("NFC", n).casefold() for n in got}) == len(got)
    for name in got:
        assert Path(name).parts == (name,)
        assert name.strip(" .") == name
        assert name.isprintable()
        assert len(name.encode()) <= 255
        assert not set(name) & set('<>:"/\\|?*')


def test_a_long_name_is_cut_to_one_that_a_folder_can_have() -> None:
    (cut,) = names(f"{'a' * 79}. b.ipynb")
    assert cut.strip(" .") == cut
    long = f"{FOUR_BYTES * 60}/{FOUR_BYTES * 60}"
    got = names(f"{long}/{USUAL}.ipynb", f"{long}/{USUAL} (1).ipynb")
    assert len(set(got)) == 2
    assert all(len(n.encode()) <= 255 for n in got)
