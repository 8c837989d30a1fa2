"""The cells of a notebook as a page shows them: coloured, folded, and within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from markupsafe import Markup

from grader.executed import ExecutedCell, Output, Picture
from grader.legible import as_printed
from grader.pages.highlight import highlighted, plain
from grader.pages.prose import as_it_is, prose

MOST_SOURCE = 20_000
MOST_OUTPUT = 20_000
MOST_OUTPUTS = 50
"""Outputs of one cell."""
MOST_TEXT = 1_500_000
FRAME = 300
"""Characters of markup around each text."""
MOST_RENDERED = 300_000
"""Characters that are coloured or rendered as markdown, which takes time."""
MOST_PICTURES = 12_000_000
"""Characters of all cells together: a page has to open on a phone."""

HEAD_LINES, HEAD_CHARACTERS = 25, 2_500
"""What is seen of an output before somebody unfolds it."""

SAID = {"stdout": "printed", "stderr": "warnings and errors", "result": "result",
        "display": "shown", "error": "error"}  # fmt: skip


class Fold(NamedTuple):
    """A text: its beginning, what is folded away, and how many characters are left out."""

    head: str
    rest: str
    rest_lines: int
    left_out: int


class ShownOutput(NamedTuple):
    """One output of our run."""

    channel: str
    said: str
    headline: str
    text: Fold | None
    picture: Picture | None
    left_out: tuple[str, ...]


class ShownCell(NamedTuple):
    """One cell.

    Attributes:
        number: from 1.
        kind: code, markdown or raw.
        lines: of code, coloured.
        prose: of markdown, rendered; of a raw cell, as it is.
        wide: whether it holds lines that a page has to scroll.
        left_out: characters of its source that are not shown.
        outputs: of our run.
        more_outputs: how many are not shown.
    """

    number: int
    kind: Literal["code", "markdown", "raw"]
    lines: tuple[Markup, ...]
    prose: Markup
    wide: bool
    left_out: int
    outputs: tuple[ShownOutput, ...]
    more_outputs: int


class _Room:
    """What still fits onto a page."""

    def __init__(self) -> None:
        self.text = MOST_TEXT
        self.rendered = MOST_RENDERED
        self.pictures = MOST_PICTURES

    def take(self, text: str, most: int) -> str:
        """As much of a text as fits."""
        taken = text[: max(0, min(most, self.text))]
        self.text -= len(taken) + FRAME
        return taken


def shown_cells(cells: Iterable[ExecutedCell]) -> tuple[list[ShownCell], int]:
    """The cells that fit onto a page, blank ones aside; and how many do not fit."""
    room = _Room()
    shown, too_many = [], 0
    for cell in cells:
        if not cell.source.strip() and not cell.outputs:
            continue
        if room.text > 0:
            shown.append(shown_cell(cell, room))
        else:
            too_many += 1
    return shown, too_many


def shown_cell(cell: ExecutedCell, room: _Room) -> ShownCell:
    """One cell, within the room there is."""
    source = room.take(cell.source, MOST_SOURCE)
    room.rendered -= len(source)
    colour = highlighted if room.rendered > 0 else plain
    outputs = tuple(shown_output(o, room) for o in cell.outputs[:MOST_OUTPUTS])
    return ShownCell(
        number=cell.number,
        kind=cell.kind,
        lines=colour(source) if cell.kind == "code" and source else (),
        prose=Markup("") if cell.kind == "code" else text_cell(cell, source, room),
        wide=is_wide(source),
        left_out=len(cell.source) - len(source),
        outputs=outputs,
        more_outputs=len(cell.outputs) - len(outputs),
    )


def text_cell(cell: ExecutedCell, source: str, room: _Room) -> Markup:
    """A cell of text; plain where it is no markdown or where there is too much of it."""
    whole = len(source) == len(cell.source)
    return prose(source) if cell.kind == "markdown" and whole and room.rendered > 0 else (
        as_it_is(source)
    )  # fmt: skip


def shown_output(output: Output, room: _Room) -> ShownOutput:
    """One output; the text beside a picture names it, and is shown where the picture is not."""
    picture, left_out = output.picture, output.left_out
    if picture is not None:
        room.pictures -= len(picture.data)
        left_out = left_out if room.pictures >= 0 else (*left_out, picture.mime)
        picture = picture if room.pictures >= 0 else None
    text = as_printed(output.text[: 10 * MOST_OUTPUT])
    cut = len(output.text) - 10 * MOST_OUTPUT
    folded = None if picture is not None or not text.strip() else fold(text, room, max(0, cut))
    headline = as_printed(output.headline)
    return ShownOutput(output.channel, SAID[output.channel], headline, folded, picture, left_out)


def fold(text: str, room: _Room, cut: int = 0) -> Fold:
    """A text with what is long about it folded away."""
    text = text.rstrip("\n")
    kept = room.take(text, MOST_OUTPUT)
    left_out = len(text) - len(kept) + cut
    lines = kept.split("\n")
    head = "\n".join(lines[:HEAD_LINES])
    if len(lines) <= HEAD_LINES + 5 and len(kept) <= 2 * HEAD_CHARACTERS:
        return Fold(kept, "", 0, left_out)
    if len(head) > HEAD_CHARACTERS:
        head = head[:HEAD_CHARACTERS].rpartition("\n")[0] or head[:HEAD_CHARACTERS]
    rest = kept[len(head) :].removeprefix("\n")
    return Fold(head, rest, rest.count("\n") + 1, left_out)


def is_wide(source: str) -> bool:
    """Whether a line is too long for most screens, so that the keyboard must reach it."""
    return any(len(line) > 72 for line in source.split("\n"))
