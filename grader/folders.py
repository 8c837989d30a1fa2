"""What lies in a folder that somebody names: files, links, folders, and what is passed over."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.kinds import OURS, passed_over

PAGES = (".html", ".csv")


class Seen(NamedTuple):
    """What lies below a folder, each by its path from there, sorted.

    Attributes:
        files: regular files with their size in bytes.
        odd: links, pipes and devices; none is opened or followed.
        folders: all of them.
        closed: folders that may not be looked into.
    """

    files: dict[PurePosixPath, int]
    odd: list[PurePosixPath]
    folders: list[PurePosixPath]
    closed: list[PurePosixPath]


def look_into(folder: Path, out: Path | None = None) -> Seen:
    """Everything below a folder but what is hidden, made by a machine, or a record of ours.

    Args:
        folder: where to look.
        out: where records go, whose tables and pages are no hand-ins.
    """
    seen = Seen({}, [], [], [])
    waiting = [PurePosixPath()]
    while waiting:
        inner = waiting.pop()
        try:
            with os.scandir(folder / inner) as listing:
                entries = list(listing)
        except OSError:
            seen.closed.append(inner)
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names:
            continue
        if inner.parts:
            seen.folders.append(inner)
        records = "grade.json" in names or (out is not None and same(folder / inner, out))
        for entry in entries:
            path = inner / entry.name
            ours = records and (entry.name in OURS or entry.name.endswith(PAGES))
            if passed_over([entry.name]) or ours:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                seen.files[path] = size_of(entry)
            else:
                seen.odd.append(path)
    return Seen(dict(sorted(seen.files.items())), *(sorted(part) for part in seen[1:]))


def size_of(entry: os.DirEntry[str]) -> int:
    """A file's size in bytes; 0 where it is gone meanwhile."""
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same place."""
    return one.resolve() == other.resolve()
