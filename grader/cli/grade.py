"""Grade hand-ins: notebooks, or folders of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, known_assignment, the_course

if TYPE_CHECKING:
    from grader.reports.terminal import Audience


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
@course_option
def command(
    paths: tuple[Path, ...],
    assignment: str,
    out: Path,
    audience: Audience,
    salt: int,
    course: Path | None,
) -> None:
    """Grade hand-ins: notebooks, or folders of them.

    Each PATH is a notebook or a folder with notebooks. Every hand-in gets a record in
    DIR/<assignment>/<student>/: evidence.jsonl, executed.ipynb and grade.json. DIR/grades.csv
    lists them all.

    There is no fence around the code yet: grade only what you would run yourself.
    """
    from grader.assignment import load_assignment
    from grader.record import check_writable
    from grader.rubric import load_rubric
    from grader.submission import find_files, name_students

    folder = the_course(course)
    known = load_assignment(folder, known_assignment(folder, assignment))
    rubric = load_rubric(folder, known)
    files = find_files(paths)
    if not files:
        raise click.UsageError(f"no notebook (.ipynb) in {', '.join(map(str, paths))}")
    check_writable(out)

    from rich.console import Console

    from grader.cli.screen import show_report, show_table, ticking
    from grader.errors import EXIT_BUG, HostError
    from grader.grading import grade_file
    from grader.record import read_grades, write_table
    from grader.reports.table import grades_csv
    from grader.reports.terminal import report

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120  # a file has no edge to break lines at
    news = Console(stderr=True, highlight=False)
    graded = []
    try:
        with ticking(news, len(files)) as ticker:
            for path, student in zip(files, name_students(files, known), strict=True):
                ticker.hand_in(student)
                graded.append(
                    grade_file(path, student, known, rubric, out, salt=salt, progress=ticker.cell)
                )
                ticker.finished(graded[-1].grade)
    finally:  # also after Ctrl-C and a full disk: what is graded is in the table
        write_table(out, grades_csv(read_grades(out, known.id)))
    grades = [g.grade for g in graded]
    if len(grades) == 1:
        show_report(console, report(grades[0], rubric, audience))
        console.print(f"record: {graded[0].folder}", style="dim", soft_wrap=True)
    else:
        show_table(console, grades)
        console.print(f"table: {out / 'grades.csv'}   records: {out / known.id}/",
                      style="dim", soft_wrap=True)  # fmt: skip
    broken = any(m.verdict == "broken" for g in grades for m in g.marks)
    for bug in (g.bug for g in graded if g.bug):
        click.echo(bug, err=True)
    if broken or any(g.bug for g in graded):
        news.print("a bug of ours: the points are withheld; please report it, see grade.json")
        raise SystemExit(EXIT_BUG)
    if any(g.ending == "host_failed" for g in grades):
        raise HostError("some hand-ins could not be graded here; `grader doctor` says more")
