"""Who is on the roster of a class and has handed in nothing, as a folder of records keeps it.

`roster.json` lies beside the records, so that every command that writes the table and the class
page knows it. It is told anew by each `grader grade --roster`, for its assignment alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from grader.record import write_file

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
        absent: who handed in nothing, sorted by name.
        ids: for each record, by its student, the roster's ids of those who handed it in: one, or
            those of a group. None where the roster does not tell for certain.
    """

    absent: Sequence[Absent]
    ids: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, assignment: str, told: Any) -> Self:  # noqa: ANN401 - whatever a file holds
        """What a file says.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: it does not say it.
        """
        absent = [Absent(str(name), str(id_), assignment) for name, id_ in told["absent"]]
        return cls(absent, {str(k): tuple(map(str, v)) for k, v in told["ids"].items()})


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


def keep(out: Path, assignment: str, enrolled: Enrolled) -> None:
    """Write down what a roster says of an assignment; that of others stays.

    Raises:
        HostError: the folder cannot be written.
    """
    told = enrolled_in(out) | {assignment: enrolled}
    data = {
        name: {"absent": [one[:2] for one in each.absent], "ids": dict(each.ids)}
        for name, each in told.items()
    }
    write_file(out / ROSTER, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
