"""What is told of mistakes: the most telling ones to students, all to instructors."""

from __future__ import annotations

import pytest
import records

from grader.audience import MOST_CAUSES, causes
from grader.catalogue import faults
from grader.finding import Diagnosis, Severity
from grader.grade import Grade
from grader.planting import Edit, Solution
from grader.report import Record
from grader.reports.page import of_instructor, of_student
from grader.reports.terminal import report


def found(
    name: str, exercise: str, severity: Severity = "F", *, certain: bool = True, what: str = "seen"
) -> Diagnosis:
    return Diagnosis(
        id=name, title=f"the mistake {name}", severity=severity, certain=certain,
        exercise=exercise, cell=2, line=7, observed=what, expected="something else",
        because="it does harm",
    )  # fmt: skip


def graded(*diagnoses: Diagnosis) -> tuple[Grade, Record]:
    """A hand-in that has exercises 2 to 4 and lost points in 2 and 4, with some mistakes."""
    evidence, _ = records.honest("ann")
    asked = records.asked()
    grade = records.graded(evidence, asked).model_copy(update={"diagnoses": list(diagnoses)})
    return grade, Record(grade, evidence, (), *asked)


def short_of_points() -> list[str]:
    grade, _ = graded()
    return [e.id for e in grade.exercises if e.verdict not in ("correct", "missing")]


def test_a_student_is_told_few_and_none_that_is_only_worth_knowing() -> None:
    first = short_of_points()[0]
    many = [found(f"T{n:02}", first) for n in range(10, 10 + 2 * MOST_CAUSES)]
    note = found("E03", first, "N")
    grade, record = graded(note, *many)
    student, instructor = (
        causes(grade, record.rubric, audience)[first] for audience in ("student", "instructor")
    )
    assert student == many[:MOST_CAUSES]
    assert instructor == [note, *many]


def test_what_is_certain_is_told_before_what_is_possible() -> None:
    first = short_of_points()[0]
    grade, record = graded(
        found("W01", first, "W"), found("D01", first, certain=False), *[
            found(f"T{n}", first) for n in (10, 11)]
    )  # fmt: skip
    assert [d.id for d in causes(grade, record.rubric, "student")[first]] == ["T10", "T11", "D01"]


def test_an_exercise_with_all_its_points_has_no_cause_to_tell() -> None:
    grade, record = graded()
    correct = next(e.id for e in grade.exercises if e.verdict == "correct")
    grade, record = graded(found("T01", correct))
    assert correct not in causes(grade, record.rubric, "instructor")


@pytest.mark.parametrize(("certain", "word"), [(True, "cause: "), (False, "possibly: ")])
def test_the_terminal_tells_what_where_and_what_was_seen(certain: bool, word: str) -> None:
    first = short_of_points()[0]
    grade, record = graded(found("T01", first, certain=certain, what="300 [steps]\x1b[31m"))
    lines = [line.text for line in report(grade, record.rubric, "student")]
    told = next(line for line in lines if word in line)
    assert "the mistake T01 (cell 2, line 7): 300 [steps]" in told
    assert "\x1b" not in "".join(lines)


def test_pages_escape_what_was_seen_and_show_the_ladder() -> None:
    first = short_of_points()[0]
    one = faults()[0]
    grade, record = graded(found(one.id, first, what="<script>alert(1)</script>"))
    _, record = grade, record._replace(grade=grade)
    for page in (of_student(record), of_instructor(record)):
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page
        assert f"The mistake {one.id}" in page
        assert one.hints[0] in page


# Edits


SOURCE = "a = 1\nfor i in range(3):\n    b = f(a,\n          i)\nc = 'ä' + g(b)"


def solution() -> Solution:
    return Solution.of([SOURCE], ["2"])


def edited(*edits: Edit) -> list[str]:
    (text,) = solution().with_edits(edits)
    return text.split("\n")


def test_edits_replace_put_in_and_take_away_whole_lines() -> None:
    one = solution()
    cell, call = next(one.calls("f"))
    statement = one.statement(cell, call)
    assert statement is not None
    assert one.text(cell, statement) == "b = f(a,\n          i)"
    assert edited(one.without(cell, statement))[1:3] == ["for i in range(3):", "c = 'ä' + g(b)"]
    assert edited(one.instead(cell, statement, "b = 2"))[2] == "    b = 2"
    assert edited(one.before(cell, statement, "x\ny"))[2:4] == ["    x", "    y"]
    assert edited(one.after(cell, statement, "x"))[4] == "    x"


def test_an_expression_is_replaced_in_its_line_whatever_letters_stand_before_it() -> None:
    one = solution()
    cell, call = next(one.calls("g"))
    assert edited(one.replaced(cell, call, "h(b)"))[-1] == "c = 'ä' + h(b)"
    cell, call = next(one.calls("f"))
    assert edited(one.replaced(cell, call, "0"))[2:] == ["    b = 0", "c = 'ä' + g(b)"]


def test_several_edits_of_one_cell_do_not_disturb_each_other() -> None:
    one = solution()
    (_, f), (_, g) = next(one.calls("f")), next(one.calls("g"))
    first, last = one.statement(0, f), one.statement(0, g)
    assert first is not None
    assert last is not None
    changed = edited(one.without(0, last), one.before(0, first, "x"), one.instead(0, first, "y"))
    assert changed == ["a = 1", "for i in range(3):", "    x", "    y"]
