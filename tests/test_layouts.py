"""The exports of platforms: whose hand-ins they hold, which count, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from exports import (
    AT,
    CANVAS,
    GRADESCOPE,
    METADATA,
    MOODLE,
    MOODLE_FLAT,
    NBGRADER,
    OTHER,
    ROOT,
    STARTER,
    Files,
    another,
    as_folder,
    as_zip,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment import load_assignment
from grader.batch.work import HandIn, Work
from grader.intake import Intake, names_of, take_in
from grader.layouts.recognise import recognise
from grader.submission import Arrival, read_submission, sha256_of
from grader.whence import SOURCE, Whence, own_names

ASSIGNMENT = load_assignment(ROOT, "00-fundamentals")
Make = Callable[[Files, Path], Path]
both = pytest.mark.parametrize("make", [as_zip, as_folder])


def taken(tmp_path: Path, files: Files, make: Make = as_zip) -> Intake:
    tmp_path.mkdir(exist_ok=True)
    return take_in([make(files, tmp_path / "export")], ASSIGNMENT, tmp_path / "grades")


def students(intake: Intake) -> dict[str, str]:
    """The file of each student."""
    names = names_of(intake.hand_ins, ASSIGNMENT)
    return {n: f.arrival.file for n, f in zip(names, intake.hand_ins, strict=True)}


def along(intake: Intake) -> dict[str, tuple[str, ...]]:
    names = names_of(intake.hand_ins, ASSIGNMENT)
    return {n: f.arrival.beside for n, f in zip(names, intake.hand_ins, strict=True)}


# ---- Moodle ---------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("files", [MOODLE, MOODLE_FLAT])
def test_moodle_tells_students_by_its_own_part_of_a_name(
    tmp_path: Path, files: Files, make: Make
) -> None:
    intake = taken(tmp_path, files, make)
    ann, bo = [name for name in files if name.endswith(".ipynb")]
    assert students(intake) == {"Ann Lee": ann, "Bo de Vries": bo}
    assert along(intake) == {"Ann Lee": ("helper.py",), "Bo de Vries": ()}
    assert intake.layouts == ["export: a Moodle export: 2 hand-ins of 2 students"]
    assert "not graded, text typed into Moodle: Bo de Vries, Eve" in intake.news
    assert "no file, only typed text: Eve" in intake.news


@both
def test_a_zip_and_its_folder_are_the_same_hand_ins(tmp_path: Path, make: Make) -> None:
    intake = taken(tmp_path, MOODLE_FLAT, make)
    (ann,) = [f for f in intake.hand_ins if "Ann" in f.arrival.file]
    beside = as_folder(
        {"hw.ipynb": another(1), "helper.py": b"x = 1\n"}, tmp_path / "by_hand"
    )  # fmt: skip
    (by_hand,) = take_in([beside], ASSIGNMENT).hand_ins
    assert sha256_of(ann.path, ann.arrival) == sha256_of(by_hand.path, by_hand.arrival)
    assert read_submission(ann.path, "a", ASSIGNMENT, ann.arrival).files[0].data == b"x = 1\n"


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("Ann Lee_7_assignsubmission_file/a.ipynb", "Ann Lee"),
        ("O'Neil-Șerban María_7_assignsubmission_file_/a.ipynb", "O_Neil-Șerban María"),
        ("a.lee Ann Lee_7_assignsubmission_file_/a.ipynb", "a.lee Ann Lee"),
        ("Teilnehmer_in_7_assignsubmission_file_/a.ipynb", "Teilnehmer in"),
        ("Group A_assignsubmission_file_/a.ipynb", "Group A"),
        ("Ann Lee_7_inlämning_file_/a.ipynb", "Ann Lee"),
        ("Ann Lee_7_assignsubmission_file_/Bo_8_assignsubmission_file_/a.ipynb", "Ann Lee"),
        ("Ann Lee_7_assignsubmission_file_Bo_8_assignsubmission_file_a.ipynb", "Ann Lee"),
    ],
)
def test_forms_of_a_name_in_moodle(tmp_path: Path, entry: str, name: str) -> None:
    assert list(students(taken(tmp_path, {entry: STARTER}))) == [name]


def test_students_of_one_name_have_their_number_added(tmp_path: Path) -> None:
    files = {f"Ann Lee_{n}_assignsubmission_file_/hw.ipynb": another(n) for n in (7, 8)}
    assert sorted(students(taken(tmp_path, files))) == ["Ann Lee 7", "Ann Lee 8"]


def test_without_a_place_for_it_no_export_is_laid_out(tmp_path: Path) -> None:
    folder = as_folder(MOODLE_FLAT, tmp_path / "e")
    assert all(found.owner is None for found in take_in([folder], ASSIGNMENT).hand_ins)
    assert len(take_in([as_zip(MOODLE, tmp_path / "e.zip")], ASSIGNMENT).hand_ins) == 1


def test_one_students_file_makes_no_export_of_a_folder(tmp_path: Path) -> None:
    files = {"ann.ipynb": another(1), "cy.ipynb": another(2), "dee.ipynb": another(3),
             "Bo_8_assignsubmission_file_hw.ipynb": another(4)}  # fmt: skip
    assert taken(tmp_path, files, as_folder).layouts == []


def test_what_lies_beside_an_export_is_no_students(tmp_path: Path) -> None:
    intake = taken(tmp_path, {**MOODLE, "zoe.ipynb": another(9), "notes.docx": b"x"})
    assert students(intake)["zoe"] == "zoe.ipynb"
    assert "not graded, no notebook, script or zip: notes.docx" in intake.news


# ---- Canvas ---------------------------------------------------------------------------------


@both
def test_canvas_tells_students_attempts_and_who_was_late(tmp_path: Path, make: Make) -> None:
    intake = taken(tmp_path, CANVAS, make)
    assert students(intake) == {
        "leeann": "leeann_11_9007_hw-1.ipynb",
        "devriesbo": "devriesbo_LATE_12_9002_00_exercises.ipynb",
    }
    assert intake.layouts == [
        "export: a Canvas export: 3 hand-ins of 2 students, 1 earlier attempt left out",
        "came late, as the export says: devriesbo",
    ]
    assert "not graded, text or an address typed into Canvas: eve_13_text.html" in intake.news
    assert "left out, of an earlier attempt: leeann_11_9001_hw.ipynb" in intake.news


def test_what_canvas_renamed_lies_there_under_its_own_name_too(tmp_path: Path) -> None:
    assert along(taken(tmp_path, CANVAS))["leeann"] == ("helper-1.py", "helper.py")


def test_a_module_that_is_imported_under_either_name_is_not_told(tmp_path: Path) -> None:
    importing = STARTER.replace(b'"source": [', b'"source": ["import helper",', 1)
    files = {**CANVAS, "leeann_11_9007_hw-1.ipynb": importing}
    assert not any("helper" in line for line in taken(tmp_path, files).news)
    assert any("helper-1.py" in line for line in taken(tmp_path / "other", CANVAS).news)


def test_the_last_of_many_attempts_counts(tmp_path: Path) -> None:
    names = ["hw.ipynb", *(f"hw-{n}.ipynb" for n in range(1, 12))]
    files = {f"leeann_11_{9000 + n}_{name}": another(n) for n, name in enumerate(names)}
    intake = taken(tmp_path, {**files, "bo_12_9100_hw.ipynb": another(12)})
    assert students(intake)["leeann"] == "leeann_11_9011_hw-11.ipynb"
    assert "11 earlier attempts left out" in intake.layouts[0]


def test_where_numbers_disagree_a_person_is_asked(tmp_path: Path) -> None:
    files = {"leeann_11_9009_hw.ipynb": another(1), "leeann_11_9001_hw-1.ipynb": another(2),
             "bo_12_9100_hw.ipynb": another(3)}  # fmt: skip
    intake = taken(tmp_path, files)
    assert sorted(students(intake)) == ["bo", "leeann", "leeann-2"]
    asked = [f for f in intake.hand_ins if "say which one counts" in "".join(f.arrival.odd)]
    assert len(asked) == 2


@pytest.mark.parametrize(
    "names",
    [
        ["hw_2024_001_ann.ipynb", "hw_2024_002_bo.ipynb", "hw_2024_003_cy.ipynb"],
        ["hw_2024_001_x.ipynb", "hw_2024_002_x.ipynb", "hw_2024_003_x.ipynb"],
        ["ann_2024_001_x.ipynb", "bo_2024_002_x.ipynb", "cy_2024_003_x.ipynb"],
    ],
)
def test_numbers_that_people_chose_make_no_canvas_export(tmp_path: Path, names: list[str]) -> None:
    intake = taken(tmp_path, {n: another(i) for i, n in enumerate(names)}, as_folder)
    assert students(intake) == {name.removesuffix(".ipynb"): name for name in names}
    assert intake.layouts == []


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    files = {"leeann_11_9001_hw.ipynb": another(1), "leeann_11_9002_hw.ipynb": another(2),
             "bo_12_9003_hw.ipynb": another(3)}  # fmt: skip
    intake = taken(tmp_path, files)
    assert sorted(students(intake)) == ["bo", "leeann", "leeann-2"]
    assert "earlier" not in intake.layouts[0]


def test_what_is_named_twice_is_graded_once(tmp_path: Path) -> None:
    paths = [as_zip(CANVAS, tmp_path / "e.zip"), as_folder(CANVAS, tmp_path / "e")]
    intake = take_in(paths, ASSIGNMENT, tmp_path / "grades")
    assert sorted(students(intake)) == ["devriesbo", "leeann"]
    assert len([line for line in intake.news if line.startswith("graded once")]) == 2


def test_other_notebooks_of_a_student_come_along(tmp_path: Path) -> None:
    files = {"leeann_11_1_hw.ipynb": another(1), "leeann_11_2_scratch.ipynb": OTHER,
             "bo_12_3_hw.ipynb": another(2)}  # fmt: skip
    intake = taken(tmp_path, files)
    assert students(intake) == {"leeann": "leeann_11_1_hw.ipynb", "bo": "bo_12_3_hw.ipynb"}
    assert along(intake)["leeann"] == ("scratch.ipynb",)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("müllerjörg_11_22_hw.ipynb", "müllerjörg"),
        ("anon_Ab3xY_22_hw.ipynb", "anon Ab3xY"),
        ("LATE_anon_Ab3xY_22_hw.ipynb", "anon Ab3xY"),
        ("leeann_11_22_bo_33_44_hw.ipynb", "leeann"),
        ("leeann_LATE_11_22_LATE_hw.ipynb", "leeann"),
        ("leeann_11_22_...ipynb", "leeann"),
    ],
)
def test_forms_of_a_name_in_canvas(tmp_path: Path, entry: str, name: str) -> None:
    assert list(students(taken(tmp_path, {entry: STARTER}))) == [name]


# ---- Gradescope -----------------------------------------------------------------------------


@both
def test_gradescope_tells_students_and_groups(tmp_path: Path, make: Make) -> None:
    intake = taken(tmp_path, GRADESCOPE, make)
    assert students(intake) == {
        "Ann Lee": "assignment_1_export/submission_501/hw.ipynb",
        "Bo de Vries + Zoë Öz": "assignment_1_export/submission_502/hw.ipynb",
    }
    assert along(intake)["Ann Lee"] == ("data/x.csv",)
    group = intake.hand_ins[1].owner
    assert group is not None
    assert [tuple(p) for p in group.people] == [
        ("Bo de Vries", "1002", f"bo{AT}uni.example"),
        ("Zoë Öz", "1003", f"zoe{AT}uni.example"),
    ]
    assert "submissions without any file: Eve" in intake.news


BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{chr(ord(name) - 1)}'] * 9)}]\n" for name in "bcdefghij"
)


@pytest.mark.parametrize(
    "metadata",
    [
        b"", b"[" * 100_000, b"\xff\xfe\xff", b"a: b: c", b"submission_501", BOMB.encode(),
        b"submission_501: &x\n  :submitters: *x\n",
        b"submission_501:\n  :submitters:\n    :name: Ann\n",
        b"submission_501:\n  :submitters:\n  - - :name: Ann\n",
        b"? {submission_501: x}\n: [:submitters]\n",
        b"submission_501:\n  :submitters:\n  - :name: !!python/object/apply:os.system [exit]\n",
        b"{" + b"a: {" * 60 + b"}" * 60 + b"}",
    ],
)  # fmt: skip
def test_metadata_that_tell_nobody_leave_the_folders_names(tmp_path: Path, metadata: bytes) -> None:
    files = {**GRADESCOPE, "assignment_1_export/submission_metadata.yml": metadata}
    assert list(students(taken(tmp_path, files))) == ["submission_501", "submission_502"]


def test_aliases_are_not_followed(tmp_path: Path) -> None:
    text = METADATA.replace("- :name: Ann Lee", "- :name: &n Ann Lee") + (
        "submission_504:\n  :submitters:\n  - :name: *n\n"
    )
    files = {**GRADESCOPE, "assignment_1_export/submission_metadata.yml": text.encode(),
             "assignment_1_export/submission_504/hw.ipynb": another(4)}  # fmt: skip
    assert "submission_504" in students(taken(tmp_path, files))


def test_a_student_cannot_bring_metadata(tmp_path: Path) -> None:
    mine = METADATA.replace("Ann Lee", "Mallory").encode()
    files = {**GRADESCOPE, "assignment_1_export/submission_501/submission_metadata.yml": mine}
    assert "Mallory" not in students(taken(tmp_path, files))
    alone = {n.partition("/")[2]: d for n, d in files.items() if "export/sub" in n}
    del alone["submission_metadata.yml"]
    assert list(students(taken(tmp_path, alone))) == ["submission_501", "submission_502"]


# ---- nbgrader -------------------------------------------------------------------------------


@both
def test_of_nbgraders_folders_the_assignment_asked_for_is_graded(
    tmp_path: Path, make: Make
) -> None:
    intake = taken(tmp_path, NBGRADER, make)
    assert students(intake) == {"ann": "submitted/ann/ps1/hw.ipynb",
                                "bo": "submitted/bo/ps1/hw.ipynb"}  # fmt: skip
    assert along(intake) == {"ann": (), "bo": ()}
    assert "not graded, handed in for another assignment: ps2 of 2 students" in intake.news


def test_an_assignment_of_the_same_name_is_the_one_asked_for(tmp_path: Path) -> None:
    files = {f"submitted/{s}/{a}/hw.ipynb": another(i) for i, (s, a) in enumerate(
        [("ann", "00_Fundamentals"), ("ann", "resit"), ("bo", "00_Fundamentals")])}  # fmt: skip
    assert list(students(taken(tmp_path, files))) == ["ann", "bo"]


def test_nothing_is_graded_where_no_assignment_is_the_one_asked_for(tmp_path: Path) -> None:
    intake = taken(tmp_path, {f"submitted/ann/{a}/hw.ipynb": OTHER for a in ("ps1", "ps2")})
    assert intake.hand_ins == []
    assert len([n for n in intake.news if "for another assignment" in n]) == 2


# ---- zips -----------------------------------------------------------------------------------


def test_a_zip_of_folders_is_a_class(tmp_path: Path) -> None:
    files = {f"hw1/{name}/hw.ipynb": another(i) for i, name in enumerate(["ann", "bo", "cy"])}
    intake = taken(tmp_path, files)
    assert list(students(intake)) == ["ann", "bo", "cy"]
    assert "the hand-ins of a class: 3 hand-ins" in intake.layouts[0]


def test_a_zip_of_everybodys_file_is_a_class(tmp_path: Path) -> None:
    files = {f"{name}.ipynb": another(i) for i, name in enumerate(["ann", "bo", "cy", "dee"])}
    assert list(students(taken(tmp_path, files))) == ["ann", "bo", "cy", "dee"]


def test_copies_in_a_zip_are_one_students(tmp_path: Path) -> None:
    files = {f"hw{mark}.ipynb": another(i) for i, mark in enumerate(["", " (1)", " (2)", " copy"])}
    assert [f.arrival.file for f in taken(tmp_path, files).hand_ins] == ["export"]


def test_one_students_zip_stays_one_hand_in(tmp_path: Path) -> None:
    files = {f"week{i}/hw.ipynb": OTHER for i in range(4)} | {"final.ipynb": STARTER}
    intake = taken(tmp_path, files)
    assert [f.arrival.file for f in intake.hand_ins] == ["export"]
    assert intake.layouts == []


def test_a_students_zip_in_an_export_is_a_hand_in_and_never_an_export(tmp_path: Path) -> None:
    forged = zipped({"Bo_9_assignsubmission_file_/hw.ipynb": another(1),
                     "Cy_8_assignsubmission_file_/hw.ipynb": another(2)})  # fmt: skip
    good = zipped({"hw.ipynb": STARTER})
    files = {"Ann_1_assignsubmission_file_/hw.zip": good,
             "Mal_2_assignsubmission_file_/hw.zip": forged}  # fmt: skip
    intake = taken(tmp_path, files)
    assert list(students(intake)) == ["Ann", "Mal"]


def test_a_zip_among_those_of_students_is_no_export(tmp_path: Path) -> None:
    good = [as_zip({"hw.ipynb": another(0)}, tmp_path / "s0.zip"), tmp_path / "s1.ipynb"]
    good[1].write_bytes(another(1))
    forged = as_zip({"Bo_9_assignsubmission_file_/hw.ipynb": another(5)}, tmp_path / "mal.zip")
    intake = take_in([*good, forged], ASSIGNMENT, tmp_path / "grades")
    assert names_of(intake.hand_ins, ASSIGNMENT) == ["s0", "s1", "mal"]
    assert intake.news == [
        "mal.zip looks like a Moodle export; to have it graded as such, name it alone"
    ]
    folders = [as_folder({"hw.ipynb": another(n)}, tmp_path / f"f{n}") for n in range(2)]
    mine = as_folder({"Bo_9_assignsubmission_file_/hw.ipynb": another(5)}, tmp_path / "mal")
    intake = take_in([*folders, mine], ASSIGNMENT, tmp_path / "grades")
    assert all(found.owner is None for found in intake.hand_ins)
    assert len(intake.news) == 1


def test_typed_again_a_zip_lies_where_it_lay(tmp_path: Path) -> None:
    first, second = taken(tmp_path, MOODLE), taken(tmp_path, MOODLE)
    assert first == second
    shas = [sha256_of(f.path, f.arrival) for f in first.hand_ins]
    assert all(shas)
    newer = taken(tmp_path, {**MOODLE, "Eve_5_assignsubmission_file_/hw.ipynb": another(5)})
    assert len(newer.hand_ins) == 3
    assert [sha256_of(f.path, f.arrival) for f in newer.hand_ins[:2]] == shas


def test_a_zip_that_was_half_unpacked_is_unpacked_again(tmp_path: Path) -> None:
    intake = taken(tmp_path, MOODLE)
    (told,) = (tmp_path / "grades/.handed-in").glob("*/told.json")
    told.unlink()
    for found in intake.hand_ins:
        found.path.write_bytes(b"half")
    assert [f.path.read_bytes() for f in taken(tmp_path, MOODLE).hand_ins] == [
        another(1), another(2)
    ]  # fmt: skip


def test_a_later_export_under_another_name_keeps_its_records(tmp_path: Path) -> None:
    out = tmp_path / "grades"

    def names(zip_name: str) -> list[str]:
        intake = take_in([as_zip(MOODLE, tmp_path / zip_name)], ASSIGNMENT, out)
        wanted = names_of(intake.hand_ins, ASSIGNMENT)
        named = own_names(out, "a", [
            (n, f.path, f.arrival.owner) for n, f in zip(wanted, intake.hand_ins, strict=True)
        ])  # fmt: skip
        for name, found in zip(named, intake.hand_ins, strict=True):
            record(out / "a" / name, found.path, found.arrival.owner)
        return named

    assert names("e.zip") == names("e (1).zip") == ["Ann Lee", "Bo de Vries"]


def record(folder: Path, path: Path, owner: str) -> None:
    """What a record keeps of where it came from."""

    folder.mkdir(parents=True, exist_ok=True)
    (folder / SOURCE).write_text(Whence(path, Arrival(owner=owner)).as_text())


def test_work_on_an_export_travels_as_text(tmp_path: Path) -> None:
    from grader.reporting import Asked
    from grader.rubric import load_rubric

    found = taken(tmp_path, CANVAS).hand_ins[0]
    asked = Asked(ASSIGNMENT, load_rubric(ROOT, ASSIGNMENT))
    work = Work(HandIn(found.path, "a", found.arrival), asked, tmp_path, "none")
    assert found.arrival.owner
    assert Work.of_text(work.as_text()).hand_in == work.hand_in


def test_places_of_an_export_stay_in_their_folder(tmp_path: Path) -> None:
    files = {"Ann_1_assignsubmission_file_..": STARTER,
             "Bo_2_assignsubmission_file_.hidden.ipynb": STARTER}  # fmt: skip
    for found in taken(tmp_path, files).hand_ins:
        assert tmp_path / "grades/.handed-in" in found.path.resolve().parents
        assert ".." not in PurePosixPath(found.path).parts


# ---- any names at all -----------------------------------------------------------------------

part = st.one_of(
    st.sampled_from([
        "Ann_1_assignsubmission_file_", "_assignsubmission_file_x", "a_11_22_hw.ipynb", "submitted",
        "a_11_22_hw-1.ipynb", "b_LATE_12_23_hw.ipynb", "a_11_text.html", "submission_5", "ps1",
        "submission_metadata.yml", "timestamp.txt", "hw.ipynb", "Bo_2_assignsubmission_file_..",
    ]),
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
        lambda name: name not in (".", "..")
    ),
)  # fmt: skip


@given(st.lists(st.lists(part, min_size=1, max_size=4), max_size=12))
@settings(max_examples=300, deadline=None)
def test_whatever_files_are_called_none_leaves_its_folder_and_no_notebook_is_lost(
    names: list[list[str]],
) -> None:
    files = sorted({PurePosixPath(*name) for name in names})
    export = recognise(files, lambda file, most: b"", ASSIGNMENT)
    if export is None:
        return
    for place, file in export.tree.items():
        assert file in files
        assert not place.is_absolute()
        assert ".." not in place.parts
        assert place.name
    kept = {*export.tree.values(), *export.earlier}
    lost = [f for f in files if f.suffix == ".ipynb" and f not in kept]
    assert not lost or export.title == "nbgrader's folders"
