"""`grades.csv`: one line a hand-in, for a spreadsheet or a gradebook.

With a roster each line has the roster's id of the student, and a group has a line for each of its
members, so that a gradebook can take it in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from sys import intern
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
    by_id = bool(records.ids)
    head = [FIRST[0], *(["id"] if by_id else []), *FIRST[1:]]
    yield line([*head, *(f"exercise {e}" for e in exercises), "needs_a_person"])
    for row in rows:
        told = dict(row.verdicts)
        rest = line([*(told.get(e, "") for e in exercises), row.needs_a_person])
        for own in records.ids.get(row.assignment, {}).get(row.student) or ("",):
            yield f"{cells([row.student, *([own] if by_id else [])])},{row.first},{rest}"
    for student, own, assignment in records.absent:
        known = {"student": student, "id": own, "assignment": assignment, "final": "no",
                 "ending": NOBODY}  # fmt: skip
        yield line([*(known.get(c, "") for c in head), *("" for _ in exercises), ""])


class Row(NamedTuple):
    """One hand-in.

    Attributes:
        student: whose it is.
        assignment: what it was graded for.
        first: the cells after the student's, up to the verdicts, as text.
        verdicts: by exercise.
        needs_a_person: the last cell.
    """

    student: str
    assignment: str
    first: str
    verdicts: Verdicts
    needs_a_person: str


def row_of(grade: Grade, seen: dict[Verdicts, Verdicts]) -> Row:
    """What the table keeps of a grade.

    Args:
        grade: of a hand-in.
        seen: verdicts so far, so that those of many hand-ins are kept once.
    """
    first = cells([
        grade.assignment, grade.file, "yes" if grade.final else "no",
        points(grade.earned) if grade.final else "", points(grade.earned),
        points(grade.withheld), points(grade.possible), grade.ending,
    ])  # fmt: skip
    verdicts = tuple((e.id, str(e.verdict)) for e in grade.exercises)
    return Row(
        grade.student, intern(grade.assignment), first, seen.setdefault(verdicts, verdicts),
        "; ".join(grade.needs_a_person),
    )  # fmt: skip


def cells(texts: Iterable[str]) -> str:
    """Cells of a line that goes on."""
    return line(texts).removesuffix("\n")


def line(texts: Iterable[str]) -> str:
    """Cells as a line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([harmless(cell) for cell in texts])
    return text.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


TABLE = Overview("table", "grades.csv", grades_csv)
