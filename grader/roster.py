"""The roster of a class, as a folder of records keeps it: who is on it, and who handed in nothing.

`roster.json` lies beside the records, so that every command that writes the table and the class
page knows it, and grading more hand-ins later needs no roster again. Each assignment has its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from grader.attendance import attendance
from grader.enrolment import Student
from grader.layouts.export import Person
from grader.record import GRADE
from grader.whole_files import write_file

ROSTER = "roster.json"


class Absent(NamedTuple):
    """A student without a hand-in.

    Attributes:
        student: the name.
        id: the student's number or address as the roster writes it; empty where it has none.
        assignment: for which nothing was handed in.
    """

    student: str
    id: str
    assignment: str = ""


class Enrolled(NamedTuple):
    """What a roster says of one assignment.

    Attributes:
        students: all of them.
        absent: who handed in nothing, sorted by name.
        ids: for each record, by its student, the roster's ids of those who handed it in: one, or
            those of a group. None where the roster does not tell for certain.
    """

    students: Sequence[Student]
    absent: Sequence[Absent]
    ids: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, assignment: str, told: Any) -> Self:  # noqa: ANN401 - whatever a file holds
        """What a file says.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: it does not say it.
        """
        students = [
            Student(str(name), str(id_), tuple(map(str, ids)), str(email), tuple(map(str, parts)))
            for name, id_, ids, email, parts in told["students"]
        ]
        absent = [Absent(str(name), str(id_), assignment) for name, id_ in told["absent"]]
        return cls(students, absent, {str(k): tuple(map(str, v)) for k, v in told["ids"].items()})


def absent_in(out: Path) -> list[Absent]:
    """Who handed in nothing, as the last gradings into a folder were told, by assignment."""
    return [one for enrolled in enrolled_in(out).values() for one in enrolled.absent]


def enrolled_in(out: Path) -> dict[str, Enrolled]:
    """What the rosters of a folder say, by assignment; nothing where there was none."""
    try:
        told = json.loads((out / ROSTER).read_text(encoding="utf-8"))
        return {str(name): Enrolled.of(str(name), one) for name, one in sorted(told.items())}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def enrol(
    out: Path,
    assignment: str,
    roster: Sequence[Student] | None,
    handed: Mapping[str, Sequence[Person]],
) -> list[str]:
    """Find out who of a roster handed in what, and keep it beside the records.

    Args:
        out: the folder of the records, which the caller holds.
        assignment: for which things are handed in.
        roster: the class; None for the one that the folder has, if any.
        handed: who handed in, by the name of each record, those that are about to be written too.

    Returns:
        What is not certain, one line each.

    Raises:
        HostError: the folder cannot be written.
    """
    known = enrolled_in(out)
    before = known.get(assignment)
    if roster is None:
        roster = before.students if before else []
    if not roster:
        return []
    ids = before.ids if before else {}
    records = sorted(path.parent.name for path in (out / assignment).glob(f"*/{GRADE}"))
    earlier = {
        name: [Person(id_, id_) for id_ in ids.get(name, ())] or [Person(name)]
        for name in records if name not in handed
    }  # fmt: skip
    found = attendance(roster, {**earlier, **handed})
    absent = [Absent(student.name, student.id, assignment) for student in found.absent]
    keep(out, known | {assignment: Enrolled(roster, absent, found.ids)})
    return found.news


def keep(out: Path, known: Mapping[str, Enrolled]) -> None:
    """Write down what rosters say, by assignment.

    Raises:
        HostError: the folder cannot be written.
    """
    data = {
        name: {
            "students": each.students,
            "absent": [one[:2] for one in each.absent],
            "ids": dict(each.ids),
        }
        for name, each in known.items()
    }
    write_file(out / ROSTER, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
