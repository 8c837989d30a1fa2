"""What a student is told in a notebook: as Markdown where that is shown, else as plain text."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from grader.tutor.faces import as_code, escaped

LATEST: deque[str] = deque(maxlen=200)
"""Texts that were told, which no cell of the student's showed by itself."""


class Telling:
    """A text with two faces.

    Args:
        plain: for a terminal, and for `print`.
        markdown: for a notebook.
    """

    def __init__(self, plain: str, markdown: str) -> None:
        self._plain = plain.rstrip("\n")
        self._markdown = markdown
        LATEST.append(self._plain)

    def __repr__(self) -> str:
        return self._plain

    def _repr_markdown_(self) -> str:
        return self._markdown


def sentence(said: str, code: str = "") -> Telling:
    """A plain sentence, and what to type next where there is something."""
    more = f"\n\n{as_code(code)}" if code else ""
    return Telling(f"{said}\n  {code}" if code else said, escaped(said) + more)


def paragraphs(lines: Iterable[str]) -> Telling:
    """Several sentences, each a line of its own; the first is the heading."""
    first, *rest = lines
    marked = "\n\n".join([f"**{escaped(first)}**", *map(escaped, rest)])
    return Telling("\n".join([first, *rest]), marked)


def code(heading: str, sources: Iterable[str]) -> Telling:
    """Code under a heading."""
    sources = list(sources)
    blocks = [f"```python\n{s.rstrip()}\n```" for s in sources]
    return Telling(
        "\n\n".join([heading, *sources]), "\n\n".join([f"**{escaped(heading)}**", *blocks])
    )


def is_ours(text: str) -> bool:
    """Whether a text was told by this module."""
    return bool(text.strip()) and text in LATEST
