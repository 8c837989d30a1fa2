"""One command at a time writes into a folder of records."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from grader.errors import HostError
from grader.record import another, check_writable
from grader.whole_files import clear_parts

LOCK, HOLDER = ".lock", ".holder.json"
POLL_S = 0.3


@contextmanager
def holding(
    out: Path, what: str, *, elsewhere: str = "", waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Keep other commands from writing into a folder; it is made if it is missing.

    The system lets go of it when the process ends, by whatever; what a killed command left
    unfinished is removed by the next.

    Args:
        out: the folder of the records.
        what: the command, as another one tells its user.
        elsewhere: the option or variable that names another folder; empty where none does.
        waiting: is told who writes there, and then it is waited for; without it, it is an error.

    Raises:
        HostError: another command writes there, or the folder cannot be written.
    """
    check_writable(out, elsewhere)
    lock = FileLock(out / LOCK)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if waiting is None:
                said = f"{out}: {holder(out)} writes there; wait until it is done"
                raise HostError(f"{said}{another(elsewhere)}") from None
            waiting(holder(out))
            lock.acquire(poll_interval=POLL_S)
    except (OSError, NotImplementedError) as problem:  # a file system without locks
        raise HostError(f"{out}: cannot be locked ({problem}){another(elsewhere)}") from problem
    try:
        clear_parts(out)
        with suppress(OSError):  # a full disk: then it is not named, and holds all the same
            (out / HOLDER).write_text(json.dumps({"process": os.getpid(), "what": what}))
        yield
    finally:
        with suppress(OSError):
            (out / HOLDER).unlink(missing_ok=True)
        lock.release()


def holder(out: Path) -> str:
    """Who holds the folder, in words."""
    try:
        told = json.loads((out / HOLDER).read_text(encoding="utf-8"))
        return f"`{told['what']}` (process {int(told['process'])})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another grader command"
