"""Delete all that is remembered of how you learn."""

from __future__ import annotations

import click


@click.command("forget")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(yes: bool) -> None:
    """Delete all that is remembered of how you learn.

    That is the log of checks and hints on this machine, the random id in it, and the records of the
    notebooks that were checked. There is no other copy. Your notebooks are not touched, and neither
    are records of `grader grade`.
    """
    from grader.cli.confirming import wanted
    from grader.learner import anything, forget, home

    if not anything():
        click.echo(f"nothing is remembered in {home()}")
        return
    question = f"Delete all that is remembered in {home()}? It cannot be had back."
    if yes or wanted(question, "nothing was deleted"):
        click.echo(f"deleted: {forget()}")
