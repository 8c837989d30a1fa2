"""A hand-in full of self-check calls is worth what it is worth without them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.assignment import load_assignment
from grader.exercises import place
from grader.grading import Batch, grade_file
from grader.notebook import Cell, Notebook, parse_notebook
from grader.questions import without_questions
from grader.rubric import load_rubric
from grader.sandboxes.sandbox import Sandbox

COURSE = Path(__file__).parents[1]
START = 'from grader import selfcheck\nq = selfcheck.start("{id}", course="..")'
ASKED = ["q[{e}].check()", "print(q[{e}].hint())", "q[{e}].why()\nselfcheck.explain()",
         "%check {e}", "again = q[{e}].check()\nagain"]  # fmt: skip
SOLUTIONS = sorted((COURSE / "assignments").glob("*/solution*.ipynb"))
STARTERS = sorted((COURSE / "assignments").glob("*/starter.ipynb"))


def full_of_calls(path: Path) -> str:
    """A notebook with a start, a line above each cell, a call below it, and cells of calls."""
    content = json.loads(path.read_text(encoding="utf-8"))
    assignment = load_assignment(COURSE, path.parent.name)
    notebook = parse_notebook(path.read_bytes())
    assert isinstance(notebook, Notebook)
    placed = place(notebook, assignment).exercise
    cells: list[Any] = [code(START.format(id=assignment.id))]
    for index, cell in enumerate(content["cells"]):
        exercise = placed.get(index, "1")
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            above = "" if source.lstrip().startswith("%%") else f"%%check {exercise}\n"
            cells.append({**cell, "source": f"{above}{source}\nq[{exercise}].check()"})
            cells.append(code(ASKED[index % len(ASKED)].format(e=exercise)))
        else:
            cells.append(cell)
    return json.dumps({**content, "cells": cells})


def code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "id": f"c{abs(hash(source)) % 10**9}", "metadata": {},
            "source": source, "outputs": [], "execution_count": None}  # fmt: skip


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            id=f"{path.parent.name}-{path.stem}",
            marks=[] if path.stem == "solution" else [pytest.mark.soak],
        )
        for path in SOLUTIONS
    ],
)
def test_a_solution_full_of_calls_earns_everything(
    path: Path, tmp_path: Path, fence: Sandbox
) -> None:
    assignment = load_assignment(COURSE, path.parent.name)
    hand_in = tmp_path / "hand-in.ipynb"
    hand_in.write_text(full_of_calls(path), encoding="utf-8")
    batch = Batch(assignment, load_rubric(COURSE, assignment), tmp_path / "out", fence)
    grade = grade_file(hand_in, "ada", batch).grade
    lost = {m.criterion: m.because for m in grade.marks if m.verdict != "passed"}
    assert (lost, grade.needs_a_person) == ({}, [])


@pytest.mark.kernel
@pytest.mark.parametrize("path", STARTERS, ids=lambda p: p.parent.name)
def test_a_starter_full_of_calls_is_not_begun(path: Path, tmp_path: Path, fence: Sandbox) -> None:
    assignment = load_assignment(COURSE, path.parent.name)
    hand_in = tmp_path / "hand-in.ipynb"
    hand_in.write_text(full_of_calls(path), encoding="utf-8")
    batch = Batch(assignment, load_rubric(COURSE, assignment), tmp_path / "out", fence)
    grade = grade_file(hand_in, "ada", batch).grade
    assert {e.verdict for e in grade.exercises} == {"missing"}
    assert grade.needs_a_person == []


def left(*sources: str) -> list[str]:
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(sources))
    return [c.source.strip() for c in without_questions(Notebook(cells)).cells]


@pytest.mark.parametrize(
    "source",
    [
        "q[2].check()", "print(q[2].check())", "r = q[2].check()\nr", "display(q.progress())",
        "selfcheck.explain()", "q", "q[2].hint(force=True)",
        "selfcheck.start('02', course='..')",
    ],
)  # fmt: skip
def test_what_asks_self_check_is_no_answer(source: str) -> None:
    start = "from grader import selfcheck\nq = selfcheck.start('01')"
    assert left(start, source) == ["from grader import selfcheck", ""]


@pytest.mark.parametrize(
    "source",
    [
        "x = q[2].shape + 1", "q[torch.rand(2)]", "other.check()", "q[2].check(print(3))",
        "x = 1; q[2].check()", "q[2] = 3", "for e in q: print(e)", "print(q, x)",
    ],
)  # fmt: skip
def test_what_computes_something_besides_stays(source: str) -> None:
    assert left("from grader import selfcheck as s\nq = s.start('01')", source)[1] == source


@pytest.mark.parametrize(
    "start",
    [
        "import grader.selfcheck as sc\nq = sc.start('01')",
        "from grader.selfcheck import start\nq = start('01')",
        "from grader import selfcheck\n\n\nq = other = selfcheck.start('01')",
    ],
)
def test_the_name_is_told_by_what_it_is_bound_to(start: str) -> None:
    assert left(start, "q[1].check()")[1] == ""


def test_a_name_means_nothing_in_itself() -> None:
    assert left("q = [1, 2]", "q[1].check()  # not selfcheck") == [
        "q = [1, 2]", "q[1].check()  # not selfcheck"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "again",
    ["q = Line()", "def q(x): return x", "import quiz as q", "for q in range(3): pass", "del q"],
)
def test_a_name_that_was_taken_for_something_else_asks_nothing(again: str) -> None:
    start = "from grader import selfcheck\nq = selfcheck.start('01')"
    assert left(start, "q[1].check()", again, "q[0]")[1:] == ["", again, "q[0]"]


def test_lines_keep_their_numbers() -> None:
    cells = left("from grader import selfcheck\nq = selfcheck.start('01')", "%%check 1\nq[1]\nx")
    assert cells[1].splitlines() == ["#", "", "x"]
    whole = Notebook((Cell(0, "code", "from grader import selfcheck as q\n\nq[1]\nx"),))
    assert without_questions(whole).cells[0].source.split("\n")[3] == "x"
