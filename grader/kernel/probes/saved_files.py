"""The files that a cell saved, brought out piece by piece when the host asks.

Where a file lies is a path of the student's, and what lies there by then may be anything. It is
opened without following a link and without waiting, and only a regular file is read, as far as the
host wants it. Functions of `os` are taken when this module is imported: a cell may bind others.
"""

from __future__ import annotations

from binascii import b2a_base64
from os import O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, close, fstat, pread
from os import open as open_file
from os.path import abspath
from stat import S_ISREG
from typing import Any

MOST_FILES = 8
"""Files of one cell that are brought out: those that were saved last."""
PIECE = 4 * 2**20
FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC


class SavedFiles:
    """Remembers where the running cell saves to, and brings out what the last one saved."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}
        self._ready: dict[str, str] = {}
        self._left_out = self._ready_left_out = 0

    def note(self, told: str) -> None:
        """A file was saved; told is its path as facts tell it."""
        self._places.pop(told, None)
        self._places[told] = abspath(told)
        if len(self._places) > MOST_FILES:
            self._places.pop(next(iter(self._places)))
            self._left_out += 1

    def cell_ended(self) -> None:
        """What was saved until now can be asked for, and nothing from before."""
        self._ready, self._places = self._places, {}
        self._ready_left_out, self._left_out = self._left_out, 0

    def answer(self, asked: dict[str, Any]) -> list[Any]:
        """What the host asks for: the listing, or a piece of one of its files."""
        number, start = int(asked.get("number", -1)), int(asked.get("start", 0))
        return self.listing() if number < 0 else self.piece(number, start)

    def listing(self) -> list[Any]:
        """How many files are left out; then for each the told path, its size, what is wrong."""
        return [self._ready_left_out, *([t, *measured(p)] for t, p in self._ready.items())]

    def place(self, number: int) -> str:
        """Where a listed file lies; nowhere for a number that was not listed."""
        return dict(enumerate(self._ready.values())).get(number, "")

    def piece(self, number: int, start: int) -> list[Any]:
        """Bytes of a listed file from a position on, in base64; nothing where it cannot be read."""
        places = list(self._ready.values())
        if not 0 <= number < len(places) or start < 0:
            return [""]
        try:
            file = open_file(places[number], FLAGS)
        except (OSError, ValueError):
            return [""]
        try:
            regular = S_ISREG(fstat(file).st_mode)
            data = pread(file, PIECE, start) if regular else b""
        except OSError:
            data = b""
        finally:
            close(file)
        return [b2a_base64(data, newline=False).decode("ascii")]


def measured(path: str) -> tuple[int | None, str]:
    """A file's size, and what keeps it from being read, if anything does."""
    try:
        file = open_file(path, FLAGS)
    except FileNotFoundError:
        return None, "it is not there any more"
    except (OSError, ValueError) as problem:
        return None, f"it cannot be opened: {getattr(problem, 'strerror', None) or 'its path'}"
    try:
        status = fstat(file)
    finally:
        close(file)
    if not S_ISREG(status.st_mode):
        return None, "it is not a regular file"
    return status.st_size, ""
