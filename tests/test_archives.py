"""Zips: what is read from them, and what is refused with a reason."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import archives
from grader.archives import unpack
from grader.assignment import Assignment, Exercise, load_assignment
from grader.notebook import Notebook, Unreadable
from grader.packed import Content, read_zip

ROOT = Path(__file__).parents[1]
ASSIGNMENT = load_assignment(ROOT, "00-fundamentals")
STARTER = (ROOT / "assignments/00-fundamentals/starter.ipynb").read_bytes()
OTHER = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}'


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return data.getvalue()


def told(info: zipfile.ZipInfo) -> bytes:
    """A zip with one entry that says odd things of itself."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(info, OTHER)
    return data.getvalue()


def why(data: bytes) -> str:
    files = unpack(data)
    assert isinstance(files, Unreadable), files
    return files.reason


def test_files_are_read_and_what_machines_make_is_passed_over() -> None:
    files = {"a/hw.ipynb": OTHER, "a/data.csv": b"1", "__MACOSX/a/._hw.ipynb": b"x",
             "a/.DS_Store": b"x", "a/.ipynb_checkpoints/hw-checkpoint.ipynb": b"x",
             "a/__pycache__/m.cpython-311.pyc": b"x"}  # fmt: skip
    assert unpack(zipped(files)) == {"a/hw.ipynb": OTHER, "a/data.csv": b"1"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_both_ordinary_methods_are_read(method: int) -> None:
    assert unpack(zipped({"a.ipynb": OTHER}, method)) == {"a.ipynb": OTHER}


def test_backslashes_are_folders_as_windows_means_them() -> None:
    assert unpack(zipped({"a\\hw.ipynb": OTHER, "./b.csv": b""})) == {
        "a/hw.ipynb": OTHER, "b.csv": b"",
    }  # fmt: skip


def in_codepage(name: bytes) -> bytes:
    """A zip whose only name is bytes of no said encoding."""
    return zipped({"?" * len(name): OTHER}).replace(b"?" * len(name), name)


@pytest.mark.parametrize(
    ("name", "read"),
    [("hw-é.ipynb".encode(), "hw-é.ipynb"), ("hw-é.ipynb".encode("cp437"), "hw-é.ipynb"),
     ("作业.ipynb".encode("gbk"), None)],
)  # fmt: skip
def test_names_of_any_encoding_are_read_as_far_as_they_can_be(
    name: bytes, read: str | None
) -> None:
    files = unpack(in_codepage(name))
    assert isinstance(files, dict)
    assert list(files.values()) == [OTHER]
    assert read is None or list(files) == [read]


@pytest.mark.parametrize(
    "name",
    ["../hw.ipynb", "a/../../hw.ipynb", "/etc/hw.ipynb", "C:/hw.ipynb", "..\\hw.ipynb",
     "\\hw.ipynb",
     "c:hw.ipynb"],
)  # fmt: skip
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    assert "leads out of it" in why(zipped({name: OTHER}))


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o020644, 0o060644])
def test_links_and_devices_are_refused(mode: int) -> None:
    info = zipfile.ZipInfo("hw.ipynb")
    info.create_system, info.external_attr = 3, mode << 16
    assert "'hw.ipynb' in the zip is a link or a device" in why(told(info))


def test_a_name_that_comes_twice_is_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("hw.ipynb", OTHER)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("hw.ipynb", STARTER)
    assert "twice" in why(data.getvalue())
    assert "twice" in why(zipped({"a/hw.ipynb": OTHER, "a//hw.ipynb": OTHER}))


def test_a_file_that_is_a_folder_too_is_refused() -> None:
    assert "a file and a folder" in why(zipped({"a": b"", "a/hw.ipynb": OTHER}))


def test_names_that_no_folder_could_hold_are_refused() -> None:
    assert "too long" in why(zipped({f"{'a' * 300}.ipynb": OTHER}))
    assert "too long" in why(zipped({"a/" * 40 + "hw.ipynb": OTHER}))


def flagged(flag: int) -> bytes:
    """A zip whose entry claims a flag, such as encryption."""
    data = bytearray(zipped({"hw.ipynb": OTHER}))
    for start, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        where = data.index(start) + at
        (flags,) = struct.unpack_from("<H", data, where)
        struct.pack_into("<H", data, where, flags | flag)
    return bytes(data)


def test_a_zip_with_a_password_is_refused() -> None:
    assert "password" in why(flagged(0x1))
    assert "password" in why(flagged(0x1 | 0x40))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_methods_are_refused_because_they_unpack_without_bounds(method: int) -> None:
    assert "its own program" in why(zipped({"hw.ipynb": OTHER}, method))


def test_a_method_that_nobody_knows_is_refused() -> None:
    data = zipped({"hw.ipynb": OTHER}, zipfile.ZIP_STORED)
    central = data.index(b"PK\x01\x02")
    odd = data[: central + 10] + struct.pack("<H", 9) + data[central + 12 :]
    assert "its own program" in why(odd)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d[: len(d) // 2],
        lambda d: d[len(d) // 2 :],
        lambda d: b"PK\x03\x04",
        lambda d: d.replace(b"PK\x01\x02", b"PK\x01\x03"),
        lambda d: d[:60] + b"\xff" * 20 + d[80:],
        lambda d: b"PK\x03\x04" + bytes(1000),
    ],
)
def test_a_broken_zip_is_told(spoil: Callable[[bytes], bytes]) -> None:
    assert "broken" in why(spoil(zipped({"hw.ipynb": STARTER})))


@pytest.mark.slow
def test_what_unpacks_to_too_much_is_refused_while_it_is_unpacked() -> None:
    bomb = zipped({f"{n}.bin": bytes(60_000_000) for n in range(2)})
    assert len(bomb) < 200_000
    assert "unpacks to more than" in why(bomb)


def test_all_files_together_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    assert "unpacks to more than" in why(zipped({f"{n}": b"abc" * 30 for n in range(20)}))
    assert isinstance(unpack(zipped({"a": b"abc" * 300})), dict)


def test_a_header_that_lies_about_the_size_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "ALWAYS_FINE", 1000)
    data = zipped({"hw.bin": bytes(3_000_000)})
    small = data.replace(struct.pack("<I", 3_000_000), struct.pack("<I", 10))
    assert "broken" in why(small) or "unpacks" in why(small)
    assert "unpacks to more than" in why(data)


def test_too_many_entries_are_refused_before_they_are_listed() -> None:
    assert "more than 5000 files" in why(zipped({f"{n}": b"" for n in range(5001)}))


def test_two_entries_on_the_same_bytes_are_no_way_around() -> None:
    """As in bombs whose entries overlap: each names the first one's data."""
    data = zipped({f"{n:04}.bin": bytes(100_000) for n in range(300)})
    central = data.index(b"PK\x01\x02")
    entries = bytearray(data[central:])
    at = 0
    while entries[at : at + 4] == b"PK\x01\x02":
        struct.pack_into("<I", entries, at + 42, 0)
        name, extra, comment = struct.unpack_from("<HHH", entries, at + 28)
        at += 46 + name + extra + comment
    assert isinstance(unpack(bytes(data[:central] + entries)), Unreadable)


# ---- which of its files is the hand-in ------------------------------------------------------


def read(files: dict[str, bytes], assignment: Assignment | None = ASSIGNMENT) -> Content:
    return read_zip(zipped(files), assignment)


def reason(content: Content) -> str:
    assert isinstance(content.notebook, Unreadable)
    return content.notebook.reason


def test_the_notebook_that_holds_the_exercises_is_taken() -> None:
    content = read({"a/x.ipynb": OTHER, "a/hw.ipynb": STARTER, "a/notes.py": b"x = 1"})
    assert isinstance(content.notebook, Notebook)
    assert len(content.notebook.cells) > 10
    assert [f.name for f in content.files] == ["notes.py", "x.ipynb"]


def test_files_beside_and_below_come_along_by_their_path_from_the_notebook() -> None:
    content = read({"hw/src/hw.ipynb": STARTER, "hw/src/data/x.csv": b"1", "hw/readme.txt": b"",
                    "hw/src/m.so": b"\x7fELF", "hw/src/r.toml": b"[[criterion]]"})  # fmt: skip
    assert [(f.name, f.data) for f in content.files] == [("data/x.csv", b"1")]


def test_copies_of_one_notebook_count_once() -> None:
    content = read({"a/hw.ipynb": STARTER, "hw.ipynb": STARTER})
    assert isinstance(content.notebook, Notebook)


def test_the_only_notebook_is_taken_whatever_is_in_it() -> None:
    alone = read({"x.ipynb": OTHER}).notebook
    assert read({"a/x.ipynb": OTHER, "m.py": b"x = 1"}).notebook == alone


def test_a_script_is_found_too() -> None:
    content = read({"a/hw.py": b"x = 1\n"})
    assert isinstance(content.notebook, Notebook)
    assert content.notebook.code[0].source == "x = 1"


def test_several_that_could_be_meant_are_named() -> None:
    said = reason(read({"a/x.ipynb": OTHER, "a/y.ipynb": OTHER + b" "}))
    assert "'a/x.ipynb', 'a/y.ipynb'" in said
    said = reason(read({"one.ipynb": STARTER, "two.ipynb": STARTER + b" "}))
    assert "'one.ipynb', 'two.ipynb'" in said


def test_among_very_many_nobody_looks_for_the_one() -> None:
    files = {f"{n}.py": b"x = 1\n" for n in range(60)}
    assert "ask which one counts" in reason(read({**files, "hw.py": b"x = 2\n"}))
    content = read({**files, "hw.ipynb": STARTER})
    assert isinstance(content.notebook, Notebook)


def test_packed_data_is_no_class() -> None:
    content = read({"hw.ipynb": STARTER, **{f"{n}.zip": zipped({"x": b""}) for n in "abc"}})
    assert isinstance(content.notebook, Notebook)
    assert len(content.files) == 3


def test_a_zip_without_any_is_told() -> None:
    assert "no notebook and no script" in reason(read({"report.docx": b"x"}))
    assert "no notebook and no script" in reason(read({}))


def test_a_zip_in_a_zip_is_named_and_not_opened() -> None:
    said = reason(read({"hw/inner.zip": zipped({"hw.ipynb": STARTER})}))
    assert "another zip ('hw/inner.zip')" in said


@pytest.mark.parametrize(
    "files",
    [
        {f"{n}_{i}_assignsubmission_file_/hw.ipynb": STARTER + b" " * i
         for i, n in enumerate(["Ann A", "Bob B"], 10_000)},
        {f"{n}_{i}0_{i}_hw.ipynb": STARTER + b" " * i for i, n in enumerate(["ann", "bob"], 1000)},
        {f"{n}/hw.ipynb": STARTER + b" " * i for i, n in enumerate("abc")},
        {f"{n}.zip": zipped({n: STARTER}) for n in "abc"},
    ],
)  # fmt: skip
def test_the_export_of_a_class_is_recognised(files: dict[str, bytes]) -> None:
    assert "name the zip itself" in reason(read(files))


def test_without_an_assignment_a_single_notebook_is_taken() -> None:
    assert isinstance(read({"x.ipynb": OTHER}, None).notebook, Notebook)


def test_more_than_a_hand_in_may_write_does_not_come_along() -> None:
    small = Assignment.model_validate(
        {"id": "a", "title": "t", "exercise": [Exercise(id="1", title="x")],
         "limits": {"disk_mb": 4}}
    )  # fmt: skip
    content = read({"x.ipynb": OTHER, "big.bin": bytes(3_000_000), "a.csv": b"1"}, small)
    assert [f.name for f in content.files] == ["a.csv"]
    assert content.left_out == ("big.bin",)
