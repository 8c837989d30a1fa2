"""Write all pages and tables again, from records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, the_course

if TYPE_CHECKING:
    from grader.reporting import Asked


@click.command("report")
@click.argument(
    "out", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)  # fmt: skip
@course_option
def command(out: Path, course: Path | None) -> None:
    """Write all pages and tables again, from records.

    DIR is what `grader grade --out DIR` wrote. Every record in it gets its pages anew: report.html
    for the student and review.html for the instructor. DIR/index.html and DIR/grades.csv list
    them all. Nothing runs and nothing is judged again; titles, hints, and what students may see
    come from the rubric as it is now.

    A record that is not whole is named and left out, and the exit code is 4.
    """
    from grader.batch.lock import holding
    from grader.errors import EXIT_BUG, HostError
    from grader.record import folders
    from grader.reporting import read_record, write_overviews, write_reports

    found = folders(out)
    if not found:
        raise click.UsageError(f"no record in {out}; `grader grade --out {out}` makes some")
    folder_of_course = the_course(course)
    asked = {name: known(folder_of_course, name) for name in {f.parent.name for f in found}}
    whole, bugs, trouble = [], [], []
    with holding(out, "grader report"):
        for folder in found:
            own = asked[folder.parent.name]
            try:
                grade, evidence, executed = read_record(folder, own)
            except HostError as problem:
                trouble.append(str(problem))
                continue
            bugs.append(write_reports(folder, grade, evidence, executed, own))
            whole.append(folder)
        bugs.append(write_overviews(out, whole, folder_of_course))
    click.echo(f"{len(whole)} of {len(found)} hand-ins: open {out / 'index.html'}")
    for bug in filter(None, bugs):
        click.echo(bug, err=True)
    if any(bugs):
        click.echo("grader: a bug of ours: pages are missing; please report it", err=True)
        raise SystemExit(EXIT_BUG)
    if trouble:
        raise HostError("\n".join(trouble))


def known(course: Path, name: str) -> Asked:
    """An assignment and its rubric.

    Raises:
        AuthorError: one of them is wrong or not there.
        click.BadParameter: the course has no such assignment.
    """
    from grader.assignment import load_assignment
    from grader.course import known_assignments
    from grader.reporting import Asked
    from grader.rubric import load_rubric

    if name not in known_assignments(course):
        raise click.BadParameter(
            f"there are records of {name!r}, which is no assignment of {course}",
            param_hint="--course",
        )
    assignment = load_assignment(course, name)
    return Asked(assignment, load_rubric(course, assignment))
