"""`grades.csv`: one line a hand-in, for a spreadsheet or a gradebook."""

from __future__ import annotations

import csv
import io
from sys import intern
from typing import NamedTuple

from grader.grade import Grade
from grader.legible import points
from grader.report import Overview, Records

FIRST = ("student", "assignment", "file", "final", "earned", "earned_so_far", "withheld",
         "possible", "ending")  # fmt: skip
NOBODY = "no_hand_in"
"""The ending of those on the roster who handed in nothing; that is not zero points."""
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def grades_csv(records: Records) -> str:
    """The table. `earned` is empty for a grade that is not final: it is no number yet."""
    rows = [row_of(grade) for grade in records.grades]
    exercises = list(dict.fromkeys(e for row in rows for e in row.verdicts))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*FIRST, *(f"exercise {e}" for e in exercises), "needs_a_person"])
    for row in rows:
        cells = [*row.first, *(row.verdicts.get(e, "") for e in exercises), row.needs_a_person]
        writer.writerow([harmless(cell) for cell in cells])
    for student, _, assignment in records.absent:
        known = {"student": student, "assignment": assignment, "final": "no", "ending": NOBODY}
        writer.writerow([harmless(known.get(c, "")) for c in FIRST] + [""] * (len(exercises) + 1))
    return text.getvalue()


class Row(NamedTuple):
    """One line: the cells before the verdicts, the verdicts by exercise, the cell after them."""

    first: tuple[str, ...]
    verdicts: dict[str, str]
    needs_a_person: str


def row_of(grade: Grade) -> Row:
    """What the table keeps of a grade."""
    first = (
        grade.student, grade.assignment, grade.file, "yes" if grade.final else "no",
        points(grade.earned) if grade.final else "", points(grade.earned),
        points(grade.withheld), points(grade.possible), grade.ending,
    )  # fmt: skip
    verdicts = {intern(e.id): intern(e.verdict) for e in grade.exercises}
    return Row(first, verdicts, "; ".join(grade.needs_a_person))


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


TABLE = Overview("table", "grades.csv", grades_csv)
