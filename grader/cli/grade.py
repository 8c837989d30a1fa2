"""Grade hand-ins: notebooks, scripts, zips, or folders of them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import (
    course_option,
    jobs_at_a_time,
    jobs_option,
    known_assignment,
    sandbox_option,
    the_course,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console

    from grader.audience import Audience
    from grader.batch.earlier import Earlier
    from grader.grading import Graded
    from grader.rubric import Rubric


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
    jobs: int | None,
    sandbox_name: str,
    course: Path | None,
) -> None:
    """Grade hand-ins: notebooks, scripts, zips, or folders of them.

    Each PATH is a notebook (.ipynb), a script (.py), a student's zip, or a folder with these.
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
    from grader.intake import take_in
    from grader.record import check_writable, own_names
    from grader.rubric import load_rubric
    from grader.students import name_students
    from grader.submission import mentioned

    folder = the_course(course)
    known = load_assignment(folder, known_assignment(folder, assignment))
    rubric = load_rubric(folder, known)
    private = [folder / "assignments", folder / "rubrics", out]
    handed = take_in(paths, known, out, private)
    files = [found.path for found in handed.hand_ins]
    if not files:
        raise click.UsageError(nothing_in(paths, handed.news))
    check_writable(out)
    by_path = name_students(files, known)
    names = own_names(out, known.id, zip(by_path, files, strict=True))

    from rich.console import Console

    from grader.batch.earlier import earlier
    from grader.batch.lasting import run_and_settle
    from grader.batch.local import HandIn
    from grader.cli.screen import ticking
    from grader.keys import KeyMaker
    from grader.sandboxes.choose import open_sandbox

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120  # a file has no edge to break lines at
    news = Console(stderr=True, highlight=False)
    hand_ins = [HandIn(f.path, n, f.arrival) for f, n in zip(handed.hand_ins, names, strict=True)]
    make = KeyMaker(known, rubric, sandbox_name, salt)
    before = {} if again else {h: e for h in hand_ins if (e := earlier(h, out, make)) is not None}
    graded: dict[HandIn, Graded] = {h: e.graded for h, e in before.items()}
    left = [h for h in hand_ins if h not in before]
    tell(news, [told_before(list(before.values()), len(hand_ins))])
    jobs, note = jobs_at_a_time(jobs, max(1, len(left)), known.limits)
    sandbox = open_sandbox(
        sandbox_name, preload=mentioned(known.preload, [h.path for h in left]), jobs=jobs,
        hidden=[folder, out, *{file.resolve().parent for file in files}],
    )  # fmt: skip
    with keeping(out, graded, len(hand_ins), folder) as page_bugs:
        if left:
            tell(news, [note])
            with ticking(news, len(left)) as ticker:
                graded.update(run_and_settle(left, out, make, sandbox, jobs, ticker))
    show(console, [graded[h] for h in hand_ins], rubric, audience, out)
    tell(news, [*sandbox.notes, *handed.news, *renamed(by_path, names)])
    tell_trouble(news, list(graded.values()), "".join(page_bugs))


@contextmanager
def keeping(out: Path, graded: Collection[object], total: int, course: Path) -> Iterator[list[str]]:
    """Put what is graded into the table and the index, however a batch ends, and tell so.

    Yields a list for tracebacks of bugs in those.

    Args:
        out: the folder of the records.
        graded: what is graded so far.
        total: how many hand-ins there are.
        course: where titles are.

    Raises:
        SystemExit: after Ctrl-C.
        HostError: this machine's trouble, such as a full disk; what is safe is told.
    """
    from grader.errors import EXIT_STOPPED, HostError, NoFence
    from grader.record import folders
    from grader.reporting import write_overviews

    bugs: list[str] = []
    caught: BaseException | None = None
    try:
        yield bugs
    except BaseException as problem:  # broad: Ctrl-C and bugs keep what is graded too
        caught = problem
    done = f"{len(graded)} of {total} hand-ins are graded"
    try:
        bugs.append(write_overviews(out, folders(out), course))
    except HostError as problem:
        lines = [caught, problem] if isinstance(caught, HostError) else [problem]
        safe = f"{done}, and their records are whole; make room, then type: grader report {out}"
        raise HostError("\n".join([*map(str, lines), safe])) from problem
    table = out / "grades.csv"
    if isinstance(caught, KeyboardInterrupt):
        how = "the others were broken off or not started; type the same again, or name those alone"
        click.echo(f"grader: stopped: {done}, see {table}; {how}", err=True)
        raise SystemExit(EXIT_STOPPED) from None
    if isinstance(caught, HostError) and not isinstance(caught, NoFence):
        how = "make room there, or name another folder with --out; then type the same again"
        raise HostError(f"{caught}\nbroken off: {done}, see {table}\n{how}") from caught
    if caught is not None:
        raise caught


def told_before(before: Sequence[Earlier], total: int) -> str:
    """How many hand-ins need not run, and why."""
    anew = sum(e.anew for e in before)
    how = f", {anew} of them judged anew by the rubric as it is now" if anew else ""
    said = f"{len(before)} of {total} hand-ins are graded already{how}; --again runs them again"
    return said if before else ""


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


def tell(news: Console, lines: Sequence[str]) -> None:
    """What was not graded, and what else a person should know."""
    for line in filter(None, lines):
        news.print(line, style="yellow", soft_wrap=True, markup=False)


def show(
    console: Console, graded: Sequence[Graded], rubric: Rubric, audience: Audience, out: Path
) -> None:
    """The report of one hand-in, or the table of several."""
    from grader.cli.screen import show_report, show_table
    from grader.reports.terminal import report

    grades = [g.grade for g in graded]
    if len(grades) == 1:
        show_report(console, report(grades[0], rubric, audience))
        look = graded[0].folder / ("report.html" if audience == "student" else "review.html")
        console.print(f"open {look}   record: {graded[0].folder}", style="dim", soft_wrap=True)
    else:
        show_table(console, grades)
        console.print(
            f"open {out / 'index.html'}   table: {out / 'grades.csv'}   "
            f"records: {out / grades[0].assignment}/",
            style="dim", soft_wrap=True,
        )  # fmt: skip


def tell_trouble(news: Console, graded: Sequence[Graded], page_bug: str) -> None:
    """End with the exit code of a bug or of this machine's trouble, if there was any.

    Raises:
        HostError: some hand-ins could not be graded here.
    """
    from grader.errors import EXIT_BUG, HostError

    page_bugs = list(filter(None, [*(g.page_bug for g in graded), page_bug]))
    for bug in [*(g.bug for g in graded if g.bug), *page_bugs]:
        click.echo(bug, err=True)
    if any(g.bug or m.verdict == "broken" for g in graded for m in g.grade.marks):
        news.print("a bug of ours: the points are withheld; please report it, see grade.json")
        raise SystemExit(EXIT_BUG)
    if page_bugs:
        news.print("a bug of ours: pages are missing, and the grades stand; please report it")
        raise SystemExit(EXIT_BUG)
    if any(g.grade.ending == "host_failed" for g in graded):
        raise HostError("some hand-ins could not be graded here; `grader doctor` says more")
