"""Folders for the time of a batch, and short names for them.

The address of a unix socket has room for a hundred-odd bytes, and TMPDIR may be longer than that.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from grader.errors import HostError

ADDRESS_BYTES = 100
"""Of 108 on Linux and 104 elsewhere; with the byte that ends it."""
NAME_BYTES = 32
"""What a name of ours takes behind a folder's, at most."""
BELOW_BYTES = 52
"""What `/grader-12345678/tmp/pymp-12345678/listener-12345678` takes: Python binds sockets too."""
SHORT = "/tmp"  # noqa: S108  (a private folder is made in it)


def check_temporary() -> None:
    """Find out before anything starts whether folders can be made.

    Raises:
        HostError: they cannot, or not where TMPDIR says; the message says what to do.
    """
    shutil.rmtree(temporary_folder(), ignore_errors=True)


def temporary_folder(*, short: bool = False) -> Path:
    """A new folder that nobody else may enter, for the caller to remove.

    Args:
        short: whether sockets will be bound in it, by a kernel's own code too.

    Raises:
        HostError: it cannot be made.
    """
    where = os.environ.get("TMPDIR") or SHORT
    try:
        if not os.environ.get("TMPDIR"):  # one that is set and no good would be passed over
            where = tempfile.gettempdir()
        if short and len(os.fsencode(where)) + BELOW_BYTES > ADDRESS_BYTES:
            where = SHORT
        return Path(tempfile.mkdtemp(prefix="grader-", dir=os.path.abspath(where)))
    except OSError as problem:
        raise HostError(
            f"{where}: no temporary folder can be made there ({problem.strerror or problem});"
            " name another: export TMPDIR=/path/to/a/folder"
        ) from problem


class ShortWay:
    """Another name for a folder, short enough for a socket's address wherever the folder lies.

    Holds for this process alone, and until it is closed.

    Args:
        folder: the folder, or one that it lies in.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def to(self, inside: Path) -> str:
        """A name of what lies in the folder: its own, if that is short enough."""
        if len(os.fsencode(inside)) + NAME_BYTES <= ADDRESS_BYTES:
            return str(inside)
        return f"/proc/self/fd/{self._open}/{inside.relative_to(self._folder)}"

    def close(self) -> None:
        """Forget the name."""
        os.close(self._open)
