"""`grades.csv`: one line a hand-in, for a spreadsheet or a gradebook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from grader.grade import Grade
from grader.legible import points
from grader.report import Overview

FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def grades_csv(grades: Iterable[Grade]) -> str:
    """The table. `earned` is empty for a grade that is not final: it is no number yet."""
    rows = list(grades)
    exercises = list(dict.fromkeys(e.id for grade in rows for e in grade.exercises))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["student", "assignment", "file", "final", "earned", "earned_so_far", "withheld",
         "possible", "ending", *(f"exercise {e}" for e in exercises), "needs_a_person"]
    )  # fmt: skip
    for grade in rows:
        verdicts = {e.id: e.verdict for e in grade.exercises}
        cells: list[object] = [
            grade.student, grade.assignment, grade.file, "yes" if grade.final else "no",
            points(grade.earned) if grade.final else "", points(grade.earned),
            points(grade.withheld), points(grade.possible), grade.ending,
            *(verdicts.get(e, "") for e in exercises), "; ".join(grade.needs_a_person),
        ]  # fmt: skip
        writer.writerow([harmless(str(c)) for c in cells])
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


TABLE = Overview("table", "grades.csv", grades_csv)
