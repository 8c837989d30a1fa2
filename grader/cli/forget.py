"""Delete all that is remembered of how you learn."""

from __future__ import annotations

import sys

import click


@click.command("forget")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(yes: bool) -> None:
    """Delete all that is remembered of how you learn.

    That is the log of checks and hints on this machine, the random id in it, and the records of the
    notebooks that were checked. There is no other copy. Your notebooks are not touched, and neither
    are records of `grader grade`.
    """
    from grader.learner import anything, forget, home

    if not anything():
        click.echo(f"nothing is remembered in {home()}")
        return
    if not yes and not wanted(f"Delete all that is remembered in {home()}? It cannot be had back."):
        click.echo("nothing was deleted")
        return
    click.echo(f"deleted: {forget()}")


def wanted(question: str) -> bool:
    """Whether somebody says yes.

    Raises:
        click.UsageError: there is nobody to answer.
    """
    click.echo(f"{question} [y/N]: ", nl=False)
    answer = sys.stdin.readline()
    if not answer:
        click.echo()
        raise click.UsageError("nobody answered, so nothing was deleted; --yes does not ask")
    return answer.strip().lower() in ("y", "yes")
