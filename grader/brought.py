"""Files that come along with a hand-in: which ones, how much, and their bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from grader.assignment import Limits
from grader.kinds import may_come_along
from grader.notebook import MAX_BYTES

MOST_FILES = 500
MOST_BROUGHT = 50_000_000
"""Bytes of all files that come along with one hand-in."""


class Brought(NamedTuple):
    """A file that comes along: its path from the hand-in's folder, with "/", and its bytes."""

    name: str
    data: bytes


def fitting_together(sizes: Mapping[str, int], limits: Limits) -> list[str]:
    """Which files come along, by name: the smallest first, as far as they fit.

    They take half of what a hand-in may write, at most.
    """
    kept, total = [], 0
    most = min(MOST_BROUGHT, limits.disk_mb * 2**20 // 2)
    for name in sorted(sizes, key=lambda n: (sizes[n], n))[: min(MOST_FILES, limits.files // 2)]:
        total += sizes[name]
        if total > most:
            break
        kept.append(name)
    return sorted(kept)


def read_beside(folder: Path, names: Iterable[str]) -> tuple[tuple[Brought, ...], tuple[str, ...]]:
    """The files that come along, and the names of those that cannot be read or grew too large."""
    found, lost, left = [], [], MOST_BROUGHT
    for name in names:
        try:
            data = read_regular(folder / name, left)
        except OSError:
            lost.append(name)
            continue
        if len(data) > left or not may_come_along(name, data):
            lost.append(name)
        else:
            found.append(Brought(name, data))
            left -= len(data)
    return tuple(found), tuple(lost)


def fingerprint(name: str, data: bytes, files: Iterable[Brought]) -> str:
    """SHA-256 of a hand-in: of its file alone, or of a list as sha256sum writes it.

    The list has the hand-in first, then the files that come along, by name.
    """
    own = hashlib.sha256(data).hexdigest()
    lines = [f"{hashlib.sha256(f.data).hexdigest()}  {f.name}\n" for f in files]
    if not lines:
        return own
    text = "".join([f"{own}  {name}\n", *lines])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def read_regular(path: Path, most: int = MAX_BYTES) -> bytes:
    """A file's bytes, one more than `most` at most where there are too many.

    Raises:
        OSError: see `opened_regular`.
    """
    with opened_regular(path) as file:
        return file.read(most + 1)


def opened_regular(path: Path) -> BinaryIO:
    """A file to be read.

    Raises:
        OSError: it cannot be read, or is a link, a pipe or a device: following one would read
            what nobody handed in, or wait for ever.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "is a link; hand in the file itself") from problem
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is not a regular file")
    return os.fdopen(handle, "rb")
