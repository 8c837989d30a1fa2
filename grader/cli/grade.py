"""Grade hand-ins: notebooks, scripts, zips, or folders of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import (
    course_option,
    jobs_option,
    known_assignment,
    sandbox_option,
    the_course,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.audience import Audience
    from grader.batch.work import Outcome, Work


@click.command("grade")
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH...",
    type=click.Path(exists=True, path_type=Path),
)  # fmt: skip
@click.option("--assignment", "-a", required=True, metavar="ID", help="What was asked for.")
@click.option(
    "--out", "-o", default="grades", show_default=True, metavar="DIR",
    type=click.Path(path_type=Path), help="Where the records, pages and grades.csv go.",
)  # fmt: skip
@click.option(
    "--audience", type=click.Choice(["student", "instructor"]), default="instructor",
    show_default=True, help="A student's report leaves out hidden criteria and secret values.",
)  # fmt: skip
@click.option(
    "--initial-seed", "salt", type=int, default=0, show_default=True, metavar="N",
    help="Start the random generators elsewhere; a fair verdict does not hang on it.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="Run all of them, also those that are graded already.")
@click.option(
    "--roster", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A table (CSV) of the class, as Moodle, Canvas or Gradescope writes it.",
)  # fmt: skip
@jobs_option
@sandbox_option
@course_option
def command(
    paths: tuple[Path, ...],
    assignment: str,
    out: Path,
    audience: Audience,
    salt: int,
    again: bool,
    roster: Path | None,
    jobs: int | None,
    sandbox_name: str,
    course: Path | None,
) -> None:
    """Grade hand-ins: notebooks, scripts, zips, or folders of them.

    Each PATH is a notebook (.ipynb), a script (.py), a student's zip, a folder with these, or
    what Moodle, Canvas, Gradescope or nbgrader give for a whole class, zipped or not: then one
    line says what it was taken for. With --roster, who handed in nothing is listed as such.
    Other files in a hand-in's own folder or zip come along into the run; what is not graded is
    told at the end. Every hand-in gets a record in
    DIR/<assignment>/<student>/: evidence.jsonl, executed.ipynb and grade.json, and two pages:
    report.html for the student and review.html for you. DIR/index.html and DIR/grades.csv list
    them all.

    What is graded already does not run again: typed once more, the same goes on where it stopped,
    and a changed rubric judges anew without running. A hand-in, assignment or version that is
    another one runs again; --again runs all.

    Every hand-in runs in a process of its own behind a fence: it sees no other hand-in, no
    rubric, no network, and of your files only Python and its packages. Where the fence does not
    close, nothing is graded and the exit code is 4; `grader doctor` says what is missing.
    `--sandbox none` runs hand-ins with all your rights, so use it for your own code only.
    """
    from grader.assignment import load_assignment
    from grader.batch.lock import holding
    from grader.batch.work import HandIn, Work
    from grader.enrolment import read_roster
    from grader.intake import names_of, people_of, take_in
    from grader.reporting import Asked
    from grader.roster import enrol
    from grader.rubric import load_rubric
    from grader.whence import own_names

    folder = the_course(course)
    known = load_assignment(folder, known_assignment(folder, assignment))
    asked = Asked(known, load_rubric(folder, known))
    private = [folder / "assignments", folder / "rubrics", out]
    students = read_roster(roster) if roster else None

    from grader.cli.running import run_all, tell_trouble
    from grader.cli.screen import consoles, tell

    console, news = consoles()
    with holding(out, f"grader grade -a {known.id}", elsewhere="--out"):
        handed = take_in(paths, known, out, private)
        if not handed.hand_ins:
            raise click.UsageError(nothing_in(paths, [*handed.layouts, *handed.news]))
        tell(news, handed.layouts)
        by_name = names_of(handed.hand_ins, known)
        came = [(found.path, found.arrival.owner) for found in handed.hand_ins]
        names = own_names(out, known.id, [(n, *c) for n, c in zip(by_name, came, strict=True)])
        works = [
            Work(HandIn(found.path, name, found.arrival), asked, out, sandbox_name, salt)
            for found, name in zip(handed.hand_ins, names, strict=True)
        ]
        people = dict(zip(names, people_of(handed.hand_ins, by_name), strict=True))
        open_questions = enrol(out, known.id, students, people)
        done = run_all(works, folder, jobs, news, again=again, elsewhere="--out")
    show(console, done.outcomes, works[0], audience)
    tell(news, [*done.notes, *open_questions, *handed.news, *renamed(by_name, names)])
    tell_trouble(news, done)


def nothing_in(paths: Sequence[Path], news: Sequence[str]) -> str:
    """Why there is nothing to grade."""
    said = "".join(f"; {line}" for line in news)
    return f"no notebook (.ipynb), script (.py) or zip in {', '.join(map(str, paths))}{said}"


def renamed(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """Who is recorded under another name, because the record of another file has theirs."""
    return [
        f"recorded as {name}: the record {old} is that of another file"
        for old, name in zip(wanted, names, strict=True) if name != old
    ]  # fmt: skip


def show(console: Console, outcomes: Sequence[Outcome], work: Work, audience: Audience) -> None:
    """The report of one hand-in, or the table of several.

    Args:
        console: where to.
        outcomes: of all.
        work: the only one, or one of several.
        audience: for whom the report is.
    """
    from grader.cli.screen import show_report, show_summary, show_table
    from grader.record import GRADE
    from grader.reporting import read_grade
    from grader.reports.terminal import report
    from grader.roster import absent_in

    out = work.out
    if len(outcomes) == 1:
        show_report(console, report(read_grade(work.folder / GRADE), work.asked.rubric, audience))
        look = work.folder / ("report.html" if audience == "student" else "review.html")
        console.print(f"open {look}   record: {work.folder}", style="dim", soft_wrap=True)
    else:
        asked = work.asked.assignment.id
        absent = [a for a in absent_in(out) if a.assignment == asked]
        show_table(console, outcomes, absent)
        show_summary(console, outcomes, len(absent))
        console.print(
            f"open {out / 'index.html'}   table: {out / 'grades.csv'}   "
            f"records: {out / work.asked.assignment.id}/",
            style="dim", soft_wrap=True,
        )  # fmt: skip
