"""An export: the hand-ins of a class as a platform gives them, told by the names of the files.

Names are the only thing a layout is told by, and only the part of a name that the platform wrote:
what a student called a file, or put into a zip, never says whose hand-in it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

Read = Callable[[PurePosixPath, int], bytes]
"""Gives the bytes of a file of an export, a number of bytes at most; none if it cannot be read."""


class Person(NamedTuple):
    """Who handed something in, as the platform tells.

    Attributes:
        name: as it is written there: "Ann Lee", or "leeann" in Canvas.
        id: the platform's number of this person or this hand-in.
        email: where it is told.
    """

    name: str
    id: str = ""
    email: str = ""


class Owner(NamedTuple):
    """Whose a folder of an export is.

    Attributes:
        people: one, or those of a group.
        key: by which a later export knows the same hand-in's owner again; empty where the place of
            the file has to tell.
        late: whether the export says that it came late.
    """

    people: tuple[Person, ...]
    key: str = ""
    late: bool = False

    @property
    def label(self) -> str:
        """The name of its record."""
        return " + ".join(person.name for person in self.people)


class Export(NamedTuple):
    """What the names of an export say.

    Attributes:
        title: what it is, such as "a Canvas export".
        owners: by the folder that holds what is theirs.
        tree: for each file that counts, by where it belongs, the file of the export.
        earlier: files of attempts that a later one replaces.
        news: what else a person should know, one line each.
    """

    title: str
    owners: Mapping[PurePosixPath, Owner]
    tree: Mapping[PurePosixPath, PurePosixPath]
    earlier: Sequence[PurePosixPath] = ()
    news: Sequence[str] = ()

    @property
    def in_place(self) -> bool:
        """Whether every file lies where it belongs."""
        return all(place == file for place, file in self.tree.items())

    @property
    def of_several(self) -> bool:
        """Whether it is of more than one student.

        One student's own zip may call itself another's: then no earlier record is taken for theirs.
        """
        return len({owner.key for owner in self.owners.values()}) > 1

    def folder_of(self, place: PurePosixPath) -> PurePosixPath | None:
        """The folder of whoever a file belongs to."""
        return next((folder for folder in place.parents if folder in self.owners), None)

    def whose(self, place: PurePosixPath) -> Owner | None:
        """Who a file belongs to."""
        folder = self.folder_of(place)
        return None if folder is None else self.owners[folder]


NO_EXPORT = Export("", {}, {})
"""Ordinary files and folders."""


def depth_of(files: Sequence[PurePosixPath], fits: Callable[[str], bool]) -> int | None:
    """How many folders lie around the entries of an export: none, or one; None where it is none.

    More than half of the entries have to fit, so that no single student makes an export of a
    folder by a file's name.
    """
    for depth in (0, 1):
        entries = {file.parts[depth] for file in files if len(file.parts) > depth}
        if 2 * sum(map(fits, entries)) > len(entries):
            return depth
        if len({file.parts[0] for file in files}) != 1:
            return None
    return None


def own_name(name: str) -> str:
    """What a student called a file, as a name that stays in its folder and is not hidden."""
    return f"_{name}" if name.startswith(".") or not name else name


def free_place(tree: Mapping[PurePosixPath, PurePosixPath], place: PurePosixPath) -> PurePosixPath:
    """A place where nothing lies yet: this one, or one with a number in front of its name."""
    count, free = 1, place
    while free in tree:
        count += 1
        free = place.with_name(f"{count} {place.name}")
    return free
