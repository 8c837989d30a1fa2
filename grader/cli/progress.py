"""Show how far you are, and what is known of what you know."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import course_option, known_assignment, the_course
from grader.course import find_course


@click.command("progress")
@click.argument("assignment", metavar="[ID]", required=False)
@course_option
def command(assignment: str | None, course: Path | None) -> None:
    """Show how far you are, and what is known of what you know.

    It is worked out from what was checked on this machine, and from nothing else. A bar is how
    likely it is that something is understood; beside it stands what that is taken from. With ID it
    is about that assignment alone; outside a course folder exercises are not told. `grader forget`
    deletes all of it.
    """
    from grader.chapters import read_chapters
    from grader.cli.lines import columns, show
    from grader.learner import now, remembered
    from grader.tutor.progress import plain, progress

    events = remembered()
    elsewhere = not (course or assignment or find_course(Path.cwd()))
    folder = None if elsewhere and events else the_course(course)
    only = known_assignment(folder, assignment, told_as="ID") if folder and assignment else ""
    told = progress(read_chapters(folder) if folder else [], events, now(), only=only)
    show(plain(told, columns()))
