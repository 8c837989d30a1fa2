"""Which of the files, folders and exports that somebody names are hand-ins, and whose."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.assignment import Assignment
from grader.brought import read_regular
from grader.exports import Opened, exports_of, open_folder, open_zip
from grader.layouts.export import Export, Owner, Person
from grader.names import listed, readable
from grader.searched import Found, Searched
from grader.students import distinct, fold, name_students, of_one_student, safe
from grader.submission import Arrival


class Intake(NamedTuple):
    """What was handed in.

    Attributes:
        hand_ins: to be graded.
        news: what is not, and why; one line each.
        layouts: what each export that was recognised is and holds, one line each.
    """

    hand_ins: list[Found]
    news: list[str]
    layouts: list[str]


def take_in(
    paths: Iterable[Path], assignment: Assignment, out: Path | None = None,
    kept_out: Iterable[Path] = (),
) -> Intake:  # fmt: skip
    """The hand-ins in files, folders and exports.

    Args:
        paths: a file is taken whatever its name, and brings no other; a folder is searched; the
            export of a class is laid out.
        assignment: what was asked for.
        out: where records go; the caller holds it. Without one, no export is laid out.
        kept_out: folders whose files never come along, such as the rubrics'.

    Raises:
        HostError: an export cannot be laid out here.
    """
    found: dict[Path, Found] = {}
    news: list[str] = []
    layouts: list[str] = []
    named = list(paths)
    exports = exports_of(named, assignment, out)
    sure, doubted = trusted(exports)
    for path in named:
        export = sure.get(path)
        if path.is_dir():
            opened = open_folder(path, export, out)
        elif export and out:
            opened = open_zip(path, export, out)
        else:
            file = path.resolve()
            found.setdefault(file, Found(file, Arrival(readable(path.name))))
            continue
        private = () if opened.laid_out else kept_out
        folder = Searched(opened.folder, opened.seen, assignment, private, opened.export)
        here = folder.hand_ins()
        news += [*map(readable, opened.news), *folder.news()]
        layouts += map(readable, told(opened, here))
        for one in here:
            found.setdefault(one.path, one)
    for group in of_one(found, assignment):
        news += settle(group, found)
    return Intake(list(found.values()), news + doubted, layouts)


def trusted(exports: Mapping[Path, Export | None]) -> tuple[dict[Path, Export], list[str]]:
    """The exports, and none of them where most of what was named is no export: that is told."""
    known = {path: export for path, export in exports.items() if export is not None}
    if 2 * len(known) > len(exports):
        return known, []
    lines = (f"{path.name} looks like {export.title}" for path, export in known.items())
    return {}, [readable(f"{line}; to have it graded as such, name it alone") for line in lines]


def of_one(found: dict[Path, Found], assignment: Assignment) -> list[list[Path]]:
    """Groups of files that seem to be of one student, or that an export says are."""
    plain = [path for path, one in found.items() if one.owner is None]
    owned: dict[str, list[Path]] = {}
    for path, one in found.items():
        if one.owner is not None:
            owned.setdefault(one.owner.key, []).append(path)
    return [*of_one_student(plain, assignment), *(group for group in owned.values() if group[1:])]


def told(opened: Opened, here: list[Found]) -> list[str]:
    """What an export is and holds."""
    if not opened.export.title:
        return []
    whose = {one.owner.key for one in here if one.owner}
    late = sorted({one.owner.label for one in here if one.owner and one.owner.late})
    kinds = {one.path.suffix.lower() for one in here}
    earlier = sum(file.suffix.lower() in kinds for file in opened.export.earlier)
    parts = [
        f"{opened.name}: {opened.export.title}: {counted(len(here) + earlier, 'hand-in')}"
        + (f" of {counted(len(whose), 'student or group' if groups(here) else 'student')}"
           if whose else ""),
        f"{counted(earlier, 'earlier attempt')} left out" if earlier else "",
    ]  # fmt: skip
    came_late = listed("came late, as the export says", late, most=1000)
    return [", ".join(filter(None, parts)), *came_late]


def groups(here: Iterable[Found]) -> bool:
    """Whether any hand-in is of several people."""
    return any(one.owner and one.owner.people[1:] for one in here)


def counted(number: int, what: str) -> str:
    """A number of things: "1 hand-in", "2 hand-ins"."""
    return f"{number} {what if number == 1 else ' or '.join(f'{w}s' for w in what.split(' or '))}"


def settle(group: list[Path], found: dict[Path, Found]) -> list[str]:
    """Several files that seem to be of one student: copies count once, others are told."""
    news = []
    originals: dict[str, Path] = {}
    for path in group:
        try:
            digest = hashlib.sha256(read_regular(path)).hexdigest()
        except OSError:
            digest = str(path)
        first = originals.setdefault(digest, path)
        if first != path:
            file, other = found[path].arrival.file, found[first].arrival.file
            news.append(f"graded once: {file} holds the same bytes as {other}")
            del found[path]
    if len(originals) > 1:
        files = ", ".join(readable(path.name) for path in originals.values())
        why = f"{len(originals)} files here may be of one student: {files}; say which one counts"
        for path in originals.values():
            one = found[path]
            odd = (*one.arrival.odd, why)
            found[path] = one._replace(arrival=one.arrival._replace(odd=odd))
    return news


def names_of(hand_ins: list[Found], assignment: Assignment) -> list[str]:
    """A distinct folder-safe name for each hand-in: as an export tells, or as its path does.

    Students of one name have their number added. Files of one student are numbered, the one with
    the shortest name first.
    """
    plain = iter(name_students([f.path for f in hand_ins if f.owner is None], assignment))
    owners = {f.owner.key: f.owner for f in hand_ins if f.owner is not None}
    same = Counter(fold(owner.label) for owner in owners.values())
    wanted = [
        next(plain) if f.owner is None
        else safe(numbered(f.owner) if same[fold(f.owner.label)] > 1 else f.owner.label)
        for f in hand_ins
    ]  # fmt: skip
    paths = [f.path for f in hand_ins]
    order = sorted(range(len(paths)), key=lambda i: (len(paths[i].name), os.fsencode(paths[i])))
    names = dict(zip(order, distinct(wanted[i] for i in order), strict=True))
    return [names[i] for i in range(len(paths))]


def people_of(hand_ins: Sequence[Found], names: Sequence[str]) -> list[Sequence[Person]]:
    """Who handed each in: as an export tells, or whoever its name says.

    Args:
        hand_ins: what was handed in.
        names: of each, as `names_of` gives them; one with a number is the same one's as without.
    """
    known = set(names)
    return [
        one.owner.people if one.owner else [Person(without_number(name, known))]
        for one, name in zip(hand_ins, names, strict=True)
    ]


def without_number(name: str, known: Collection[str]) -> str:
    """A name that has no number, if it has got one because another hand-in has it without."""
    base = re.sub(r"-\d+$", "", name)
    return base if base in known else name


def numbered(owner: Owner) -> str:
    """Names with their numbers."""
    return " + ".join(" ".join(filter(None, [p.name, p.id])) for p in owner.people)
