"""The zip of a whole class, read file by file: it may be larger than memory.

The same is refused as in a student's zip, but file by file: one bad entry costs no other student
anything. What comes out is counted as it comes. Every file is cut short where it is larger than
any hand-in, so that it is told as such; a bomb becomes a file that is too large.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from grader.archives import BROKEN, PIECE, Refused, entry_of, shown
from grader.notebook import MAX_BYTES

MOST_ENTRIES = 100_000
MOST_DIRECTORY = 32_000_000
"""Bytes of the list of all files, which has to be held in memory as a whole."""


class ClassZip:
    """A zip that may hold the hand-ins of a class.

    Attributes:
        files: what may be read.
        refused: why others may not, one line each.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._infos: dict[PurePosixPath, zipfile.ZipInfo] = {}
        self.refused: list[str] = []
        for info in archive.infolist():
            try:
                self._take(info)
            except Refused as problem:
                self.refused.append(str(problem))

    @property
    def files(self) -> list[PurePosixPath]:
        """What may be read, sorted."""
        return sorted(self._infos)

    def _take(self, info: zipfile.ZipInfo) -> None:
        entry = entry_of(info)
        if entry is None:
            return
        path = PurePosixPath(entry.name)
        if path in self._infos:
            raise Refused(f"the zip holds {shown(entry.name)} twice; the first one counts")
        self._infos[path] = info

    def pieces(self, file: PurePosixPath, most: int = MAX_BYTES + 1) -> Iterator[bytes]:
        """What a file holds, cut short after `most` bytes.

        Raises:
            Refused: it is broken.
        """
        left = most
        try:
            with self._archive.open(self._infos[file]) as inner:
                while left > 0 and (piece := inner.read(min(PIECE, left))):
                    left -= len(piece)
                    yield piece
        except BROKEN as problem:
            why = " ".join(str(problem).split())[:80]
            raise Refused(f"{shown(str(file))} in the zip is broken ({why})") from problem

    def read(self, file: PurePosixPath, most: int) -> bytes:
        """A file's bytes, `most` of them at most; none where it is broken."""
        try:
            return b"".join(self.pieces(file, most))
        except Refused:
            return b""


@contextmanager
def opened(path: Path) -> Iterator[ClassZip]:
    """A zip on the disk.

    Raises:
        Refused: it is broken, or lists more than any class hands in.
    """
    with path.open("rb") as file:
        try:
            archive = zipfile.ZipFile(Bounded(file))
        except BROKEN as problem:
            why = " ".join(str(problem).split())[:80]
            raise Refused(f"the zip is broken ({why})") from problem
        with archive:
            if len(archive.infolist()) > MOST_ENTRIES:
                raise Refused(f"the zip holds more than {MOST_ENTRIES} files")
            yield ClassZip(archive)


class Bounded:
    """A file that gives no more at a time than the list of a zip's files may take.

    `zipfile` reads that list at once, however long it says it is.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek: Callable[..., int] = file.seek
        self.tell = file.tell
        self.close = file.close

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            OSError: more are asked for than there should be.
        """
        if size > MOST_DIRECTORY:
            raise OSError("its list of files is too long")
        return self._file.read(MOST_DIRECTORY if size < 0 else size)

    def seekable(self) -> bool:
        """As `zipfile` asks."""
        return True
