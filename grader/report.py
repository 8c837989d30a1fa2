"""What every report is: a name, a file, and a function that makes the file's text.

A `Format` makes a report of one hand-in, an `Overview` one of a batch. Each file of
`grader/reports/` holds one or more of them as constants, and other packages bring theirs through
the entry point group `grader.reports`. A report is made from records alone and takes no clock, so
the same record gives the same bytes. Its text comes from strangers in part: escape all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from grader.assignment import Assignment
from grader.catalogue import plugged_in
from grader.errors import HostError
from grader.evidence import Evidence
from grader.executed import ExecutedCell
from grader.grade import Grade
from grader.roster import Absent
from grader.rubric import Rubric

RECORD_FILES = frozenset({"evidence.jsonl", "executed.ipynb", "grade.json"})


class Record(NamedTuple):
    """All that a report of one hand-in is made of.

    Attributes:
        grade: what it earned.
        evidence: what that rests on.
        cells: of the executed notebook; none where nothing ran.
        assignment: what was asked for.
        rubric: titles, hints, and what students may see.
    """

    grade: Grade
    evidence: Evidence
    cells: tuple[ExecutedCell, ...]
    assignment: Assignment
    rubric: Rubric


class Titles(NamedTuple):
    """How the author calls an assignment, and per criterion what it asks for."""

    assignment: str
    criteria: Mapping[str, str]


class Records(NamedTuple):
    """All that a report of a batch is made of.

    Attributes:
        grades: of all records, by assignment and student. They are read anew from the disk each
            time they are gone through, so keep of each what you need and no more.
        absent: who is on the roster of an assignment and handed in nothing.
        titles: by assignment, as far as they are known.
        ids: by assignment that has a roster, and by student, the roster's ids of those who handed
            in: one, or those of a group.
    """

    grades: Iterable[Grade]
    absent: Sequence[Absent] = ()
    titles: Mapping[str, Titles] = MappingProxyType({})
    ids: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType({})


class Format(NamedTuple):
    """A report of one hand-in; `file` is its name in the record's folder."""

    name: str
    file: str
    render: Callable[[Record], str]


class Overview(NamedTuple):
    """A report of a batch; `file` is its name in the batch's folder.

    What it renders are the pieces of its text, so that a long one need not be in memory at once.
    """

    name: str
    file: str
    render: Callable[[Records], Iterable[str]]


@cache
def formats() -> tuple[Format, ...]:
    """All reports of one hand-in.

    Raises:
        HostError: a package brings one whose file would take another's place.
    """
    found = plugged_in("grader.reports", Format)
    distinct_files(found)
    return tuple(found)


@cache
def overviews() -> tuple[Overview, ...]:
    """All reports of a batch.

    Raises:
        HostError: a package brings one whose file would take another's place.
    """
    found = plugged_in("grader.reports", Overview)
    distinct_files(found)
    return tuple(found)


def distinct_files(found: Sequence[Format | Overview]) -> None:
    """See to it that every report has a file of its own in the folder that is meant."""
    taken = set(RECORD_FILES)
    for one in found:
        if one.file in taken or one.file in ("", ".", "..") or set("/\\\0") & set(one.file):
            raise HostError(
                f"the report {one.name!r} cannot be written to {one.file!r};"
                " remove the package that brings it, or ask its author for another file name"
            )
        taken.add(one.file)
