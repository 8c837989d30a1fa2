"""Which hand-ins a pull request touches, and their files, laid out as data.

A hand-in is a folder `submissions/<assignment>/<student>/`. That path alone says whose it is; the
commit's author, and whatever the files hold, say nothing. Both jobs ask git for the same files by
themselves, so what the first leaves for the second never says what was handed in.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from grader.assignment import Assignment, load_assignment
from grader.course import known_assignments
from grader.errors import HostError
from grader.folders import look_into
from grader.names import readable
from grader.packed import holds_exercises
from grader.revisions import Entry, Repository
from grader.searched import Found, Searched
from grader.students import safe
from grader.submission import BY_ITSELF, Arrival, read_submission

MOST_HAND_INS = 200
"""That one pull request may touch; more of them ask for `grader grade`."""
MOST_ENTRIES = 5_000
MOST_BYTES = 200_000_000
"""Of one hand-in: what goes beyond stays behind, the largest first."""
LEADS_NOWHERE = "this-was-a-link"


class Place(NamedTuple):
    """Whose folder it is, for which assignment, and where it lies in the repository."""

    assignment: str
    student: str
    folder: str


class Handed(NamedTuple):
    """One hand-in, laid out.

    Attributes:
        place: whose it is.
        assignment: what was asked for.
        path: the file that is graded; it may not be there.
        arrival: how it came.
        file: the same file's path in the repository.
    """

    place: Place
    assignment: Assignment
    path: Path
    arrival: Arrival
    file: str


class Touched(NamedTuple):
    """The places of hand-ins that changed, and what else a person should know, a line each."""

    places: list[Place]
    news: list[str]


def touched(changed: Iterable[str], root: str, known: Iterable[str]) -> Touched:
    """The hand-ins that some paths belong to.

    Args:
        changed: paths from the root of the repository.
        root: the folder of all hand-ins.
        known: ids of the assignments there are.

    Raises:
        HostError: there are too many.
    """
    depth = len(root.split("/"))
    assignments = set(known)
    found: dict[Place, None] = {}
    news: dict[str, None] = {}
    for path in changed:
        parts = path.split("/")
        if parts[:depth] != root.split("/"):
            continue
        inner = parts[depth:]
        if len(inner) < 3:
            news[f"{readable(path)}: not in a student's folder, {root}/ASSIGNMENT/STUDENT/"] = None
        elif inner[0] not in assignments:
            news[f"{readable('/'.join(parts[: depth + 1]))}: there is no such assignment"] = None
        elif safe(inner[1]) != inner[1]:
            folder = readable("/".join(parts[: depth + 2]))
            news[f"{folder}: a folder's name is letters, digits, '.', '-', '_' or blanks"] = None
        else:
            found[Place(inner[0], inner[1], "/".join(parts[: depth + 2]))] = None
    if len(found) > MOST_HAND_INS:
        raise HostError(
            f"{len(found)} hand-ins are touched, and {MOST_HAND_INS} are graded at most in one go;"
            " `grader grade` takes any number"
        )
    students = {place.student for place in found}
    if len(students) > 1:
        news[
            f"the folders of {len(students)} students are touched: {readable(named(students))}"
        ] = None
    return Touched(list(found), list(news))


def named(students: Iterable[str], most: int = 10) -> str:
    """Some names in one line."""
    names = sorted(students)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


class Laid(NamedTuple):
    """All hand-ins that a change touches, and what else a person should know, a line each."""

    hand_ins: list[Handed]
    news: list[str]


def lay_out(
    repository: Repository, base: str, head: str, *, root: str, course: Path, into: Path
) -> Laid:
    """Write the files of the hand-ins that were touched between two commits.

    Args:
        repository: that holds both.
        base: the commit that the change is held against; their merge base counts.
        head: the commit that was handed in.
        root: the folder of all hand-ins in the repository.
        course: the course folder, of the base.
        into: an empty folder.

    Raises:
        HostError: git or the disk has trouble.
        AuthorError: an assignment is wrong.
    """
    start = repository.merge_base(base, head)
    found = touched(repository.changed(start, head), root, known_assignments(course))
    news, hand_ins = list(found.news), []
    for place in found.places:
        entries = repository.entries(head, place.folder)
        if not entries:
            news.append(f"{readable(place.folder)}: removed, and not graded")
            continue
        folder = into / place.assignment / place.student
        left_out = write_entries(repository, entries, place.folder, folder)
        assignment = load_assignment(course, place.assignment)
        hand_ins.append(chosen(place, assignment, folder, left_out))
    return Laid(hand_ins, news)


def write_entries(
    repository: Repository, entries: list[Entry], root: str, folder: Path
) -> list[str]:
    """Write files into a folder; the names of those that stay behind.

    In a link's place lies one that leads nowhere, so that it is told as it is in any folder.

    Raises:
        HostError: the disk has trouble.
    """
    left_out, room = [], MOST_BYTES
    by_size = sorted(entries, key=lambda e: (e.size, e.path))
    try:
        folder.mkdir(parents=True)
        for number, entry in enumerate(by_size):
            name = entry.path.removeprefix(f"{root}/")
            room -= entry.size
            if number >= MOST_ENTRIES or room < 0 or not harmless(name):
                left_out.append(readable(name))
                continue
            try:
                stays_out = not written(repository, entry, folder / name)
            except (FileExistsError, NotADirectoryError):  # a tree that holds a name twice
                stays_out = True
            left_out += [readable(name)] if stays_out else []
    except OSError as problem:
        raise HostError(f"{folder}: cannot be written: {problem.strerror}") from problem
    return left_out


def written(repository: Repository, entry: Entry, path: Path) -> bool:
    """Whether an entry was written; nothing that is there already is followed or replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.kind == "file":
        with path.open("xb") as file:
            file.write(repository.blob(entry))
    elif entry.kind == "link":
        path.symlink_to(LEADS_NOWHERE)
    return entry.kind in ("file", "link")


def harmless(name: str) -> bool:
    """Whether a path in a tree stays below the folder it is written into."""
    parts = name.split("/")
    short = all(len(os.fsencode(part)) < 200 for part in parts) and len(os.fsencode(name)) < 1000
    return short and not {"", ".", "..", ".git"} & {part.lower() for part in parts}


def chosen(place: Place, assignment: Assignment, folder: Path, left_out: list[str]) -> Handed:
    """The one file of a student's folder that is graded."""
    found = Searched(folder, look_into(folder), assignment, ()).hand_ins()
    several = sorted(found, key=lambda one: (len(one.arrival.file), one.arrival.file))
    if len(several) > 1:
        several = [one for one in several if is_meant(one, place, assignment)] or several
    one = several[0] if several else Found(folder / "no notebook, script or zip", BY_ITSELF)
    odd = one.arrival.odd
    if len(several) > 1:
        names = ", ".join(other.arrival.file for other in several)
        odd = (*odd, f"{len(several)} files here may be the hand-in: {names}; say which one counts")
    arrival = one.arrival._replace(odd=odd, left_out=(*one.arrival.left_out, *left_out))
    inner = os.fspath(one.path.relative_to(folder))
    return Handed(place, assignment, one.path, arrival, f"{place.folder}/{inner}")


def is_meant(one: Found, place: Place, assignment: Assignment) -> bool:
    """Whether a file holds the exercises."""
    read = read_submission(one.path, place.student, assignment, one.arrival)
    return holds_exercises(read.notebook, assignment)
