"""Hand-ins as they are read: their bytes, what they hold, and what is no file to read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from grader.assignment import Assignment, Exercise
from grader.brought import read_regular
from grader.intake import take_in
from grader.notebook import Notebook, Unreadable
from grader.submission import mentioned, read_submission

ASSIGNMENT = Assignment(id="00-fundamentals", title="t", exercise=[Exercise(id="1", title="one")])


def find_files(paths: list[Path]) -> list[Path]:
    return [found.path for found in take_in(paths, ASSIGNMENT).hand_ins]


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


@pytest.mark.slow
def test_of_a_huge_file_no_more_is_read_than_shows_that_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.notebook.MAX_BYTES", 1000)
    huge = tmp_path / "huge.ipynb"
    with huge.open("wb") as file:
        file.truncate(2**40)
    assert len(read_regular(huge, 1000)) == 1001
    submission = read_submission(huge, "ann")
    assert isinstance(submission.notebook, Unreadable)
    assert "clear its outputs" in submission.notebook.reason


def test_odd_files_do_not_keep_a_batch_from_knowing_what_to_import(tmp_path: Path) -> None:
    named = odd_files(tmp_path)
    plain = tmp_path / "in" / "plain.ipynb"
    plain.write_text("import pandas")
    assert mentioned(["pandas", "sklearn.svm"], [*named.values(), plain]) == ["pandas"]
