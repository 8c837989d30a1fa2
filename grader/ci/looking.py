"""What a student may want to know before handing in: nothing runs, and nothing is judged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from grader.assignment import load_assignment
from grader.ci.handed import Place, chosen, touched
from grader.ci.inert import log_line
from grader.course import known_assignments
from grader.exercises import place
from grader.notebook import Unreadable
from grader.submission import read_submission


def look_at(paths: Iterable[str], root: str, course: Path) -> tuple[list[str], bool]:
    """What there is to say about hand-ins, a line each, and whether all can be graded as they are.

    Args:
        paths: files of them, from the working folder, which is that of the repository.
        root: the folder of all hand-ins.
        course: the course folder.
    """
    here, typed = Path.cwd(), [path for path in paths if path]
    found = touched(map(as_in_git, typed), root, known_assignments(course))
    said, good = [log_line(line) for line in found.news], not found.news
    for one in found.places:
        line, readable = about(one, course)
        said.append(log_line(f"{one.folder}: {line}"))
        good = good and readable
    if not said:
        of = f", of {', '.join(typed)}" if typed else ""
        where = f"looked for {root}/ASSIGNMENT/STUDENT/ in {here}{of}"
        said = [log_line(f"no hand-in here: {where}; --submissions names another folder")]
    return said, good


def as_in_git(path: str) -> str:
    """A path as git has it, from the working folder; of a folder, something in it."""
    inside = os.path.relpath(path)
    return f"{inside}/." if Path(path).is_dir() else inside


def about(where: Place, course: Path) -> tuple[str, bool]:
    """What there is to say about one hand-in, and whether it can be graded as it is."""
    if not Path(where.folder).is_dir():
        return f"there is no such folder in {Path.cwd()}", False
    assignment = load_assignment(course, where.assignment)
    one = chosen(where, assignment, Path(where.folder), [])
    if not one.path.exists():
        return "no notebook, script or zip in it", False
    notebook = read_submission(one.path, where.student, assignment, one.arrival).notebook
    if isinstance(notebook, Unreadable):
        return f"{one.path.name}: {notebook.reason}", False
    placement = place(notebook, assignment)
    if not placement.recognised:
        return f"{one.path.name}: too few exercises of {assignment.id} are in it", False
    written = {placement.exercise.get(index) for index in placement.written}
    missing = [e.id for e in assignment.exercise if e.graded and e.id not in written]
    left = f"; nothing written for exercise {', '.join(missing)}" if missing else ""
    more = f"; {one.arrival.odd[-1]}" if one.arrival.odd else ""
    return f"{one.path.name} can be read{left}{more}", True
