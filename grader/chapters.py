"""What there is to do in a course, read from its files as they stand.

To choose the next exercise takes their titles and components only. Loading an assignment and a
rubric with all its checks would take longer than everything else.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from grader.course import known_assignments
from grader.errors import AuthorError
from grader.tutor.syllabus import Chapter, chapter


def read_chapters(course: Path) -> list[Chapter]:
    """All chapters of a course, in their order.

    Raises:
        AuthorError: a file cannot be read as one of an assignment.
    """
    return [read_chapter(course, name) for name in known_assignments(course)]


def read_chapter(course: Path, name: str) -> Chapter:
    """One chapter.

    Raises:
        AuthorError: a file cannot be read as one of an assignment.
    """
    paths = course / "assignments" / name / "assignment.toml", course / "rubrics" / f"{name}.toml"
    try:
        assignment, rubric = (tomllib.loads(p.read_text(encoding="utf-8")) for p in paths)
        return chapter(assignment, rubric["criterion"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        said = f"{name}: cannot be read: {problem!r}; `grader prove {name}` says more"
        raise AuthorError([said]) from problem
