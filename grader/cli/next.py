"""Say which exercise to do next, and why."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import course_option, known_assignment, the_course


@click.command("next")
@click.argument("assignment", metavar="[ID]", required=False)
@course_option
def command(assignment: str | None, course: Path | None) -> None:
    """Say which exercise to do next, and why.

    It is chosen from what was checked on this machine: the first open exercise whose groundwork is
    there, now and then a review. With ID only exercises of that assignment are looked at.
    """
    from grader.chapters import read_chapter, read_chapters
    from grader.cli.lines import columns, show
    from grader.learner import now, remembered
    from grader.tutor.choosing import choose
    from grader.tutor.upcoming import next_lines

    folder = the_course(course)
    if assignment:
        known_assignment(folder, assignment, told_as="ID")
    chapters = [read_chapter(folder, assignment)] if assignment else read_chapters(folder)
    show(next_lines(choose(chapters, remembered(), now()), columns()))
