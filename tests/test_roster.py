"""Who is on the roster, who of them handed in what, and what a folder of records keeps of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.attendance import Attendance, attendance
from grader.enrolment import Student, read_roster
from grader.errors import AuthorError
from grader.layouts.export import Person
from grader.roster import Absent, absent_in, enrol, enrolled_in

AT = "@"
"""Keeps what only looks like an address from being one."""
MOODLE = f"""Identifier,"Full name","Email address",Status,Grade
"Participant 1234567","Ann Lee",ann.lee{AT}uni.example,Submitted,
"Participant 1234568","Bo de Vries",bo{AT}uni.example,"No submission",
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Essay (101)
,,,,,Manual Posting
    Points Possible,,,,,10.00
"Lee, Ann",11,s1001,annlee,01,
"de Vries, Bo",12,s1002,bdv,01,
"Student, Test",99,,abc,01,
"""
GRADESCOPE = f"""First Name,Last Name,SID,Email,Role
Ann,Lee,1001,ann{AT}uni.example,Student
Bo,de Vries,1002,bo{AT}uni.example,Student
Pro,Fessor,1,prof{AT}uni.example,Instructor
"""


def roster(tmp_path: Path, text: str | bytes) -> list[Student]:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_roster(path)


def found(tmp_path: Path, text: str, *people: Person | str) -> Attendance:
    persons = [p if isinstance(p, Person) else Person(p) for p in people]
    return attendance(roster(tmp_path, text), {p.name: [p] for p in persons})


# ---- the file -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (MOODLE, ["Participant 1234567", "Participant 1234568"]),
        (CANVAS, ["12", "11"]),
        (GRADESCOPE, ["1002", "1001"]),
        ("name\nAnn Lee\nBo de Vries\n", ["", ""]),
        (
            f"email\nbo{AT}uni.example\nann{AT}uni.example\n",
            [f"ann{AT}uni.example", f"bo{AT}uni.example"],
        ),
    ],
)
def test_rosters_of_platforms_are_read(tmp_path: Path, text: str, ids: list[str]) -> None:
    students = roster(tmp_path, text)
    assert [s.id for s in students] == ids or [s.id for s in students] == ids[::-1]
    if "@" not in students[0].name:
        assert {s.name for s in students} == {"Ann Lee", "Bo de Vries"}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_and_encodings_of_spreadsheets(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    lines = [["Vorname", "Nachname", "Matrikelnummer"], ["Jörg", "Müller", "007"]]
    text = "\r\n".join(separator.join(line) for line in lines)
    assert roster(tmp_path, text.encode(encoding)) == [
        Student("Jörg Müller", "007", ("007",), "", ("Müller", "Jörg"))
    ]


def test_excels_line_about_separators_is_passed_over(tmp_path: Path) -> None:
    assert [s.name for s in roster(tmp_path, "sep=;\nName;ID\nAnn;1\n")] == ["Ann"]


def test_a_student_of_two_sections_is_one(tmp_path: Path) -> None:
    assert len(roster(tmp_path, "name,id\nAnn Lee,1\nAnn Lee,1\nAnn Lee,2\n")) == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "its columns are: none"),
        (b"x,y\n1,2\n", "its columns are: x, y"),
        (b"name,id\n", "it lists no student"),
        (b"PK\x03\x04\0\0\0\0", "it is no text"),
        (b"name\n" + b"x" * 200_000, "field larger than field limit"),
        (b"\xff\xfe\x00", "truncated data"),
        (b"name\n" + b"Ann Lee\n" * 2_000_000, "more than 10 MB"),
        (b'{"cells": []}', "no column"),
    ],
)
def test_what_is_no_roster_is_told(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(AuthorError, match="no roster: ") as told:
        roster(tmp_path, data)
    assert why in str(told.value)


# ---- who is who -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "person"),
    [
        (MOODLE, Person("Ann Lee", "1234567")),
        (MOODLE, "ann.lee"),
        (MOODLE, "ANN LEE"),
        (MOODLE, "lee_ann"),
        (CANVAS, Person("leeann", "11")),
        (CANVAS, "leeann"),
        (CANVAS, "annlee"),
        (CANVAS, "s1001"),
        (GRADESCOPE, Person("Ann Lee", "1001", f"ann{AT}uni.example")),
        (GRADESCOPE, Person("A. L.", "", f"ANN{AT}uni.example")),
        (GRADESCOPE, "1001"),
        (GRADESCOPE, "ann"),
        (GRADESCOPE, f"ann{AT}uni.example"),
    ],
)
def test_a_student_is_found_by_id_address_or_whole_name(
    tmp_path: Path, text: str, person: Person | str
) -> None:
    seen = found(tmp_path, text, person)
    assert [s.name for s in seen.absent] == ["Bo de Vries"]
    assert len(seen.ids) == 1
    assert seen.news == []


@pytest.mark.parametrize(
    "name", ["Zoë Öz", "zoe oz", "ÖZ ZOË", "Zoe\u0308 O\u0308z", "özzoë", "Oz, Zoe"]
)
def test_accents_case_and_order_make_no_other_student(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, "name,id\nZoë Öz,1\n", name).ids == {name: ("1",)}


def test_a_stranger_is_told_and_nobody_is_guessed(tmp_path: Path) -> None:
    seen = found(tmp_path, MOODLE, "Ann Leigh", "Lee")
    assert seen.ids == {}
    assert [s.name for s in seen.absent] == ["Ann Lee", "Bo de Vries"]
    assert seen.news == [
        "not on the roster, unless under another name as one of those without a hand-in:"
        " Ann Leigh, Lee"
    ]


def test_of_two_with_one_name_neither_is_guessed_nor_absent(tmp_path: Path) -> None:
    seen = found(tmp_path, 'name,id\nAnn Lee,1\n"Lee, Ann",2\nBo,3\n', "Ann Lee")
    assert seen.ids == {}
    assert [s.id for s in seen.absent] == ["3"]
    assert seen.news == [
        "may be one or the other on the roster, or neither: Ann Lee (Ann Lee 1 or Ann Lee 2)"
    ]


def test_a_number_that_is_anothers_by_chance_is_no_proof(tmp_path: Path) -> None:
    seen = found(tmp_path, GRADESCOPE, Person("devriesbo", "1001"))
    assert seen.ids == {}
    assert seen.absent == []
    assert "devriesbo (Bo de Vries 1002 or Ann Lee 1001)" in seen.news[0]
    alone = found(tmp_path, GRADESCOPE, Person("mallory", "1001"))
    assert alone.ids == {}
    assert [s.name for s in alone.absent] == ["Bo de Vries"]


def test_an_address_and_a_name_of_two_students_are_told(tmp_path: Path) -> None:
    text = f"name,email,id\nAnna Lena Evans,annlee{AT}x.example,1\nAnn Lee,al{AT}x.example,2\n"
    assert found(tmp_path, text, "annlee").ids == {}


def test_two_hand_ins_of_one_student_are_told(tmp_path: Path) -> None:
    seen = found(tmp_path, MOODLE, "Ann Lee", "ann.lee")
    assert set(seen.ids) == {"Ann Lee", "ann.lee"}
    assert seen.news == ["more than one hand-in by: Ann Lee Participant 1234567 (Ann Lee, ann.lee)"]


# ---- what a folder keeps --------------------------------------------------------------------


def handed(*names: str) -> dict[str, Sequence[Person]]:
    return {name: [Person(name)] for name in names}


def test_a_folder_without_a_roster_has_nobody_absent(tmp_path: Path) -> None:
    assert enrol(tmp_path, "00", None, handed("Ann Lee")) == []
    assert absent_in(tmp_path) == []
    assert enrolled_in(tmp_path) == {}


def test_a_roster_is_kept_for_later_gradings(tmp_path: Path) -> None:
    students = roster(tmp_path, MOODLE)
    enrol(tmp_path, "00", students, handed("Ann Lee"))
    (bo,) = absent_in(tmp_path)
    assert bo == Absent("Bo de Vries", "Participant 1234568", "00")
    recorded(tmp_path, "Ann Lee")
    enrol(tmp_path, "00", None, handed("bo"))
    assert absent_in(tmp_path) == []
    assert enrolled_in(tmp_path)["00"].ids == {
        "Ann Lee": ("Participant 1234567",),
        "bo": ("Participant 1234568",),
    }


def test_each_assignment_has_its_own(tmp_path: Path) -> None:
    students = roster(tmp_path, GRADESCOPE)
    enrol(tmp_path, "00", students, handed("ann"))
    enrol(tmp_path, "01", students, handed("bo"))
    assert [(one.student, one.assignment) for one in absent_in(tmp_path)] == [
        ("Bo de Vries", "00"), ("Ann Lee", "01")
    ]  # fmt: skip


def test_a_group_has_all_its_ids(tmp_path: Path) -> None:
    people = [Person("Ann Lee", "1001"), Person("Bo de Vries", "1002")]
    enrol(tmp_path, "00", roster(tmp_path, GRADESCOPE), {"Ann Lee + Bo de Vries": people})
    assert enrolled_in(tmp_path)["00"].ids == {"Ann Lee + Bo de Vries": ("1001", "1002")}
    recorded(tmp_path, "Ann Lee + Bo de Vries")
    assert enrol(tmp_path, "00", None, {}) == []
    assert absent_in(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"00": []}', '{"00": {"students": [1], "absent": [], "ids": {}}}']
)
def test_what_is_no_roster_of_ours_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "roster.json").write_text(text)
    assert absent_in(tmp_path) == []


def recorded(out: Path, student: str) -> None:
    """A record, as far as its name goes."""
    (out / "00" / student).mkdir(parents=True)
    (out / "00" / student / "grade.json").write_text(json.dumps({}))
