"""What a student may want to know before handing in: nothing runs, and nothing is judged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from grader.assignment import load_assignment
from grader.ci.handed import Place, chosen, touched
from grader.ci.inert import log_line
from grader.course import known_assignments
from grader.exercises import place
from grader.notebook import Unreadable
from grader.submission import read_submission


class Found(NamedTuple):
    """A typed path: the folder that all hand-ins' folder lies in, and the path from there."""

    home: Path
    path: str


def look_at(paths: Iterable[str], root: str, course: Path) -> tuple[list[str], bool]:
    """What there is to say about hand-ins, a line each, and whether all can be graded as they are.

    Args:
        paths: files or folders of them, as somebody typed them.
        root: the folder of all hand-ins, as it was typed.
        course: the course folder.
    """
    typed = [path for path in paths if path]
    given = Path(os.path.abspath(root))
    homes = [given.parent] if Path(root).is_absolute() else above(root, course, typed)
    inside = given.name if Path(root).is_absolute() else os.path.normpath(root)
    said, good = [], True
    by_home: dict[Path, list[str]] = {}
    for path in typed:
        found = in_git(path, homes, inside)
        if found is not None:
            by_home.setdefault(found.home, []).append(found.path)
        if not os.path.lexists(path) and (found is None or student_is_there(found, inside)):
            said.append(log_line(f"{path}: there is no such file"))
            good = False
    for home, own in by_home.items():
        found_here = touched(own, inside, known_assignments(course))
        said += [log_line(line) for line in found_here.news]
        good = good and not found_here.news
        for one in found_here.places:
            line, readable = about(one, course, home)
            said.append(log_line(f"{one.folder}: {line}"))
            good = good and readable
    if not by_home:
        of = f", of {', '.join(typed)}" if typed else ""
        where = f"looked for {inside}/ASSIGNMENT/STUDENT/ in {' and '.join(map(str, homes))}{of}"
        said.append(log_line(f"no hand-in here: {where}; --submissions names another folder"))
    return said, good


def above(root: str, course: Path, typed: Iterable[str]) -> list[Path]:
    """Where a folder of all hand-ins may lie that is not named in full: here, and so on upwards.

    The working folder is rarely the root of the repository, and the course may lie elsewhere.
    """
    top = [folder for path in ("", *typed) if (folder := repository_of(Path(path)))]
    homes = dict.fromkeys([Path.cwd(), course.absolute(), *top])
    return [home for home in homes if (home / root).is_dir()] or [Path.cwd()]


def repository_of(path: Path) -> Path | None:
    """The root of the git repository that a path lies in; None where it lies in none."""
    return next((p for p in (path.absolute(), *path.absolute().parents) if (p / ".git").exists()),
                None)  # fmt: skip


def in_git(path: str, homes: Iterable[Path], root: str) -> Found | None:
    """A path as git has it; of a folder, something in it. None where it is in no such folder.

    It is looked for as it is typed, and then by where its folder really is.
    """
    whole = os.path.abspath(path)
    real = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
    for home in homes:
        for one in (whole, real):
            inside = os.path.relpath(one, home)
            if inside == root or inside.startswith(f"{root}/"):
                return Found(home, f"{inside}/." if os.path.isdir(one) else inside)
    return None


def student_is_there(found: Found, root: str) -> bool:
    """Whether the student's folder is there; where it is not, that is told instead."""
    depth = root.count("/") + 3
    return (found.home / Path(*Path(found.path).parts[:depth])).exists()


def about(where: Place, course: Path, home: Path) -> tuple[str, bool]:
    """What there is to say about one hand-in, and whether it can be graded as it is."""
    if not (home / where.folder).is_dir():
        return f"there is no such folder in {home}", False
    assignment = load_assignment(course, where.assignment)
    one = chosen(where, assignment, home / where.folder, [])
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
