"""Explain an error: of a notebook, or of a traceback that you paste."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option

if TYPE_CHECKING:
    from grader.tutor.explain import Explained
    from grader.tutor.hints import Help

LABELLED = 18
"""Columns before what stands beside a label."""


@click.command("explain")
@click.argument(
    "source", metavar="NOTEBOOK|-",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)  # fmt: skip
@click.option(
    "--assignment", "-a", metavar="ID", help="What was asked for  [default: told by the headings]"
)
@click.option("--bare", is_flag=True, help="Run it with your rights, without a fence.")
@course_option
def command(source: Path, assignment: str | None, bare: bool, course: Path | None) -> None:
    """Explain an error: those of a NOTEBOOK, or that of a traceback on standard input (-).

    A notebook is run as `grader check` does, so what each line was working on is known. Of a pasted
    traceback only the text is known, so its likely cause is told as possible.

    It says so where an error is not one that it knows. Outputs stored in the notebook play no part.
    """
    from grader.cli.lines import fitted
    from grader.tutor.explain import NO_TEXT, of_text, words

    if str(source) == "-":
        explained = of_text(sys.stdin.read(1_000_000))
        click.echo(fitted(words(explained) if explained else NO_TEXT, LABELLED))
        return
    found, stopped, name, help_ = in_notebook(source, assignment, course, bare=bare)
    for one in found:
        click.echo(fitted(words(one, help_), LABELLED))
    if stopped:
        click.echo(fitted(stopped, LABELLED))
    if not found and not stopped:
        click.echo("no cell of this notebook ends with an error when it runs from the top")
    from grader.learner import learner_id, now, remember
    from grader.tutor.explain import explain_events

    me, at = learner_id(), now()
    for event in explain_events(found, help_, learner=me, at=at, assignment=name):
        remember(event)


def in_notebook(
    notebook: Path, assignment: str | None, course: Path | None, *, bare: bool
) -> tuple[list[Explained], str, str, Help]:
    """The errors of a notebook that runs from the top, what else ended it, its assignment and help.

    Raises:
        SystemExit: a bug of ours kept it from being run.
    """
    from grader.cli.check import Place, asked_of, sandbox_for
    from grader.cli.screen import consoles
    from grader.errors import EXIT_BUG
    from grader.evidence import read_evidence
    from grader.practising import work_of
    from grader.record import EVIDENCE
    from grader.tutor.explain import of_run, stopped

    folder, name = asked_of(notebook, assignment, course)
    _, news = consoles()
    work = work_of(folder, name, notebook, sandbox_for(news, bare=bare))
    with Place(folder) as place:
        checked = place.check(work)
    if checked.bug:
        click.echo(checked.bug, err=True)
        raise SystemExit(EXIT_BUG)
    evidence = read_evidence(work.folder / EVIDENCE)
    return of_run(evidence), stopped(evidence), name, work.asked.rubric.help
