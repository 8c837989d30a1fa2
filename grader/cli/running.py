"""Carries out a batch while a person watches, and keeps what is done, however it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console

from grader.batch.batch import carry_out
from grader.batch.earlier import Earlier, earlier
from grader.batch.local import Local
from grader.batch.work import Outcome, Work
from grader.cli.options import jobs_at_a_time
from grader.cli.screen import busy, tell, ticking
from grader.errors import EXIT_BUG, EXIT_STOPPED, HostError, NoFence
from grader.record import folders
from grader.reporting import write_overviews
from grader.sandboxes.choose import open_sandbox
from grader.submission import mentioned


class Done(NamedTuple):
    """A batch that went to its end.

    Attributes:
        outcomes: of all hand-ins, in their order.
        page_bugs: tracebacks of bugs of ours in the pages about all of them.
        notes: what a person may want to know of how it went.
    """

    outcomes: list[Outcome]
    page_bugs: str
    notes: list[str]


def run_all(
    works: Sequence[Work], course: Path, jobs: int | None, news: Console, *, again: bool,
    elsewhere: str = "",
) -> Done:  # fmt: skip
    """Grade what is not graded yet; write the table and the index of all records.

    Args:
        works: of one assignment and one folder of records, which the caller holds.
        course: the course folder, which no hand-in may see.
        jobs: hand-ins at a time; None for as many as this machine is made for.
        news: where progress is shown.
        again: whether what is graded already runs too.
        elsewhere: the option that names another folder for the records; empty where none does.

    Raises:
        HostError: this machine's trouble; what is safe is told.
        SystemExit: after Ctrl-C.
    """
    out, asked = works[0].out, works[0].asked
    before = {} if again else graded_before(works)
    outcomes = {folder: found.outcome for folder, found in before.items()}
    left = [work for work in works if work.folder not in before]
    tell(news, [told_before(list(before.values()), len(works))])
    jobs, note = jobs_at_a_time(jobs, max(1, len(left)), asked.assignment.limits)
    files = [work.hand_in.path for work in left]
    sandbox = open_sandbox(
        works[0].sandbox, preload=mentioned(asked.assignment.preload, files), jobs=jobs,
        hidden=[course, out, *{work.hand_in.path.resolve().parent for work in works}],
    )  # fmt: skip
    executor = Local(sandbox, jobs)
    with keeping(out, outcomes, len(works), course, elsewhere) as page_bugs:
        if left:
            tell(news, [note])
            with ticking(news, len(left)) as ticker, executor:
                for work, outcome in carry_out(left, executor, ticker):
                    outcomes[work.folder] = outcome
    return Done([outcomes[work.folder] for work in works], "".join(page_bugs), executor.notes)


def graded_before(works: Sequence[Work]) -> dict[Path, Earlier]:
    """What need not run, by the folder of its record."""
    with busy("looking for what is graded already"):
        found = {work.folder: earlier(work) for work in works}
    return {folder: one for folder, one in found.items() if one is not None}


def told_before(before: Sequence[Earlier], total: int) -> str:
    """How many hand-ins need not run, and why."""
    anew = sum(e.anew for e in before)
    how = f", {anew} of them judged anew by the rubric as it is now" if anew else ""
    said = f"{len(before)} of {total} hand-ins are graded already{how}; --again runs them again"
    return said if before else ""


@contextmanager
def keeping(
    out: Path, graded: Collection[object], total: int, course: Path, elsewhere: str = ""
) -> Iterator[list[str]]:  # fmt: skip
    """Put what is graded into the table and the index, however a batch ends, and tell so.

    Yields a list for tracebacks of bugs in those.

    Args:
        out: the folder of the records.
        graded: what is graded so far.
        total: how many hand-ins there are.
        course: the course folder, where titles are.
        elsewhere: the option that names another folder; empty where none does.

    Raises:
        SystemExit: after Ctrl-C.
        HostError: this machine's trouble, such as a full disk; what is safe is told.
    """
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
        other = f", or name another folder with {elsewhere}" if elsewhere else ""
        how = f"make room there{other}; then type the same again"
        raise HostError(f"{caught}\nbroken off: {done}, see {table}\n{how}") from caught
    if caught is not None:
        raise caught


def tell_trouble(news: Console, done: Done) -> None:
    """End with the exit code of a bug or of this machine's trouble, if there was any.

    Raises:
        HostError: some hand-ins could not be graded here.
        SystemExit: there was a bug of ours.
    """
    page_bugs = list(filter(None, [*(o.page_bug for o in done.outcomes), done.page_bugs]))
    for bug in [*(o.bug for o in done.outcomes if o.bug), *page_bugs]:
        click.echo(bug, err=True)
    if any(o.bug or o.broken for o in done.outcomes):
        news.print("a bug of ours: the points are withheld; please report it, see grade.json")
        raise SystemExit(EXIT_BUG)
    if page_bugs:
        news.print("a bug of ours: pages are missing, and the grades stand; please report it")
        raise SystemExit(EXIT_BUG)
    if any(o.ending == "host_failed" for o in done.outcomes):
        raise HostError("some hand-ins could not be graded here; `grader doctor` says more")
