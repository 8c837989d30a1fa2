"""Grade hand-ins: notebooks, or folders of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, jobs_at_a_time, known_assignment, the_course

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.grading import Graded
    from grader.reports.terminal import Audience
    from grader.rubric import Rubric


@click.command("grade")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...",
    type=click.Path(exists=True, path_type=Path),
)  # fmt: skip
@click.option("--assignment", "-a", required=True, metavar="ID", help="What was asked for.")
@click.option(
    "--out", "-o", default="grades", show_default=True, metavar="DIR",
    type=click.Path(path_type=Path), help="Where the records and grades.csv go.",
)  # fmt: skip
@click.option(
    "--audience", type=click.Choice(["student", "instructor"]), default="instructor",
    show_default=True, help="A student's report leaves out hidden criteria and secret values.",
)  # fmt: skip
@click.option(
    "--initial-seed", "salt", type=int, default=0, show_default=True, metavar="N",
    help="Start the random generators elsewhere; a fair verdict does not hang on it.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(1, 64), metavar="N",
    help="Hand-ins at a time  [default: one for each core, as far as memory goes]",
)  # fmt: skip
@click.option(
    "--sandbox", "sandbox_name", type=click.Choice(["fenced", "none"]), default="fenced",
    show_default=True, help="Fenced, or with all your rights: for your own code alone.",
)  # fmt: skip
@course_option
def command(
    paths: tuple[Path, ...],
    assignment: str,
    out: Path,
    audience: Audience,
    salt: int,
    jobs: int | None,
    sandbox_name: str,
    course: Path | None,
) -> None:
    """Grade hand-ins: notebooks, or folders of them.

    Each PATH is a notebook or a folder with notebooks. Every hand-in gets a record in
    DIR/<assignment>/<student>/: evidence.jsonl, executed.ipynb and grade.json. DIR/grades.csv
    lists them all.

    Every hand-in runs in a process of its own behind a fence: it sees no other hand-in, no
    rubric, no network, and of your files only Python and its packages. Where the fence does not
    close, nothing is graded and the exit code is 4; `grader doctor` says what is missing.
    `--sandbox none` runs hand-ins with all your rights, so use it for your own code only.
    """
    from grader.assignment import load_assignment
    from grader.record import check_writable
    from grader.rubric import load_rubric
    from grader.submission import find_files, mentioned, name_students

    folder = the_course(course)
    known = load_assignment(folder, known_assignment(folder, assignment))
    rubric = load_rubric(folder, known)
    files = find_files(paths)
    if not files:
        raise click.UsageError(f"no notebook (.ipynb) in {', '.join(map(str, paths))}")
    check_writable(out)

    from functools import partial

    from rich.console import Console

    from grader.batch.local import HandIn, grade_all
    from grader.cli.screen import ticking
    from grader.grading import Batch, grade_file
    from grader.record import read_grades, write_table
    from grader.reports.table import grades_csv
    from grader.run.replaying import Replaying
    from grader.sandboxes.choose import open_sandbox

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120  # a file has no edge to break lines at
    news = Console(stderr=True, highlight=False)
    hand_ins = [HandIn(*both) for both in zip(files, name_students(files, known), strict=True)]
    jobs, note = jobs_at_a_time(jobs, len(hand_ins), known.limits)
    if note:
        news.print(note, style="dim", soft_wrap=True, markup=False)
    sandbox = open_sandbox(
        sandbox_name, preload=mentioned(known.preload, files), jobs=jobs,
        hidden=[folder, out, *{file.resolve().parent for file in files}],
    )  # fmt: skip
    graded: dict[HandIn, Graded] = {}
    try:
        with ticking(news, len(hand_ins)) as ticker, sandbox, Replaying(sandbox) as replay:
            batch = Batch(known, rubric, out, sandbox, salt, replay)

            def grade(one: HandIn) -> Graded:
                ticker.hand_in(one.student)
                return grade_file(one.path, one.student, batch, partial(ticker.cell, one.student))

            for one, result in grade_all(hand_ins, grade, jobs, sandbox.close):
                graded[one] = result
                ticker.finished(result.grade)
    finally:  # also after Ctrl-C and a full disk: what is graded is in the table
        write_table(out, grades_csv(read_grades(out, known.id)))
    show(console, [graded[h] for h in hand_ins], rubric, audience, out)
    for note in sandbox.notes:
        news.print(note, style="dim", soft_wrap=True, markup=False)
    tell_trouble(news, list(graded.values()))


def show(
    console: Console, graded: Sequence[Graded], rubric: Rubric, audience: Audience, out: Path
) -> None:
    """The report of one hand-in, or the table of several."""
    from grader.cli.screen import show_report, show_table
    from grader.reports.terminal import report

    grades = [g.grade for g in graded]
    if len(grades) == 1:
        show_report(console, report(grades[0], rubric, audience))
        console.print(f"record: {graded[0].folder}", style="dim", soft_wrap=True)
    else:
        show_table(console, grades)
        console.print(
            f"table: {out / 'grades.csv'}   records: {out / grades[0].assignment}/",
            style="dim", soft_wrap=True,
        )  # fmt: skip


def tell_trouble(news: Console, graded: Sequence[Graded]) -> None:
    """End with the exit code of a bug or of this machine's trouble, if there was any.

    Raises:
        HostError: some hand-ins could not be graded here.
    """
    from grader.errors import EXIT_BUG, HostError

    for bug in (g.bug for g in graded if g.bug):
        click.echo(bug, err=True)
    if any(g.bug or m.verdict == "broken" for g in graded for m in g.grade.marks):
        news.print("a bug of ours: the points are withheld; please report it, see grade.json")
        raise SystemExit(EXIT_BUG)
    if any(g.grade.ending == "host_failed" for g in graded):
        raise HostError("some hand-ins could not be graded here; `grader doctor` says more")
