"""What the steps of `grader ci` share: which commits, what is told to the system, how they end."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import EXIT_BUG, EXIT_UNDER, AuthorError, GraderError, HostError

if TYPE_CHECKING:
    from grader.ci.published import Published
    from grader.ci.surroundings import Surroundings
    from grader.revisions import Repository

BUG = (
    "grader: a bug of ours; please report it with the lines above. What it quotes stands in"
    " private/bugs.txt, if it got that far"
)


def ends(
    repository: Repository, around: Surroundings, base: str | None, head: str | None
) -> tuple[str, str]:
    """The commit that a change is held against, and the one that was handed in.

    Raises:
        click.UsageError: the first is not told.
        HostError: one of them is not here.
    """
    start = base or around.base
    if not start:
        raise click.UsageError("nothing tells what the change is held against; name it with --base")
    return repository.commit(start), repository.commit(head or around.head or "HEAD")


def root_in(folder: Path, root: str) -> str:
    """The folder of all hand-ins as git has it, from the root of a repository.

    Raises:
        click.BadParameter: it is named in full, and lies elsewhere.
    """
    inside = os.path.relpath(root, folder.resolve()) if os.path.isabs(root) else root
    inside = os.path.normpath(inside)
    if inside.split("/")[0] == "..":
        raise click.BadParameter(f"{root} is not in {folder.resolve()}", param_hint="--submissions")
    return inside


def put(file: Path | None, text: str) -> None:
    """Add to a file that the system reads, if there is one.

    Args:
        file: which the system named.
        text: whole lines, of which no stranger has a part in any name.

    Raises:
        HostError: it cannot be written.
    """
    if file is None:
        return
    try:
        with file.open("a", encoding="utf-8", errors="replace") as opened:
            opened.write(text)
    except OSError as problem:
        raise HostError(f"{file}: cannot be written: {problem.strerror}") from problem


def tell(
    around: Surroundings, out: Path, found: Sequence[Published], fail_under: float | None
) -> None:
    """Annotations, the summary of the step, and one status line at the end."""
    from grader.ci.annotations import notes, plain_lines, workflow_commands
    from grader.ci.inert import log_line
    from grader.ci.published import status, summary_line
    from grader.ci.writing import PUBLIC, SUMMARY

    lines = [note for one in found for note in notes(one)]
    for line in workflow_commands(lines) if around.system == "github" else plain_lines(lines):
        click.echo(line)
    summary = (out / PUBLIC / SUMMARY).read_text(encoding="utf-8")
    put(around.summary, summary if summary.endswith("\n") else f"{summary}\n")
    said, word = log_line(summary_line(list(found), fail_under)), status(found, fail_under)
    put(around.outputs, f"status={word}\nsummary={said}\n")
    click.echo(f"{word}: {said}")


def end(bugs: Sequence[str], troubles: Sequence[str], *, below: bool) -> None:
    """End with the exit code that fits; of a bug, the log gets places and no values.

    Raises:
        SystemExit: there was a bug of ours, or a hand-in is below the mark.
        HostError: something could not be graded here.
    """
    from grader.ci.inert import log_line, places

    for bug in filter(None, bugs):
        for line in places(bug):
            click.echo(f"  {line}", err=True)
    if any(bugs):
        click.echo(BUG, err=True)
        raise SystemExit(EXIT_BUG)
    if reasons := [*filter(None, troubles)]:
        raise HostError("\n".join(f"not graded: {log_line(reason)}" for reason in reasons))
    if below:
        raise SystemExit(EXIT_UNDER)


@contextmanager
def nothing_quoted(rubrics: Path | None) -> Iterator[None]:
    """Keep what errors quote out of a log that anybody reads: hidden criteria, and hand-ins.

    Args:
        rubrics: the folder of rubrics that are not public, if there is one.

    Raises:
        AuthorError: a rubric is wrong; of one that is not public, how often.
        SystemExit: there was a bug of ours.
    """
    from grader.ci.inert import places

    try:
        yield
    except AuthorError as wrong:
        if rubrics is None:
            raise
        count = f"{len(wrong.problems)} mistakes in {rubrics}, or in the assignments they are for"
        raise AuthorError([f"{count}; `grader prove` tells them where they may be read"]) from None
    except (GraderError, click.ClickException, click.exceptions.Exit):
        raise
    except Exception:
        for line in places(traceback.format_exc()):
            click.echo(f"  {line}", err=True)
        click.echo(BUG, err=True)
        raise SystemExit(EXIT_BUG) from None


def fails(found: Sequence[Published], fail_under: float) -> bool:
    """Whether any hand-in is below the mark for certain."""
    from grader.ci.published import status_of

    return any(status_of(one, fail_under) == "fail" for one in found)
