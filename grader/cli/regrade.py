"""Judge all records anew by the rubric as it is now, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, jobs_option, sandbox_option, the_course

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from grader.batch.records import Judged, Lacking
    from grader.cli.running import Done
    from grader.grade import Grade
    from grader.reporting import Asked


@click.command("regrade")
@click.argument(
    "out", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)  # fmt: skip
@click.option(
    "--run-missing", is_flag=True,
    help="Run those again that the rubric cannot judge by what was seen of them.",
)  # fmt: skip
@jobs_option
@sandbox_option
@course_option
def command(
    out: Path, run_missing: bool, jobs: int | None, sandbox_name: str, course: Path | None
) -> None:
    """Judge all records anew by the rubric as it is now, without running anything.

    DIR is what `grader grade --out DIR` wrote. What every criterion earned and earns is told for
    each hand-in that comes to something else. Grades, pages, DIR/index.html and DIR/grades.csv are
    written anew.

    Where the rubric asks for what a hand-in was not asked when it ran, such as a new challenge,
    or the hand-in ran under another version of grader, nothing is changed at all, these hand-ins
    are named and the exit code is 4. With --run-missing, these run again first, from the files
    that were graded then; --jobs and --sandbox are for them.
    """
    from grader.batch.lock import holding
    from grader.batch.records import judge_records, must_run
    from grader.cli.report import known
    from grader.cli.running import tell_trouble
    from grader.cli.screen import busy, consoles
    from grader.errors import EXIT_BUG, HostError
    from grader.record import folders
    from grader.regrading import grade_before
    from grader.reporting import write_overviews

    found = folders(out)
    if not found:
        raise click.UsageError(f"no record in {out}; `grader grade --out {out}` makes some")
    of_course = the_course(course)
    asked = {name: known(of_course, name) for name in {f.parent.name for f in found}}
    with holding(out, "grader regrade"):
        with busy(f"reading {len(found)} records"):
            lacking = must_run(found, asked)
        if lacking and not run_missing:
            lines = [f"{one.folder.name}: {one.why}" for one in lacking]
            raise HostError("\n".join([*lines, nothing_changed(out)]))
        ran = {one.folder: grade_before(one.folder) for one in lacking}
        runs = run_again(lacking, asked, out, of_course, jobs, sandbox_name)
        with busy(f"judging {len(found)} records"):
            judged = judge_records(found, asked)
            bugs = [write_overviews(out, found, of_course), *(j.bug for j in judged)]
    for line in told(with_runs(judged, ran)):
        click.echo(line)
    show_all(consoles()[0], judged, out)
    click.echo(f"open {out / 'index.html'}   table: {out / 'grades.csv'}")
    for bug in filter(None, bugs):
        click.echo(bug, err=True)
    if any(bugs):
        click.echo("grader: a bug of ours; please report it with the lines above", err=True)
        raise SystemExit(EXIT_BUG)
    trouble = [j.problem for j in judged if j.problem]
    if trouble:
        raise HostError("\n".join(trouble))
    for done in runs:
        tell_trouble(consoles()[1], done)


def show_all(console: Console, judged: Sequence[Judged], out: Path) -> None:
    """A line about each assignment, as grading ends with."""
    from itertools import groupby

    from grader.cli.screen import show_summary
    from grader.roster import absent_in

    outcomes = sorted((j.outcome for j in judged if j.outcome), key=lambda o: o.assignment)
    several = len({o.assignment for o in outcomes}) > 1
    for name, own in groupby(outcomes, key=lambda o: o.assignment):
        absent = sum(a.assignment == name for a in absent_in(out))
        show_summary(console, list(own), absent, of=f"{name}:" if several else "")


def nothing_changed(out: Path) -> str:
    """What became of the records, and what to type."""
    return (
        "nothing was changed; these have to run again first:"
        f" grader regrade {out} --run-missing does that"
    )


def run_again(
    lacking: Sequence[Lacking],
    asked: Mapping[str, Asked],
    out: Path,
    course: Path,
    jobs: int | None,
    sandbox: str,
) -> list[Done]:
    """Run hand-ins again, and tell how far that is; what came of each assignment's.

    Raises:
        HostError: some cannot be run again, or a record cannot be written.
    """
    from itertools import groupby

    from grader.batch.records import works_again
    from grader.cli.running import run_all
    from grader.cli.screen import consoles, tell

    _, news = consoles()
    works = works_again(lacking, asked, out, sandbox)
    done = [
        run_all(list(group), course, jobs, news, again=True)
        for _, group in groupby(works, key=lambda work: work.asked.assignment.id)
    ]
    tell(news, [note for one in done for note in one.notes])
    return done


def with_runs(judged: Sequence[Judged], ran: Mapping[Path, Grade | None]) -> list[Judged]:
    """All records; those that ran again with what changed since before their run.

    Args:
        judged: all of them.
        ran: the grades that those had which ran again.
    """
    from grader.batch.work import Outcome
    from grader.class_points import in_words
    from grader.record import GRADE
    from grader.regrading import Regraded
    from grader.reporting import read_grade

    told = []
    for one in judged:
        if one.folder in ran and one.outcome:
            before = ran[one.folder]
            changes = Regraded(before, read_grade(one.folder / GRADE)).changes
            points = in_words(Outcome.read(before)) if before else None
            told.append(one._replace(before=points, changes=tuple(changes)))
        else:
            told.append(one)
    return told


def told(judged: Sequence[Judged]) -> list[str]:
    """A line for each hand-in that comes to something else, one for each change, and a sum."""
    from grader.class_points import in_words, ran
    from grader.legible import clean, points
    from grader.standing import STANDINGS

    changed = [j for j in judged if j.outcome and j.changes]
    lines = []
    for one in changed:
        assert one.outcome  # noqa: S101  (these have one)
        now = one.outcome
        was = f"{one.before} → " if one.before is not None else ""
        lines.append(
            f"{clean(now.student)}: {STANDINGS[now.kind].word}"
            if not ran(now)
            else f"{clean(now.student)}: {was}{in_words(now)}"
            f" of {points(now.possible)} points{'' if now.final else ' ?'}"
        )
        lines += [f"    {c.criterion}: {c.before} → {c.now}" for c in one.changes]
    return [*lines, f"{len(changed)} of {len(judged)} hand-ins come to something else"]
