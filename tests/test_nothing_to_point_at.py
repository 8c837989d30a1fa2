"""What was lost with nothing to point at names the exercise, and no cell as if it were at fault."""

from __future__ import annotations

import re

import pytest
from records import ROOT, code, executed

from grader.assignment import load_assignment
from grader.ci.annotations import notes
from grader.ci.published import Published
from grader.diagnosing import diagnosed
from grader.evidence import Evidence
from grader.executed import read_executed
from grader.grade import Grade, Mark, judge, mark
from grader.report import Record
from grader.reporting import Asked
from grader.reports.page import of_instructor, of_student
from grader.reports.terminal import report
from grader.rubric import load_rubric
from grader.scene import Scene
from grader.tutor.faces import command_line, text
from grader.tutor.practice import practised


@pytest.fixture(scope="module")
def chapter() -> Asked:
    assignment = load_assignment(ROOT, "00-fundamentals")
    return Asked(assignment, load_rubric(ROOT, assignment))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Exercise 3 in cells 2 to 4, and no product anywhere."""
    scene = Scene().cell("2", "x = 1")
    for number in range(3):
        scene.cell("3", f"y_{number} = {number}")
    return scene.evidence(assignment="00-fundamentals")


@pytest.fixture(scope="module")
def grade(evidence: Evidence, chapter: Asked) -> Grade:
    return diagnosed(
        mark(evidence, judge(evidence, chapter.rubric, chapter.assignment), chapter.assignment),
        evidence,
    )


def lost(grade: Grade) -> Mark:
    """The product of exercise 3."""
    return next(m for m in grade.marks if m.criterion == "3.product")


def test_the_mark_holds_all_cells_of_the_exercise_and_points_at_none(grade: Grade) -> None:
    assert lost(grade).verdict == "failed"
    assert not lost(grade).where
    assert lost(grade).cells == [2, 3, 4]
    assert lost(grade).cell is None
    assert lost(grade).place == "exercise 3, cells 2 to 4"
    pointing = lost(grade).model_copy(update={"where": [0], "cells": [3]})
    assert (pointing.cell, pointing.place) == (3, "cell 3")
    assert lost(grade).model_copy(update={"cells": [3]}).place == "exercise 3, cell 3"
    assert lost(grade).model_copy(update={"cells": []}).place == ""


def test_every_report_names_the_exercise(grade: Grade, evidence: Evidence, chapter: Asked) -> None:
    place = "exercise 3, cells 2 to 4"
    lines = " ".join(line.text for line in report(grade, chapter.rubric, "instructor"))
    assert place in " ".join(lines.split())
    one = practised(grade, evidence, chapter.rubric)["3"]
    said = text(one, command_line("00-fundamentals", "3"), full=True)
    assert place in " ".join(said.split())
    beside = one._replace(beside={2: "In [7]", 4: "In [9]"})
    said = text(beside, command_line("00-fundamentals", "3"), full=True)
    assert "exercise 3, In [7] to In [9]" in " ".join(said.split())
    shown = Published("x", "f", "hw.ipynb", grade, chapter.rubric, {2: 20, 4: 40}, {})
    [note] = [n for n in notes(shown) if n.title == "exercise 3"]
    assert note.text.startswith(f"{place}: ")
    assert note.line == 20, "where the exercise begins"


def test_no_cell_of_the_notebook_is_marked(
    grade: Grade, evidence: Evidence, chapter: Asked
) -> None:
    cells = read_executed(executed(*(code(f"x = {n}") for n in range(4))))
    record = Record(grade, evidence, cells, *chapter)
    for page in (of_student(record), of_instructor(record)):
        own = page[page.index('id="exercise-3"') : page.index('id="exercise-4"')]
        assert "in exercise 3, cells 2 to 4" in own
        assert "#cell-" not in own
        assert not re.search(r'class="cell[^"]* noted" id="cell-[234]"', page)
