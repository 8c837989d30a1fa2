"""`grades.csv`: one line a hand-in, for a spreadsheet or a gradebook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from grader.grade import Grade
from grader.legible import points
from grader.report import Overview, Records

Verdicts = tuple[tuple[str, str], ...]
FIRST = ("student", "assignment", "file", "final", "earned", "earned_so_far", "withheld",
         "possible", "ending")  # fmt: skip
NOBODY = "no_hand_in"
"""The ending of those on the roster who handed in nothing; that is not zero points."""
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def grades_csv(records: Records) -> Iterator[str]:
    """The lines of the table. `earned` is empty for a grade that is not final: no number yet."""
    verdicts: dict[Verdicts, Verdicts] = {}
    rows = [row_of(grade, verdicts) for grade in records.grades]
    exercises = list(dict.fromkeys(e for told in verdicts for e, _ in told))
    yield line([*FIRST, *(f"exercise {e}" for e in exercises), "needs_a_person"])
    for row in rows:
        told = dict(row.verdicts)
        yield f"{row.first},{line([*(told.get(e, '') for e in exercises), row.needs_a_person])}"
    for student, _, assignment in records.absent:
        known = {"student": student, "assignment": assignment, "final": "no", "ending": NOBODY}
        yield line([*(known.get(c, "") for c in FIRST), *("" for _ in exercises), ""])


class Row(NamedTuple):
    """One line: its beginning as text, the verdicts by exercise, the cell after them."""

    first: str
    verdicts: Verdicts
    needs_a_person: str


def row_of(grade: Grade, seen: dict[Verdicts, Verdicts]) -> Row:
    """What the table keeps of a grade.

    Args:
        grade: of a hand-in.
        seen: verdicts so far, so that those of many hand-ins are kept once.
    """
    first = line([
        grade.student, grade.assignment, grade.file, "yes" if grade.final else "no",
        points(grade.earned) if grade.final else "", points(grade.earned),
        points(grade.withheld), points(grade.possible), grade.ending,
    ])  # fmt: skip
    verdicts = tuple((e.id, str(e.verdict)) for e in grade.exercises)
    return Row(first.removesuffix("\n"), seen.setdefault(verdicts, verdicts),
               "; ".join(grade.needs_a_person))  # fmt: skip


def line(cells: Iterable[str]) -> str:
    """Cells as a line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([harmless(cell) for cell in cells])
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


TABLE = Overview("table", "grades.csv", grades_csv)
