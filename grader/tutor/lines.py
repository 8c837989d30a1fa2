"""Lines of plain text that fit a terminal, and how they look there."""

from __future__ import annotations

import textwrap
from typing import Literal, NamedTuple

Style = Literal["plain", "title", "good", "part", "dim"]


class Line(NamedTuple):
    """One line of text, and how it looks."""

    text: str
    style: Style = "plain"


def wrapped(text: str, width: int, indent: int = 1) -> list[Line]:
    """Text in lines that fit; nothing of none."""
    pad = " " * indent
    lines = textwrap.wrap(
        text, max(width, 20), initial_indent=pad, subsequent_indent=pad, break_on_hyphens=False
    )
    return [Line(line, "dim") for line in lines]


def cut(text: str, width: int) -> str:
    """A line that fits."""
    return text if len(text) <= width else f"{text[: max(1, width - 1)]}…"
