"""Names that strangers gave, as text that can be stored and shown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePosixPath


def readable(name: str) -> str:
    """A file's name as text that can be stored and shown."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def listed(what: str, paths: Sequence[PurePosixPath | str], most: int = 6) -> list[str]:
    """One line that names some paths, or none."""
    if not paths:
        return []
    names = ", ".join(readable(str(path)) for path in paths[:most])
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return [f"{what}: {names}{more}"]
