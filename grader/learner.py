"""The folder of whoever learns on this machine: an id without a name, and the log of events.

Nothing of it leaves the machine, and removing the folder removes all of it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from grader.errors import HostError
from grader.tutor.events import Event, read_line

HOME = "GRADER_HOME"
"""The environment variable that names another folder."""
EVENTS = "events.jsonl"
LEARNER = "learner"
CHECKS = "checks"


def home() -> Path:
    """Where the log lies; need not exist yet."""
    named = os.environ.get(HOME)
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("grader", appauthor=False)


def checks_folder() -> Path:
    """Where the records of checked notebooks lie; need not exist yet."""
    return home() / CHECKS


def learner_id() -> str:
    """The random id of this machine's learner, made when first asked for.

    Raises:
        HostError: it cannot be read, or the folder cannot be written.
    """
    path = home() / LEARNER
    try:
        return kept_id(path) or made_id(path)
    except OSError as problem:
        raise HostError(f"{path}: cannot be read or written: {problem.strerror}") from problem


def kept_id(path: Path) -> str:
    """The id in a file; empty where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return ""


def made_id(path: Path) -> str:
    """A new id in a file, which appears whole; where another process was first, its id."""
    import secrets

    path.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_hex(8)
    part = path.with_name(f"{path.name}.{made}")
    part.write_text(f"{made}\n", encoding="ascii")
    try:
        os.link(part, path)
    except FileExistsError:
        if first := kept_id(path):
            return first
        os.replace(part, path)  # an empty file, as a full disk leaves it
    except OSError:
        os.replace(part, path)  # a file system without links
    finally:
        part.unlink(missing_ok=True)
    return made


def now() -> datetime:
    """The time an event is given."""
    return datetime.now(UTC).replace(microsecond=0)


def remember(event: Event) -> None:
    """Add an event to the log.

    Raises:
        HostError: the log cannot be written.
    """
    path = home() / EVENTS
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as log:  # a line cut off by a crash must not swallow the next one
            size = log.seek(0, os.SEEK_END)
            if size:
                log.seek(size - 1)
            torn = bool(size) and log.read(1) != b"\n"
            log.write((b"\n" if torn else b"") + event.line().encode() + b"\n")
    except OSError as problem:
        raise HostError(f"{path}: cannot be written: {problem.strerror}") from problem


def remembered() -> list[Event]:
    """All events, oldest first; lines that are no event are passed over."""
    try:
        text = (home() / EVENTS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise HostError(f"{home() / EVENTS}: cannot be read: {problem.strerror}") from problem
    return [event for line in text.splitlines() if (event := read_line(line))]


def anything() -> bool:
    """Whether anything is remembered here."""
    return any((home() / name).exists() for name in (EVENTS, LEARNER, CHECKS))


def forget() -> Path:
    """Remove the folder with all that is known; tells which it was.

    Raises:
        HostError: it cannot be removed.
    """
    folder = home()
    try:
        for name in (EVENTS, LEARNER):
            (folder / name).unlink(missing_ok=True)
        if checks_folder().is_dir():
            import shutil

            shutil.rmtree(checks_folder())
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as problem:
        raise HostError(f"{folder}: cannot be removed: {problem.strerror}") from problem
    return folder
