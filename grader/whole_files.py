"""Files that are there completely or not at all, whatever ends the process that writes them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grader.errors import HostError

PART = re.compile(r"\..+-[a-z0-9_]{8}\.grader-part")  # what a file is called until it is whole
DEPTH = 2  # folders below that of a batch: the assignment's, the student's


def write_file(path: Path, text: str | Iterable[str]) -> None:
    """Write a file that is made from records; a long text may come in pieces.

    Raises:
        HostError: it cannot be written.
    """
    try:
        write_whole(path, text)
    except OSError as problem:
        raise HostError(f"{path}: cannot be written: {problem.strerror}") from problem


def write_whole(path: Path, text: str | Iterable[str], *, lasting: bool = False) -> None:
    """Write a file so that it is there completely or not at all."""
    part = written_aside(path, text, lasting=lasting)
    try:
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def written_aside(path: Path, text: str | Iterable[str], *, lasting: bool = False) -> Path:
    """A file with a name of its own beside a path, for whoever calls to put in its place.

    Args:
        path: where it will be.
        text: what it holds, or the pieces of that.
        lasting: whether it has to be on the disk before this returns, should the power fail.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-", suffix=".grader-part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.writelines([text] if isinstance(text, str) else text)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(name, 0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def on_disk(folder: Path) -> None:
    """Wait until the names in a folder are on the disk.

    Raises:
        OSError: the disk has trouble.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def clear_parts(out: Path) -> None:
    """Remove what commands left unfinished that were killed while they wrote; nobody may write.

    Args:
        out: the folder of a batch.
    """
    for depth in range(DEPTH + 1):
        for path in out.glob("*/" * depth + ".*.grader-part"):
            if PART.fullmatch(path.name) and is_inside(path, out):
                with suppress(OSError):  # litter: it is in nobody's way
                    path.unlink()


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a file really lies below a folder, and is reached through no link."""
    between = [path, *path.parents[: len(path.relative_to(folder).parts) - 1]]
    return not any(map(os.path.islink, between)) and os.path.isfile(path)
