"""A hand-in in which the exercises were not found: what its pages, a check and a comment say."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import pytest
from records import ROOT, asked, graded

from grader.another_homework import DOUBT
from grader.ci.comment import comment
from grader.ci.first_hints import first_hints
from grader.ci.published import Published, status_of
from grader.cli.check import in_full
from grader.diagnosing import diagnosed
from grader.evidence import Evidence
from grader.executed import read_executed
from grader.grade import Grade
from grader.grading import Batch, gather
from grader.pages.recognition import MOST, recognition
from grader.record import EXECUTED, write_record
from grader.regrading import regrade
from grader.report import Record
from grader.reporting import Asked, read_record
from grader.reports.page import of_instructor, of_student
from grader.reports.terminal import report
from grader.sandboxes.plain import Plain
from grader.scene import Scene
from grader.tutor.faces import command_line, text
from grader.tutor.practice import practised

GRADED = [str(number) for number in range(2, 11)]
LOOKS = "a person will look at it"
HOW = "“## 2. A random 7 by 7 tensor”"
"""The heading by which an exercise would have been found."""


@pytest.fixture(scope="module")
def chapter() -> Asked:
    return asked()


def other_homework() -> bytes:
    """A homework about other things."""
    texts = [("markdown", "# Homework 4"), ("markdown", "## Load the pictures"),
             ("code", "pictures = 3"), ("markdown", "### Plot <b>them</b>")]  # fmt: skip
    cells = [{"cell_type": kind, "source": source} for kind, source in texts]
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


@pytest.fixture
def unrecognised(tmp_path: Path, chapter: Asked) -> tuple[Evidence, str]:
    """Its evidence, and its cells as the record keeps them."""
    (tmp_path / "hw.ipynb").write_bytes(other_homework())
    batch = Batch(*chapter, tmp_path / "out", Plain(threads=1))
    evidence, kept = gather(tmp_path / "hw.ipynb", "ann", batch, lambda done, total: None)
    assert kept is not None
    return evidence, kept


@pytest.fixture
def numbered() -> Evidence:
    """Headings that count, above answers to something else, one of which raised."""
    scene = Scene()
    for number in GRADED:
        scene.cell(number, f"frame_{number} = {number}")
    scene.cell("3", "missing_name + 1").ends("raised", "NameError", "name 'missing_name'")
    return scene.evidence(assignment="00-fundamentals", by_number=GRADED)


def pages(evidence: Evidence, kept: str | None, chapter: Asked) -> tuple[Grade, str, str]:
    """The grade, and the student's and the instructor's page."""
    grade = diagnosed(graded(evidence, chapter), evidence)
    record = Record(grade, evidence, read_executed(kept) if kept else (), *chapter)
    return grade, of_student(record), of_instructor(record)


def words(page: str) -> str:
    """What a page says."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") :])).split())


def sentences(said: str) -> int:
    """How many sentences a text has, numbers of headings aside."""
    return len(re.findall(r"[.!?](?:\s|$)", re.sub(r"\d\. ", "", said)))


def test_the_review_shows_the_cells_what_was_looked_for_and_what_is_there(
    unrecognised: tuple[Evidence, str], chapter: Asked
) -> None:
    grade, _, review = pages(*unrecognised, chapter)
    assert grade.ending == "unrecognised"
    told = words(review)
    assert "could not be read" not in told
    assert "is it another homework?" in told
    assert "0 of 9 exercises were found by the words of their headings; it takes 5" in told
    for exercise in chapter.assignment.exercise:
        assert not exercise.graded or f"{exercise.id} {exercise.title} no heading" in told
    listed = told[told.index("The headings in it:") :]
    assert "Homework 4 in cell 1 Load the pictures in cell 2" in listed
    assert "Plot <b>them</b> in cell 4" in listed
    assert 'id="cell-3"' in review
    assert "pictures =" in told
    assert "It was not run, so it has no outputs." in told


def test_where_half_is_missing_the_review_says_what_was_found_and_how(chapter: Asked) -> None:
    sources = ["# 2. A random 7 by 7 tensor", "# 3. Something else"]
    cells = [{"cell_type": "markdown", "source": source} for source in sources]
    found = recognition(read_executed(json.dumps({"cells": cells})), chapter.assignment)
    assert found.found == 1
    assert [(s.id, s.cell, s.by_number) for s in found.sought[:3]] == [
        ("2", 1, False), ("3", 2, True), ("4", None, True)
    ]  # fmt: skip
    many = json.dumps({"cells": [{"cell_type": "markdown", "source": "# x\n" * (MOST + 2)}]})
    assert len(recognition(read_executed(many), chapter.assignment).headings) == MOST
    assert recognition(read_executed(many), chapter.assignment).more == 2


def test_the_student_hears_in_two_sentences_how_exercises_are_found(
    unrecognised: tuple[Evidence, str], numbered: Evidence, chapter: Asked
) -> None:
    for evidence, kept in (unrecognised, (numbered, None)):
        grade, page, _ = pages(evidence, kept, chapter)
        told = words(page)
        said = re.search(r"The exercises of .*?”\.", told)
        assert said
        assert LOOKS in said[0]
        assert HOW in said[0]
        assert sentences(said[0]) == 2
        lines = [line.text for line in report(grade, chapter.rubric, "student")]
        assert HOW in " ".join(lines)
        for both in (told, " ".join(lines)):
            assert "another homework" not in both, "the instructor's doubt"
            assert "Hint" not in both
            assert "hint" not in both
            assert "missing_name" not in both.replace("missing_name + 1", "")


def test_what_a_doubt_of_numbers_withholds_is_told_once_and_first(
    numbered: Evidence, chapter: Asked
) -> None:
    grade, _, review = pages(numbered, None, chapter)
    assert grade.withheld == 100
    assert [why for why in grade.needs_a_person if DOUBT in why] == [DOUBT]
    assert grade.needs_a_person[0] == DOUBT
    assert "What was looked for" in review


def test_a_check_says_it_of_the_notebook_and_in_full(
    unrecognised: tuple[Evidence, str], chapter: Asked
) -> None:
    grade, _, _ = pages(unrecognised[0], None, chapter)
    found = practised(grade, unrecognised[0], chapter.rubric)["2"]
    for width in (60, 80):
        said = text(found, command_line("00-fundamentals", "2", "mine.ipynb"), width)
        assert said.startswith(" ? 00-fundamentals: exercises not found\n")
        assert HOW in " ".join(said.split())
        assert "…" not in said
        assert "write such headings, then" in said


def test_a_check_of_exercises_told_by_their_numbers_tells_what_it_saw(
    numbered: Evidence, chapter: Asked
) -> None:
    grade, _, _ = pages(numbered, None, chapter)
    found = practised(grade, numbered, chapter.rubric)["2"]
    said = text(found, command_line("00-fundamentals", "2", "mine.ipynb"), 80)
    assert said.startswith(" ? 2  A random 7 by 7 tensor")
    assert "exercises not found" not in said
    assert "grader hint 00-fundamentals 2" in said


def test_a_comment_says_it_and_fails_nobody(
    unrecognised: tuple[Evidence, str], numbered: Evidence, chapter: Asked
) -> None:
    for evidence in (unrecognised[0], numbered):
        grade, _, _ = pages(evidence, None, chapter)
        hints = first_hints(grade, evidence, chapter.rubric)
        assert not hints
        one = Published(
            "PyTorch", "submissions/x/ann", "hw.ipynb", grade, chapter.rubric, {}, hints
        )
        assert status_of(one, None) == "pending"
        said = comment([one], [], "a" * 40, points=True)
        assert "not recognised" in said
        assert LOOKS in said
        assert "another homework" not in said


def test_regrading_keeps_the_cells(
    unrecognised: tuple[Evidence, str], chapter: Asked, tmp_path: Path
) -> None:
    evidence, kept = unrecognised
    folder = write_record(tmp_path, evidence, graded(evidence, chapter), kept)
    regrade(folder, chapter)
    assert (folder / EXECUTED).read_text() == kept
    assert "pictures" in (folder / "review.html").read_text()
    _, _, again = read_record(folder, chapter)
    assert again == kept


def test_every_course_names_a_heading_that_would_be_found() -> None:
    from grader.assignment import load_assignment
    from grader.course import known_assignments
    from grader.headings import by_text
    from grader.notebook import Cell, Notebook

    def found(exercises: Sequence[tuple[str, str]], known: dict[str, tuple[str, ...]]) -> set[str]:
        cells = tuple(Cell(n, "markdown", f"## {i}. {t}") for n, (i, t) in enumerate(exercises))
        return set(by_text(Notebook(cells), known).values())

    for name in known_assignments(ROOT):
        all_of_them = load_assignment(ROOT, name).exercise
        known = {e.id: (e.title, *e.headings) for e in all_of_them}
        titled = [(e.id, e.title) for e in all_of_them]
        assert found(titled, known) == {e.id for e in all_of_them}


def test_a_check_of_another_homework_names_the_one_whose_exercises_are_in_it(
    unrecognised: tuple[Evidence, str], chapter: Asked
) -> None:
    grade, _, _ = pages(unrecognised[0], None, chapter)
    found = practised(grade, unrecognised[0], chapter.rubric)["2"]
    said = in_full(found, Path("mine.ipynb"), "01-workflow")
    assert said.startswith(" ? 00-fundamentals: exercises not found\n")
    assert "are not in it, and those of 01-workflow are." in " ".join(said.split())
    assert "next      grader check mine.ipynb -a 01-workflow\n" in said
    alone = in_full(found, Path("mine.ipynb"))
    assert "write such headings, then grader check mine.ipynb -a 00-fundamentals\n" in alone
