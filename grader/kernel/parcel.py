"""The files that come along with a hand-in, put into its working folder.

They arrive over one descriptor: a line of JSON with names and sizes, then the bytes. This runs
inside the fence, as the student, so a name can harm nobody but him.
"""

from __future__ import annotations

import json
import os


def unpack(descriptor: int) -> None:
    """Write the files below the working folder, and close the descriptor; -1 brings none.

    Raises:
        RuntimeError: there is no room for them, or a name cannot be made.
    """
    if descriptor < 0:
        return
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(descriptor, "rb") as parcel:
        for name, size in json.loads(parcel.readline()):
            try:
                write(name, parcel.read(size))
            except OSError as problem:
                raise RuntimeError(f"{name!r} could not be brought: {problem.strerror}") from None


def write(name: str, data: bytes) -> None:
    """Make one file that was not there before."""
    if folder := os.path.dirname(name):
        os.makedirs(folder, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o644), "wb") as file:
        file.write(data)
