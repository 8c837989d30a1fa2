"""Lays the files of an export out as folders of students, where records are kept.

They lie in `DIR/.handed-in/`, where every worker and every later command finds them by the same
path, and only below folders that are made for them. Typing the same export again finds them there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath

from grader.archives import MOST_BYTES, Refused, shown
from grader.errors import HostError
from grader.kinds import may_be_hand_in
from grader.layouts.export import Export

KEPT = ".handed-in"
FILES, TOLD = "files", "told.json"
MOST_OF_A_CLASS = 50_000_000_000
"""Bytes of all files of an export."""
OURS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
"""Errors that are this machine's, and no file's."""

Pieces = Callable[[PurePosixPath], Iterable[bytes]]
"""Gives what a file of an export holds; raises `Refused` or an OSError where it cannot be read."""


def lay_out(source: Path, export: Export, pieces: Pieces, out: Path) -> tuple[Path, list[str]]:
    """Put each file of an export where it belongs.

    Args:
        source: the export, a zip or a folder.
        export: what it is.
        pieces: gives what a file of it holds.
        out: the folder of the records, which the caller holds.

    Returns:
        The folder of the students' folders, and what could not be put there, one line each.

    Raises:
        HostError: this machine's trouble, such as a full disk, or more than any class hands in.
    """
    place = out / KEPT / place_of(source)
    stamp = stamp_of(source, export.tree)
    try:
        told = json.loads((place / TOLD).read_text(encoding="utf-8"))
        if told["stamp"] == stamp:
            return place / FILES, [str(line) for line in told["news"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or broken off
    try:
        shutil.rmtree(place, ignore_errors=True)
        (place / FILES).mkdir(parents=True)
        news = Writer(place / FILES, source.name).all(export, pieces)
        os.sync()  # what lies there is taken for whole once this is told
        told = {"stamp": stamp, "source": str(source), "news": news}
        (place / TOLD).write_text(json.dumps(told), encoding="utf-8")
    except OSError as problem:
        shutil.rmtree(place, ignore_errors=True)
        why = problem.strerror or str(problem)
        raise HostError(f"{place}: {source.name} cannot be laid out there: {why}") from problem
    except BaseException:  # broad: whatever it is, what is half done is of no use
        shutil.rmtree(place, ignore_errors=True)
        raise
    return place / FILES, news


def place_of(source: Path) -> str:
    """The name of the folder for an export: the same for the same path, and for no other."""
    path = os.path.abspath(source)
    readable = "".join(c if c.isalnum() else "-" for c in source.stem)[:40].strip("-")
    return f"{readable}-{hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()}"


def stamp_of(source: Path, tree: Mapping[PurePosixPath, PurePosixPath]) -> str:
    """What is another one where an export, or what is taken from it, is another one."""
    seen = [repr(sorted(tree.items()))]
    files = [source] if source.is_file() else [source / file for file in tree.values()]
    for file in files:
        about = os.stat(file, follow_symlinks=False)
        seen.append(f"{about.st_size} {about.st_mtime_ns} {about.st_ino}")
    return hashlib.sha256("\n".join(seen).encode("utf-8", "surrogateescape")).hexdigest()


class Writer:
    """Writes files below a folder of its own and counts them.

    Args:
        folder: empty.
        name: of the export.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._left = MOST_OF_A_CLASS
        self._each: dict[PurePosixPath | None, int] = {}

    def all(self, export: Export, pieces: Pieces) -> list[str]:
        """Write all files of an export; what could not be, one line each.

        Raises:
            HostError: it is too much for a class, or for this disk.
            OSError: this machine's trouble.
        """
        news = []
        for place, file in sorted(export.tree.items(), key=comes_last):
            try:
                self._one(place, export.folder_of(place), pieces(file))
            except Refused as problem:
                news.append(f"not unpacked: {problem}")
            except OSError as problem:
                if problem.errno in OURS:
                    raise
                why = problem.strerror or str(problem)
                news.append(f"not unpacked: {shown(str(file))}: {why}")
        return news

    def _one(
        self, place: PurePosixPath, owner: PurePosixPath | None, pieces: Iterable[bytes]
    ) -> None:
        """Write one file.

        A part of it would be graded for what it is not: where the rest cannot be had, a hand-in
        becomes an empty file, which is told as such, and another file is not there.
        """
        path = self._folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            try:
                for piece in pieces:
                    self._count(owner, len(piece), place)
                    file.write(piece)
            except Refused:
                file.truncate(0)
                if not may_be_hand_in(path.name):
                    path.unlink()
                raise

    def _count(self, owner: PurePosixPath | None, size: int, place: PurePosixPath) -> None:
        self._left -= size
        if self._left < 0:
            raise HostError(
                f"{self._name} holds more than {MOST_OF_A_CLASS // 10**9} GB; unpack it in parts,"
                " and name their folders one after the other"
            )
        if owner is not None:
            self._each[owner] = self._each.get(owner, 0) + size
            if self._each[owner] > MOST_BYTES:
                raise Refused(
                    f"{shown(str(place))}: more than {MOST_BYTES // 10**6} MB by one student"
                )


def comes_last(placed: tuple[PurePosixPath, PurePosixPath]) -> bool:
    """Whether a file makes room for others, where one student's are too much."""
    return not may_be_hand_in(placed[0].name)
