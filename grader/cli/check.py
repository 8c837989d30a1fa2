"""Check your own notebook while you work on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, known_assignment, the_course

if TYPE_CHECKING:
    from rich.console import Console

    from grader.batch.executor import Executor
    from grader.batch.work import Work
    from grader.practising import Checked
    from grader.tutor.practice import Practised

POLL_S = 0.3
NO_FENCE = "no fence here, so your notebook runs with your rights, as it does when you run it"


@click.command("check")
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--exercise", "-e", metavar="N", help="Tell this exercise in full.")
@click.option(
    "--assignment", "-a", metavar="ID", help="What was asked for  [default: told by the headings]"
)
@click.option("--watch", is_flag=True, help="Check again each time the file is saved.")
@click.option("--bare", is_flag=True, help="Run it with your rights, without a fence.")
@course_option
def command(
    notebook: Path, exercise: str | None, assignment: str | None, watch: bool, bare: bool,
    course: Path | None,
) -> None:  # fmt: skip
    """Check your own notebook while you work on it: what is right, what is not, what next.

    NOTEBOOK runs from top to bottom in a process of its own, and is judged as in grading. Without
    -e, each exercise gets a line, and the first one that is begun and not correct is told in full.
    It is practice, not a grade: hidden criteria are counted and not shown.

    A notebook that was checked before, and has not changed, is answered without running. What was
    checked is kept on this machine for hints and progress. Nothing leaves it.

    Where this machine has no fence, the notebook runs as if you ran it yourself. The exit code is 0
    whatever was found.
    """
    from grader.cli.screen import consoles
    from grader.practising import work_of

    folder, name = asked_of(notebook, assignment, course)
    _, news = consoles()
    sandbox = sandbox_for(news, bare=bare)
    with Place(folder) as place:
        for again in saves(notebook) if watch else [False]:
            work = work_of(folder, name, notebook, sandbox)
            ids = [e.id for e in work.asked.assignment.exercise]
            if exercise is not None and exercise not in ids:
                raise click.BadParameter(
                    f"{name} has exercises {', '.join(ids)}", param_hint="--exercise"
                )
            if again:
                click.echo("")
            tell(place.check(work), work, exercise, notebook, folder)


def asked_of(notebook: Path, assignment: str | None, course: Path | None) -> tuple[Path, str]:
    """The course folder, and the assignment that somebody named or the headings tell.

    Raises:
        click.UsageError: there is none, nobody can tell, or the file cannot be read.
    """
    from grader.course import known_assignments
    from grader.practising import UnreadableNotebook, assignment_of

    folder = the_course(course)
    try:
        name = assignment or assignment_of(folder, notebook)
    except UnreadableNotebook as why:
        raise click.UsageError(f"{notebook.name} cannot be read: {why}") from None
    known = known_assignments(folder)
    if name is None and len(known) == 1:
        (name,) = known  # what keeps its exercises from being found is told by the check
    if name is None:
        raise click.UsageError(
            f"which assignment is {notebook.name}? Say so with --assignment ID; there are"
            f" {', '.join(known)}"
        )
    return folder, known_assignment(folder, name)


def sandbox_for(news: Console, *, bare: bool) -> str:
    """Where somebody's own notebook runs: behind the fence, where there is one."""
    from grader.sandboxes.choose import FENCED, NONE

    return NONE if bare or not fence_closes(news) else FENCED


def fence_closes(news: Console) -> bool:
    """Whether this machine has what a fence is made of; tells if it has not."""
    from grader.sandboxes.facilities import facilities

    if all(facility.there for facility in facilities()):
        return True
    news.print(NO_FENCE, style="dim", soft_wrap=True)
    return False


def saves(notebook: Path) -> Iterator[bool]:
    """Once at the start, and again each time the file is saved, until Ctrl-C.

    Yields whether it is another time than the first.
    """
    before = stamp(notebook)
    yield False
    while True:
        now = stamp(notebook)
        if now != before and now:
            before = now
            yield True
        else:
            time.sleep(POLL_S)


def stamp(path: Path) -> tuple[int, int] | None:
    """When a file was saved last, and how large it is; None while it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class Place:
    """Where notebooks run; it opens when the first one has to, and stays warm until the end.

    Args:
        course: the course folder, which no notebook may see.
    """

    def __init__(self, course: Path) -> None:
        self._course = course
        self._opened = ExitStack()
        self._executor: Executor | None = None

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *problem: object) -> None:
        self._opened.close()

    def check(self, work: Work) -> Checked:
        """The answer from the record, or from a run."""
        from grader.cli.screen import busy, consoles
        from grader.practising import answered, check

        known = answered(work)
        if known is not None:
            return known
        _, news = consoles()
        with busy("running your notebook"):
            return check(work, self._open(work), Quiet(), lambda who: waiting(news, who))

    def _open(self, work: Work) -> Executor:
        from grader.batch.local import Local
        from grader.sandboxes.choose import open_sandbox
        from grader.submission import mentioned

        if self._executor is None:
            wanted = mentioned(work.asked.assignment.preload, [work.hand_in.path])
            sandbox = open_sandbox(
                work.sandbox, preload=wanted,
                hidden=[self._course, work.out, work.hand_in.path.parent],
            )  # fmt: skip
            self._executor = self._opened.enter_context(Local(sandbox, 1))
        return self._executor


def waiting(news: Console, who: str) -> None:
    """Tell that another check is waited for."""
    news.print(f"waiting for {who} to end; Ctrl-C gives up", style="dim", soft_wrap=True)


class Quiet:
    """A ticker that shows nothing: one notebook is soon done."""

    def hand_in(self, student: str) -> None:
        """Nothing."""

    def cell(self, student: str, done: int, total: int) -> None:
        """Nothing."""

    def finished(self, outcome: object) -> None:
        """Nothing."""


def tell(checked: Checked, work: Work, exercise: str | None, notebook: Path, course: Path) -> None:
    """Print what was found, and remember it."""
    from grader.errors import EXIT_BUG, HostError
    from grader.learner import learner_id, now, remember, remembered
    from grader.practising import first_open, to_remember
    from grader.tutor.faces import one_line

    found = checked.exercises
    if exercise is not None and exercise not in found:
        raise click.BadParameter(f"nothing of {exercise} can be checked here", param_hint="-e")
    shown = exercise or first_open(found)
    if exercise is None and not any(one.why for one in found.values()):
        for one in found.values():
            click.echo(one_line(one))
        click.echo("")
    show = found.get(shown) or next(iter(found.values()), None)
    if show is not None and (shown or show.why):
        click.echo(in_full(show, notebook, elsewhere(show, course, notebook)), nl=False)
    elif show is not None:
        click.echo(ending(found, work.asked.assignment.id, notebook))
    try:  # after what was found is told: a log that cannot be written costs nobody a result
        for event in to_remember(found, remembered(), exercise or "", learner_id(), now()):
            remember(event)
    except HostError as problem:
        click.echo(f"this check was not remembered: {problem}", err=True)
    if checked.bug:
        click.echo(checked.bug, err=True)
        click.echo("grader: a bug of ours kept something from being checked", err=True)
        raise SystemExit(EXIT_BUG)


def in_full(found: Practised, notebook: Path, other: str = "") -> str:
    """All that a check tells of one exercise.

    Args:
        found: what it tells.
        notebook: that was checked.
        other: the assignment whose exercises are in it instead; empty where there is no such.
    """
    from grader.cli.lines import columns
    from grader.tutor.faces import command_line, text

    steps = command_line(found.assignment, found.exercise, as_typed(notebook))
    if found.why:  # that is so of the whole notebook
        steps = steps._replace(check=f"grader check {as_typed(notebook)} -a {found.assignment}")
    if other:
        steps = steps._replace(check=f"grader check {as_typed(notebook)} -a {other}")
        found = found._replace(elsewhere=other)
    return text(found, steps, columns(), full=True)


def elsewhere(found: Practised, course: Path, notebook: Path) -> str:
    """The assignment that a notebook answers, where the one that was named is not in it."""
    from grader.practising import assignment_of

    if not found.unfound:
        return ""
    name = assignment_of(course, notebook)
    return name if name and name != found.assignment else ""


def ending(found: dict[str, Practised], assignment: str, notebook: Path) -> str:
    """What comes after a check that found nothing wrong."""
    from grader.tutor.faces import PRACTICE, more_in_a_grade

    empty = next((e for e, one in found.items() if one.verdict == "missing"), None)
    todo = (
        f"write your answer to exercise {empty}, then grader check {as_typed(notebook)}"
        if empty
        else ""
    )
    more = more_in_a_grade(sum(one.hidden for one in found.values()))
    return f"   next      {todo or f'grader next {assignment}'}\n   {PRACTICE}{more}"


def as_typed(path: Path) -> str:
    """A path as a shell takes it."""
    import shlex

    return shlex.quote(str(path))
