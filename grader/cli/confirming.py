"""A question to whoever is at the keyboard."""

from __future__ import annotations

import sys

import click


def wanted(question: str, nothing: str) -> bool:
    """Whether somebody says yes; where not, it is told that nothing was done.

    Args:
        question: with a question mark.
        nothing: what did not happen then, such as "nothing was deleted".

    Raises:
        click.UsageError: there is nobody to answer.
    """
    click.echo(f"{question} [y/N]: ", nl=False)
    answer = sys.stdin.readline()
    if not answer:
        click.echo()
        raise click.UsageError(f"nobody answered, so {nothing}; --yes does not ask")
    yes = answer.strip().lower() in ("y", "yes")
    if not yes:
        click.echo(nothing)
    return yes
