"""Opens what somebody named: a folder, or the export of a class, as a folder to be searched.

Only what is named itself may be an export, and where several things are, most of them have to be:
a zip among others is a student's. If it could say whose its files are, one student could hand in
for another.
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
from grader.errors import HostError
from grader.folders import Seen, look_into
from grader.kinds import ZIP_STARTS, stem_of
from grader.laid_out import lay_out
from grader.layouts.export import NO_EXPORT, Export
from grader.layouts.recognise import recognise
from grader.names import listed
from grader.notebook import MAX_BYTES, Notebook
from grader.packed import MANY, holds_exercises, is_class_export, parsed, read_zip
from grader.students import fold

LOOKED_AT = 8
"""Notebooks of a zip that are read to tell whether it is a class's."""


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


def exports_of(
    paths: Iterable[Path], assignment: Assignment, out: Path | None
) -> dict[Path, Export | None]:
    """What each folder and file that somebody named is; None for what is no export.

    Args:
        paths: what was named.
        assignment: what was asked for.
        out: where records go; without it, nothing can be laid out, so no zip is an export.
    """
    found: dict[Path, Export | None] = {}
    for path in paths:
        if path.is_dir():
            found[path] = export_in_folder(path, assignment, out)
        else:
            found[path] = export_in_zip(path, assignment) if out and starts_as_zip(path) else None
    return found


def export_in_folder(path: Path, assignment: Assignment, out: Path | None) -> Export | None:
    """What a folder is; None where it is no export, or cannot be laid out as one."""
    folder = Path(os.path.abspath(path))

    def read(file: PurePosixPath, most: int) -> bytes:
        try:
            return read_regular(folder / file, most)[:most]
        except OSError:
            return b""

    export = recognise(list(look_into(folder, out).files), read, assignment, folder.name)
    return export if export and (out or export.in_place) else None


def export_in_zip(path: Path, assignment: Assignment) -> Export | None:
    """What a zip is; None where it is no export, or broken, which is told where it is graded."""
    try:
        with opened(path) as archive:
            export = recognise(archive.files, archive.read, assignment, path.stem)
            if export is None and is_of_a_class(path, archive, assignment):
                return Export("the hand-ins of a class", {}, {f: f for f in archive.files})
            return export
    except Refused:
        return None


def open_folder(path: Path, export: Export | None, out: Path | None) -> Opened:
    """A folder, with the files of an export where they belong.

    Raises:
        HostError: they cannot be laid out here.
    """
    folder = Path(os.path.abspath(path))
    seen = look_into(folder, out)
    if export is None:
        return Opened(folder.name, folder, seen, NO_EXPORT, [])
    if export.in_place or out is None:
        return Opened(folder.name, folder, only(seen, export), export, list(export.news))

    def pieces(file: PurePosixPath) -> Iterator[bytes]:
        with opened_regular(folder / file) as inner:
            left = MAX_BYTES + 1
            while left > 0 and (piece := inner.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    result = laid_out(folder, export, pieces, out)
    missing = [
        *listed("not graded, a link or a device", seen.odd),
        *listed("cannot be looked into", seen.closed),
    ]
    return result._replace(news=[*result.news, *missing])


def open_zip(path: Path, export: Export, out: Path) -> Opened:
    """The zip of a class, unpacked.

    Raises:
        HostError: it cannot be unpacked here, or is another one meanwhile.
    """
    try:
        with opened(path) as archive:
            result = laid_out(path, export, archive.pieces, out)
            return result._replace(news=[*some(archive.refused), *result.news])
    except (Refused, KeyError) as problem:
        raise HostError(f"{path}: changed while it was read ({problem})") from problem


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


def hold_exercises(notebooks: Iterable[str], archive: ClassZip, assignment: Assignment) -> bool:
    """Whether many notebooks that are no copies of one another hold the exercises."""
    apart = {fold(stem_of(PurePosixPath(name).name)): name for name in notebooks}
    some_of_them = list(apart.values())[:LOOKED_AT] if len(apart) >= MANY else []
    held = (
        holds_exercises(parsed(name, archive.read(PurePosixPath(name), MAX_BYTES)), assignment)
        for name in some_of_them
    )
    return sum(held) >= MANY


def is_of_a_class(path: Path, archive: ClassZip, assignment: Assignment) -> bool:
    """Whether a zip that no platform made holds many students' hand-ins, and no one hand-in."""
    names = [str(file) for file in archive.files]
    zips = [name for name in names if name.lower().endswith(".zip")]
    notebooks = [name for name in names if name.lower().endswith(".ipynb")]
    if not (is_class_export(notebooks, zips) or hold_exercises(notebooks, archive, assignment)):
        return False
    data = read_regular(path)
    return len(data) > MAX_BYTES or not isinstance(read_zip(data, assignment).notebook, Notebook)
