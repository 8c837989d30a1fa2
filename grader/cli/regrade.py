"""Judge all records anew by the rubric as it is now, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, the_course

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.batch.records import Judged


@click.command("regrade")
@click.argument(
    "out", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)  # fmt: skip
@course_option
def command(out: Path, course: Path | None) -> None:
    """Judge all records anew by the rubric as it is now, without running anything.

    DIR is what `grader grade --out DIR` wrote. What every criterion earned and earns is told for
    each hand-in that comes to something else. Grades, pages, DIR/index.html and DIR/grades.csv are
    written anew.

    Where the rubric asks for what a hand-in was not asked when it ran, such as a new challenge,
    nothing is changed at all and the exit code is 4: typing the command that graded them runs
    those hand-ins again, and judges the others anew.
    """
    from grader.batch.lock import holding
    from grader.batch.records import judge_records, must_run
    from grader.cli.report import known
    from grader.cli.screen import busy
    from grader.errors import EXIT_BUG, HostError
    from grader.record import folders
    from grader.reporting import write_overviews

    found = folders(out)
    if not found:
        raise click.UsageError(f"no record in {out}; `grader grade --out {out}` makes some")
    of_course = the_course(course)
    asked = {name: known(of_course, name) for name in {f.parent.name for f in found}}
    with holding(out, "grader regrade"), busy(f"reading {len(found)} records") as say:
        runs = must_run(found, asked)
        if runs:
            raise HostError("\n".join([*runs, NOTHING_CHANGED]))
        say(f"judging {len(found)} records")
        judged = judge_records(found, asked)
        whole = [j.folder for j in judged if j.outcome]
        bugs = [write_overviews(out, whole, of_course), *(j.bug for j in judged)]
    for line in told(judged):
        click.echo(line)
    click.echo(f"open {out / 'index.html'}   table: {out / 'grades.csv'}")
    for bug in filter(None, bugs):
        click.echo(bug, err=True)
    if any(bugs):
        click.echo("grader: a bug of ours; please report it with the lines above", err=True)
        raise SystemExit(EXIT_BUG)
    trouble = [j.problem for j in judged if j.problem]
    if trouble:
        raise HostError("\n".join(trouble))


NOTHING_CHANGED = (
    "nothing was changed; type the command that graded these: it runs them again, and judges the"
    " others anew"
)


def told(judged: Sequence[Judged]) -> list[str]:
    """A line for each hand-in that comes to something else, one for each change, and a sum."""
    from grader.legible import clean, points

    changed = [j for j in judged if j.outcome and j.changes]
    lines = []
    for one in changed:
        assert one.outcome  # noqa: S101  (these have one)
        now = one.outcome
        was = f"{points(one.before)} → " if one.before is not None else ""
        lines.append(
            f"{clean(now.student)}: {was}{points(now.earned)}"
            f" of {points(now.possible)} points{'' if now.final else ' ?'}"
        )
        lines += [f"    {c.criterion}: {c.before} → {c.now}" for c in one.changes]
    return [*lines, f"{len(changed)} of {len(judged)} hand-ins come to something else"]
