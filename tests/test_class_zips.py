"""The zip of a class is hostile in parts: what one student sends costs no other anything."""

from __future__ import annotations

import errno
import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from exports import ROOT, STARTER, another, as_folder, as_zip

from grader import class_zips, laid_out
from grader.assignment import load_assignment
from grader.errors import HostError
from grader.intake import Intake, names_of, take_in
from grader.notebook import Unreadable
from grader.submission import read_submission

ASSIGNMENT = load_assignment(ROOT, "00-fundamentals")
ANN = "Ann_1_assignsubmission_file_/hw.ipynb"


def taken(path: Path) -> Intake:
    return take_in([path], ASSIGNMENT, path.parent / "grades")


def names(intake: Intake) -> list[str]:
    return sorted(names_of(intake.hand_ins, ASSIGNMENT))


def with_ann(tmp_path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    """An export that holds Ann's hand-in, and entries as they are."""
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ANN, another(1))
        for info, data in entries:
            archive.writestr(info, data)
    return path


def files_outside(tmp_path: Path) -> set[Path]:
    """Files below a folder that are not where an export is laid out."""
    laid = tmp_path / "grades/.handed-in"
    return {p for p in tmp_path.rglob("*") if p.is_file() and laid not in p.parents}


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.ipynb",
        "Bo_2_assignsubmission_file_/../../../evil.ipynb",
        "/evil.ipynb",
        "C:\\evil.ipynb",
        "..\\..\\evil.ipynb",
        "Bo_2_assignsubmission_file_/" + "d/" * 40 + "hw.ipynb",
        "Bo_2_assignsubmission_file_/" + "n" * 300 + ".ipynb",
    ],
)
def test_a_name_that_leads_out_is_refused_and_told(tmp_path: Path, name: str) -> None:
    path = with_ann(tmp_path, (name, STARTER))
    intake = taken(path)
    assert names(intake) == ["Ann"]
    assert files_outside(tmp_path) == {path}
    assert any("in the zip" in line for line in intake.news)


def test_a_link_is_refused_and_told(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("Bo_2_assignsubmission_file_/hw.ipynb")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    intake = taken(with_ann(tmp_path, (link, b"/etc/passwd")))
    assert names(intake) == ["Ann"]
    assert "is a link or a device" in intake.news[0]
    assert not any(p.is_symlink() for p in (tmp_path / "grades").rglob("*"))


def test_a_bomb_is_a_hand_in_that_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("class_zips", "notebook", "brought", "submission"):
        monkeypatch.setattr(f"grader.{module}.MAX_BYTES", 200_000)
    monkeypatch.setattr(class_zips.ClassZip.pieces, "__defaults__", (200_001,))
    intake = taken(with_ann(tmp_path, ("Bo_2_assignsubmission_file_/hw.ipynb", b"0" * 9_000_000)))
    assert names(intake) == ["Ann", "Bo"]
    bo = intake.hand_ins[1].path
    assert bo.stat().st_size == 200_001


def test_one_students_files_are_no_more_than_a_hand_in_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laid_out, "MOST_BYTES", 100_000)
    bo = "Bo_2_assignsubmission_file_"
    intake = taken(with_ann(
        tmp_path, (f"{bo}/a.csv", b"0" * 90_000), (f"{bo}/b.csv", b"0" * 90_000),
        (f"{bo}/hw.ipynb", STARTER),
    ))  # fmt: skip
    assert names(intake) == ["Ann", "Bo"]
    assert [f.arrival.beside for f in intake.hand_ins] == [(), ("a.csv",)]
    assert any("b.csv" in line and "more than 0 MB by one student" in line for line in intake.news)


def test_a_class_that_is_too_much_is_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laid_out, "MOST_OF_A_CLASS", 1000)
    with pytest.raises(HostError, match="unpack it in parts"):
        taken(with_ann(tmp_path))
    assert list((tmp_path / "grades/.handed-in").iterdir()) == []


def test_a_broken_file_is_its_students_alone(tmp_path: Path) -> None:
    path = with_ann(tmp_path, ("Bo_2_assignsubmission_file_/hw.ipynb", another(2)),
                    ("Bo_2_assignsubmission_file_/data.csv", b"1,2,3\n" * 9))  # fmt: skip
    with zipfile.ZipFile(path) as archive:
        places = [i.header_offset + 32 + len(i.filename) for i in archive.infolist()[1:]]
    data = bytearray(path.read_bytes())
    for place in places:
        data[place : place + 4] = bytes(b ^ 255 for b in data[place : place + 4])
    path.write_bytes(data)
    intake = taken(path)
    assert names(intake) == ["Ann", "Bo"]
    bo = intake.hand_ins[1]
    assert bo.arrival.beside == ()
    read = read_submission(bo.path, "bo", ASSIGNMENT, bo.arrival).notebook
    assert read == Unreadable("the file is empty; ask for it again")
    assert len([line for line in intake.news if "is broken" in line]) == 2


def test_names_that_differ_by_case_or_form_are_different_students(tmp_path: Path) -> None:
    people = ["bo", "Bo", "BO", "Zoë", "Zoe\u0308", "\u202egnp", "رنا", "a\u0300" * 60]
    path = as_zip({f"{p}_{n}_assignsubmission_file_/hw.ipynb": another(n)
                   for n, p in enumerate(people, 10)}, tmp_path / "class.zip")  # fmt: skip
    found = names(taken(path))
    assert len({name.casefold() for name in found}) == len(people)
    assert not any("\u202e" in name for name in found)


def test_the_same_name_twice_counts_once_and_is_told(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = with_ann(tmp_path, (ANN, another(2)))
    intake = taken(path)
    assert [f.path.read_bytes() for f in intake.hand_ins] == [another(1)]
    assert "twice; the first one counts" in intake.news[0]


def test_a_file_and_a_folder_of_one_name_are_told(tmp_path: Path) -> None:
    bo = "Bo_2_assignsubmission_file_"
    path = with_ann(tmp_path, (f"{bo}/hw.ipynb", STARTER), (f"{bo}/hw.ipynb/x.csv", b"1"))
    intake = taken(path)
    assert names(intake) == ["Ann", "Bo"]
    assert any("not unpacked" in line for line in intake.news)


def test_a_list_of_files_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = with_ann(tmp_path)
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr(class_zips, "MOST_DIRECTORY", 50)
        intake = taken(path)
    assert [f.path for f in intake.hand_ins] == [path.resolve()]  # told as a hand-in that is broken


def test_a_full_disk_is_this_machines_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = with_ann(tmp_path)
    monkeypatch.setattr(laid_out.Writer, "_one", full)
    with pytest.raises(HostError, match="No space left on device"):
        taken(path)
    assert list((tmp_path / "grades/.handed-in").iterdir()) == []


def test_links_in_an_unpacked_export_are_not_followed(tmp_path: Path) -> None:
    folder = as_folder({"ann_1_2_hw.ipynb": another(1)}, tmp_path / "class")
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(another(9))
    (folder / "bo_3_4_hw.ipynb").symlink_to(secret)
    intake = taken(folder)
    assert names(intake) == ["ann"]
    assert "not graded, a link or a device: bo_3_4_hw.ipynb" in intake.news


def test_three_hundred_hand_ins_are_taken_in(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(300):
            archive.writestr(f"s{n:03}x_{n}_{9000 + n}_hw.ipynb", another(n))
    intake = taken(path)
    assert len(intake.hand_ins) == 300
    assert intake.layouts == ["class.zip: a Canvas export: 300 hand-ins of 300 students"]


def test_a_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = with_ann(tmp_path, ("Bo_2_assignsubmission_file_/big.csv", b"0" * 5_000_000))
    with class_zips.opened(path) as archive:
        (big,) = [f for f in archive.files if f.name == "big.csv"]
        assert max(len(piece) for piece in archive.pieces(big)) <= 1 << 20
        assert archive.read(big, 10) == b"0" * 10


def test_what_is_no_zip_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    path.write_bytes(b"PK\x03\x04" + io.BytesIO(b"x" * 100).getvalue())
    assert [f.path for f in taken(path).hand_ins] == [path.resolve()]
