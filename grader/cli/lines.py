"""Lines of the tutor on a terminal: told without rich, whose import takes longer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from grader.tutor.lines import Line, Style

LOOKS: dict[Style, dict[str, Any]] = {
    "plain": {}, "title": {"bold": True}, "good": {"fg": "green"}, "part": {"fg": "yellow"},
    "dim": {"dim": True},
}  # fmt: skip
MOST_COLUMNS = 100
USUAL_COLUMNS = 80


def columns() -> int:
    """How wide the terminal is, up to what reads well.

    As shutil tells it, whose import takes as long as all else here.
    """
    asked = os.environ.get("COLUMNS", "")
    try:
        wide = int(asked) if asked.isdecimal() else os.get_terminal_size().columns
    except OSError:
        wide = 0
    return min(wide or USUAL_COLUMNS, MOST_COLUMNS)


def fitted(text: str, hang: int) -> str:
    """Text that fits the terminal.

    Args:
        text: in lines.
        hang: columns by which the further lines of an indented line are indented.
    """
    import textwrap

    lines: list[str] = []
    for line in text.split("\n"):
        later = " " * hang if line.startswith(" ") else ""
        fitting = textwrap.wrap(line, columns(), subsequent_indent=later, break_on_hyphens=False)
        lines += fitting or [""]
    return "\n".join(lines)


def show(lines: Iterable[Line]) -> None:
    """Print lines; without colours where no terminal is."""
    for line in lines:
        click.secho(line.text, **LOOKS[line.style])
