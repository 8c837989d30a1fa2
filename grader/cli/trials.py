"""Runs what an author wants tried: hand-ins of any assignments, in a sandbox of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from grader.batch.executor import Executor
from grader.batch.local import Local
from grader.batch.work import Outcome, Work
from grader.cli.options import jobs_at_a_time, known_assignment, the_course
from grader.course import known_assignments
from grader.errors import EXIT_BUG, HostError
from grader.proving import load_cases
from grader.sandboxes.choose import open_sandbox
from grader.sandboxes.machine import each_mb
from grader.submission import mentioned

if TYPE_CHECKING:
    from grader.proving import Case


def asked_for(course: Path | None, assignment: str | None) -> tuple[Path, list[Case]]:
    """The course folder, and the assignment that somebody named, or all of them.

    Raises:
        click.UsageError: there is none.
        AuthorError: everything that is wrong with their files.
    """
    folder = the_course(course)
    names = known_assignments(folder)
    if not names:
        raise click.UsageError(f"no assignment in {folder / 'assignments'}")
    if assignment is not None:
        names = [known_assignment(folder, assignment, told_as="ID")]
    return folder, load_cases(folder, names)


@contextmanager
def executor(
    works: Sequence[Work], course: Path, jobs: int | None, news: Console
) -> Iterator[Executor]:
    """Something that carries out works of one folder of records and one kind of sandbox.

    Args:
        works: what will be done.
        course: the course folder, which no hand-in may see.
        jobs: hand-ins at a time; None for as many as this machine is made for.
        news: where it is told if memory may run short.
    """
    asked = [work.asked.assignment for work in works]
    largest = max((assignment.limits for assignment in asked), key=each_mb)
    number, note = jobs_at_a_time(jobs, max(1, len(works)), largest)
    if note:
        news.print(note, style="dim", soft_wrap=True, markup=False)
    preload = dict.fromkeys(module for assignment in asked for module in assignment.preload)
    sandbox = open_sandbox(
        works[0].sandbox, preload=mentioned(preload, [work.hand_in.path for work in works]),
        jobs=number, hidden=[course, works[0].out],
    )  # fmt: skip
    with Local(sandbox, number) as local:
        yield local


def tell_trouble(news: Console, outcomes: Sequence[Outcome]) -> None:
    """End with the exit code of a bug or of this machine's trouble, if there was any.

    Raises:
        HostError: something could not be run here.
        SystemExit: there was a bug of ours.
    """
    bugs = [bug for o in outcomes for bug in (o.bug, o.broken) if bug]
    for bug in dict.fromkeys(bugs):
        click.echo(bug, err=True)
    if bugs:
        news.print("a bug in the grader or in a check; please report it with the lines above")
        raise SystemExit(EXIT_BUG)
    if any(o.ending == "host_failed" for o in outcomes):
        raise HostError("not everything could be run here; `grader doctor` says more")
