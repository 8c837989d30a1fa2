"""The one hand-in of a zip, and the files that are packed with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from grader.archives import unpack
from grader.assignment import Assignment, Limits
from grader.brought import Brought, fitting_together
from grader.exercises import BY_POSITION, place
from grader.kinds import Kind, kind_of, may_come_along
from grader.notebook import Notebook, Unreadable, parse_notebook
from grader.scripts import parse_script

MANY = 3
MOST_LOOKED_AT = 50
"""Notebooks and scripts of a zip that are read to find the one that is meant."""
EXPORTED = re.compile(r"_assignsubmission_(file|onlinetext)|^[^/_]+_(LATE_)?\d{3,}_\d{3,}_[^/]+$")
"""Names as Moodle and Canvas give them in an export of a whole class."""


class Content(NamedTuple):
    """What a file holds: cells, or why there are none, and the files packed with them."""

    notebook: Notebook | Unreadable
    files: tuple[Brought, ...] = ()
    left_out: tuple[str, ...] = ()


def read_zip(data: bytes, assignment: Assignment | None) -> Content:
    """What a zip holds.

    Args:
        data: its bytes.
        assignment: tells which of several notebooks is meant.
    """
    files = unpack(data)
    return Content(files) if isinstance(files, Unreadable) else chosen(files, assignment)


def chosen(files: Mapping[str, bytes], assignment: Assignment | None) -> Content:
    """The one hand-in among the files of a zip, and those that lie beside and below it."""
    named: dict[Kind, list[str]] = {"notebook": [], "script": [], "zip": [], "file": []}
    for name, data in files.items():
        named[kind_of(PurePosixPath(name).name, data)].append(name)
    every = [*named["notebook"], *named["script"]]
    sure = meant({n: files[n] for n in every}, assignment) if len(every) <= MOST_LOOKED_AT else []
    candidates = sure or named["notebook"] or named["script"]
    if len(candidates) != 1:
        return Content(Unreadable(none_or_several(candidates, named["zip"])))
    (name,) = candidates
    limits = assignment.limits if assignment else Limits()
    brought, left_out = packed_with(name, files, limits)
    return Content(parsed(name, files[name]), brought, left_out)


def meant(files: Mapping[str, bytes], assignment: Assignment | None) -> list[str]:
    """Those that hold the exercises; of copies with the same bytes, the one in the outer folder."""
    fitting = [
        n for n in sorted(files, key=len, reverse=True)
        if assignment is not None and holds_exercises(parsed(n, files[n]), assignment)
    ]  # fmt: skip
    return list({files[n]: n for n in fitting}.values())


def packed_with(
    name: str, files: Mapping[str, bytes], limits: Limits
) -> tuple[tuple[Brought, ...], tuple[str, ...]]:
    """The files beside and below a hand-in that come along, and the names of those that cannot."""
    folder = PurePosixPath(name).parent
    below = {
        str(PurePosixPath(n).relative_to(folder)): data for n, data in files.items()
        if PurePosixPath(n).is_relative_to(folder) and n != name
    }  # fmt: skip
    sizes = {n: len(data) for n, data in below.items() if may_come_along(n, data)}
    kept = fitting_together(sizes, limits)
    return tuple(Brought(n, below[n]) for n in kept), tuple(sorted(below.keys() - set(kept)))


def parsed(name: str, data: bytes) -> Notebook | Unreadable:
    """The cells of a notebook or a script."""
    own = PurePosixPath(name).name
    return parse_script(data, own) if kind_of(own, data) == "script" else parse_notebook(data)


def none_or_several(candidates: list[str], zips: list[str]) -> str:
    """Why a zip holds no one hand-in."""
    if is_class_export(candidates, zips):
        return "the zip seems to hold the hand-ins of a whole class; name the zip itself"
    if candidates:
        names = ", ".join(repr(n[:80]) for n in sorted(candidates)[:5])
        more = f" and {len(candidates) - 5} more" if len(candidates) > 5 else ""
        return f"the zip holds several that could be meant: {names}{more}; ask which one counts"
    inner = f", but another zip ({zips[0][:80]!r}); unpack it" if zips else ""
    return f"the zip holds no notebook and no script{inner or '; ask for it again'}"


def is_class_export(candidates: list[str], zips: list[str]) -> bool:
    """Whether names in a zip are those of many students' hand-ins."""
    packed = [*candidates, *zips]
    if len(packed) > 1 and any(EXPORTED.search(name) for name in packed):
        return True
    folders = {PurePosixPath(name).parent for name in packed}
    return len(folders) >= MANY or len(zips) >= MANY


def holds_exercises(notebook: Notebook | Unreadable, assignment: Assignment) -> bool:
    """Whether the exercises of an assignment are found, and not by counting alone."""
    if isinstance(notebook, Unreadable):
        return False
    placement = place(notebook, assignment)
    known = {*placement.exercise.values()}.difference(placement.by_number)
    return placement.recognised and BY_POSITION not in placement.uncertain and bool(known)
