"""Whose hand-in it is, told by its path alone."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment import Assignment, Exercise
from grader.notebook import Notebook, Unreadable
from grader.submission import (
    find_files,
    mentioned,
    name_students,
    read_regular,
    read_submission,
)

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


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


def test_notebooks_are_found_in_folders_and_nothing_hidden_is(tmp_path: Path) -> None:
    wanted = [touch(tmp_path / "a.ipynb"), touch(tmp_path / "sub/deep/b.ipynb")]
    touch(tmp_path / ".ipynb_checkpoints/a-checkpoint.ipynb")
    touch(tmp_path / "sub/.trash/c.ipynb")
    touch(tmp_path / "__MACOSX/._a.ipynb")
    touch(tmp_path / "notes.txt")
    (tmp_path / "folder.ipynb").mkdir()
    assert find_files([tmp_path]) == wanted


def test_a_hidden_folder_that_is_named_outright_is_searched(tmp_path: Path) -> None:
    wanted = touch(tmp_path / ".work/a.ipynb")
    assert find_files([tmp_path / ".work"]) == [wanted]


def test_a_file_named_outright_is_taken_whatever_its_name_and_once(tmp_path: Path) -> None:
    text, note = touch(tmp_path / "a.txt"), touch(tmp_path / "b.ipynb")
    assert find_files([text, note, tmp_path]) == [text, note]


def test_files_come_in_the_same_order_every_time(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        touch(tmp_path / f"{name}.ipynb")
    assert [f.stem for f in find_files([tmp_path])] == ["a", "b", "c"]


def test_a_file_that_cannot_be_read_is_a_result_too(tmp_path: Path) -> None:
    submission = read_submission(tmp_path / "gone.ipynb", "ann")
    assert submission.sha256 == ""
    assert isinstance(submission.notebook, Unreadable)
    assert "No such file" in submission.notebook.reason


def test_a_hand_in_is_known_by_the_hash_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b'{"nbformat": 4, "cells": []}')
    submission = read_submission(path, "ann")
    assert submission.notebook == Notebook(())
    assert submission.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_submission(path, "bob").sha256 == submission.sha256


SECRET = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}'


def odd_files(folder: Path) -> dict[str, Path]:
    """Things in a folder that are called like a notebook and are none."""
    secret = folder / "elsewhere" / "secret.txt"
    secret.parent.mkdir(parents=True)
    secret.write_bytes(SECRET)
    inside = folder / "in"
    inside.mkdir()
    named = {n: inside / f"{n}.ipynb" for n in ("link", "dangling", "loop", "pipe", "to-folder")}
    named["link"].symlink_to(secret)
    named["dangling"].symlink_to(folder / "gone")
    named["loop"].symlink_to(named["loop"])
    named["to-folder"].symlink_to(secret.parent)
    os.mkfifo(named["pipe"])
    return named


def test_odd_files_are_found_and_told_and_never_read(tmp_path: Path) -> None:
    named = odd_files(tmp_path)
    assert sorted(find_files([tmp_path / "in"])) == sorted(named.values())
    for name, path in named.items():
        submission = read_submission(path, "ann")
        assert submission.sha256 == ""
        assert isinstance(submission.notebook, Unreadable)
        says = "is not a regular file" if name == "pipe" else "is a link"
        assert says in submission.notebook.reason


def test_a_folder_called_like_a_notebook_is_searched_and_is_none_itself(tmp_path: Path) -> None:
    inner = touch(tmp_path / "x.ipynb" / "a.ipynb")
    assert find_files([tmp_path]) == [inner]
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "x.ipynb")


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "a.ipynb")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    assert find_files([tmp_path / "in"]) == []


def test_a_device_is_no_hand_in() -> None:
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(Path("/dev/zero"))


def test_of_a_huge_file_no_more_is_read_than_shows_that_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("submission", "notebook"):
        monkeypatch.setattr(f"grader.{module}.MAX_BYTES", 1000)
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(2**40)
    assert len(read_regular(huge)) == 1001
    submission = read_submission(huge, "ann")
    assert isinstance(submission.notebook, Unreadable)
    assert "clear its outputs" in submission.notebook.reason


def test_odd_files_do_not_keep_a_batch_from_knowing_what_to_import(tmp_path: Path) -> None:
    named = odd_files(tmp_path)
    plain = tmp_path / "in" / "plain.ipynb"
    plain.write_text("import pandas")
    assert mentioned(["pandas", "sklearn.svm"], [*named.values(), plain]) == ["pandas"]
