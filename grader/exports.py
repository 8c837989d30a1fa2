"""Opens what somebody named: a folder, or the export of a class, as a folder to be searched.

Only what is named itself may be an export. A zip inside of one is a student's: if it could say
whose its files are, one student could hand in for another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.archives import PIECE, Refused
from grader.assignment import Assignment
from grader.brought import opened_regular, read_regular
from grader.class_zips import ClassZip, opened
from grader.folders import Seen, look_into
from grader.kinds import ZIP_STARTS
from grader.laid_out import lay_out
from grader.layouts.export import NO_EXPORT, Export
from grader.layouts.recognise import recognise
from grader.names import listed
from grader.notebook import MAX_BYTES, Notebook
from grader.packed import is_class_export, read_zip


class Opened(NamedTuple):
    """A folder to be searched.

    Attributes:
        name: of what was named.
        folder: where its files lie.
        seen: what lies there.
        export: what it is.
        news: what a person should know, one line each.
        laid_out: whether the folder is ours, and holds nothing but what was handed in.
    """

    name: str
    folder: Path
    seen: Seen
    export: Export
    news: list[str]
    laid_out: bool = False


def open_folder(path: Path, assignment: Assignment, out: Path | None) -> Opened:
    """A folder, with the files of an export where they belong.

    Raises:
        HostError: they cannot be laid out here.
    """
    folder = Path(os.path.abspath(path))
    seen = look_into(folder, out)

    def read(file: PurePosixPath, most: int) -> bytes:
        try:
            return read_regular(folder / file, most)[:most]
        except OSError:
            return b""

    def pieces(file: PurePosixPath) -> Iterator[bytes]:
        with opened_regular(folder / file) as inner:
            left = MAX_BYTES + 1
            while left > 0 and (piece := inner.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    export = recognise(list(seen.files), read, assignment, folder.name)
    if export is None or (out is None and not export.in_place):
        return Opened(folder.name, folder, seen, NO_EXPORT, [])
    if export.in_place or out is None:
        return Opened(folder.name, folder, only(seen, export), export, list(export.news))
    opened = laid_out(folder, export, pieces, out)
    missing = [
        *listed("not graded, a link or a device", seen.odd),
        *listed("cannot be looked into", seen.closed),
    ]
    return opened._replace(name=folder.name, news=[*opened.news, *missing])


def open_zip(path: Path, assignment: Assignment, out: Path | None) -> Opened | None:
    """The zip of a class, unpacked; None for any other file.

    Raises:
        HostError: it cannot be unpacked here.
    """
    if out is None or not starts_as_zip(path):
        return None
    try:
        with opened(path) as archive:
            export = recognise(archive.files, archive.read, assignment, path.stem)
            if export is None and is_of_a_class(path, archive, assignment):
                export = Export("folders of students", {}, {f: f for f in archive.files})
            if export is None:
                return None
            result = laid_out(path, export, archive.pieces, out)
            return result._replace(news=[*some(archive.refused), *result.news])
    except Refused:
        return None  # told where it is graded


def laid_out(
    path: Path, export: Export, pieces: Callable[[PurePosixPath], Iterable[bytes]], out: Path
) -> Opened:
    """An export whose files are put where they belong."""
    folder, trouble = lay_out(path, export, pieces, Path(os.path.abspath(out)))
    news = [*export.news, *some(trouble)]
    return Opened(path.name, folder, look_into(folder), export, news, laid_out=True)


def some(lines: list[str], most: int = 6) -> list[str]:
    """The first of many lines, and how many more there are."""
    return [*lines[:most], *([f"… and {len(lines) - most} more such"] if lines[most:] else [])]


def only(seen: Seen, export: Export) -> Seen:
    """What counts of a folder that is an export."""
    files = {file: size for file, size in seen.files.items() if file in export.tree}
    kept = {folder for file in files for folder in file.parents}
    dropped = {folder for file in seen.files.keys() - files for folder in file.parents} - kept
    return seen._replace(
        files=files, folders=[folder for folder in seen.folders if folder not in dropped]
    )


def starts_as_zip(path: Path) -> bool:
    """Whether a file begins like a zip."""
    try:
        return read_regular(path, 3).startswith(ZIP_STARTS)
    except OSError:
        return False


def is_of_a_class(path: Path, archive: ClassZip, assignment: Assignment) -> bool:
    """Whether a zip that no platform made holds many students' hand-ins, and no one hand-in."""
    names = [str(file) for file in archive.files]
    zips = [name for name in names if name.lower().endswith(".zip")]
    notebooks = [name for name in names if name.lower().endswith(".ipynb")]
    if not is_class_export(notebooks, zips):
        return False
    data = read_regular(path)
    return len(data) > MAX_BYTES or not isinstance(read_zip(data, assignment).notebook, Notebook)
