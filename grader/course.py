"""The course folder: the one that holds assignments/ and rubrics/.

Apart from what is in it, so that a command that reads little of it starts in no time.
"""

from __future__ import annotations

from pathlib import Path


def find_course(start: Path) -> Path | None:
    """The nearest folder from start upwards that holds assignments/ and rubrics/."""
    for folder in (start, *start.parents):
        if (folder / "assignments").is_dir() and (folder / "rubrics").is_dir():
            return folder
    return None


def known_assignments(course: Path) -> list[str]:
    """Ids of the course's assignments."""
    return sorted(p.parent.name for p in (course / "assignments").glob("*/assignment.toml"))
