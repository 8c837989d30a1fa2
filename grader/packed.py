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
from grader.kinds import kind_of, may_come_along
from grader.notebook import Notebook, Unreadable, parse_notebook
from grader.scripts import parse_script

MANY = 3
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
    """The one hand-in among the files of a zip, and those that lie beside and below it.

    Where there are several notebooks or scripts, it is the one that holds the exercises.
    """
    kinds = {name: kind_of(name.rsplit("/", 1)[-1], data) for name, data in files.items()}
    notebooks = {n: parse_notebook(files[n]) for n, kind in kinds.items() if kind == "notebook"}
    scripts = {n: parse_script(files[n], n.rsplit("/", 1)[-1])
               for n, kind in kinds.items() if kind == "script"}  # fmt: skip
    read = {**notebooks, **scripts}
    fitting = [n for n in read if assignment is None or holds_exercises(read[n], assignment)]
    once = list({files[n]: n for n in sorted(fitting, key=len, reverse=True)}.values())
    candidates = once or list(notebooks or scripts)
    zips = [n for n, kind in kinds.items() if kind == "zip"]
    if is_class_export(candidates, zips):
        return Content(Unreadable("the zip seems to hold the hand-ins of a whole class;"
                                  " unpack it and name the folder"))  # fmt: skip
    if len(candidates) != 1:
        return Content(Unreadable(none_or_several(candidates, zips)))
    name = candidates[0]
    folder = PurePosixPath(name).parent
    below = {
        str(PurePosixPath(n).relative_to(folder)): data for n, data in files.items()
        if PurePosixPath(n).is_relative_to(folder) and n != name and may_come_along(n, data)
    }  # fmt: skip
    limits = assignment.limits if assignment else Limits()
    kept = fitting_together({n: len(data) for n, data in below.items()}, limits)
    brought = tuple(Brought(n, below[n]) for n in kept)
    return Content(read[name], brought, tuple(sorted(below.keys() - set(kept))))


def none_or_several(candidates: list[str], zips: list[str]) -> str:
    """Why a zip holds no one hand-in."""
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
    """Whether the exercises of an assignment are found, and not by counting cells alone."""
    if isinstance(notebook, Unreadable):
        return False
    placement = place(notebook, assignment)
    return placement.recognised and BY_POSITION not in placement.uncertain
