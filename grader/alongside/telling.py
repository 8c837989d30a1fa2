"""What a student is told in a notebook: as Markdown where that is shown, else as plain text."""

from __future__ import annotations

from collections import deque

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


def is_ours(text: str) -> bool:
    """Whether a text was told by this module."""
    return bool(text.strip()) and text in LATEST


def sentence(said: str, code: str = "") -> Telling:
    """A plain sentence, and what to type next where there is something."""
    more = f"\n\n{as_code(code)}" if code else ""
    return Telling(f"{said}\n  {code}" if code else said, escaped(said) + more)


def paragraphs(text: str) -> Telling:
    """Lines of text, each a paragraph; the first is the heading."""
    first, *rest = text.split("\n")
    marked = "\n\n".join([f"**{escaped(first)}**", *map(escaped, rest)])
    return Telling(text, marked)


def code(heading: str, source: str) -> Telling:
    """Code under a heading."""
    return Telling(f"{heading}\n\n{source}", f"**{escaped(heading)}**\n\n{block(source, 'python')}")


def block(text: str, language: str = "") -> str:
    """Text that Markdown shows as it is, line by line."""
    fence = "`" * max(3, *(len(run) + 1 for run in text.split() if set(run) == {"`"}), 3)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def joined(first: Telling, *more: str) -> Telling:
    """Something told, and further texts below it, as they are; empty ones are left out."""
    kept = [text for text in more if text]
    if not kept:
        return first
    return Telling(
        "\n\n".join([repr(first), *kept]),
        "\n\n".join([first._repr_markdown_(), *map(block, kept)]),
    )
