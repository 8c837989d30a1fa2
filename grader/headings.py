"""Headings: which cells they start an exercise in, by their words or by their number.

Hand-ins and the starter are read by the same rules, so what the starter's headings say is what
an untouched hand-in says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from grader.notebook import Cell, Notebook

SURE = 0.75
"""From this likeness on two headings are taken for the same."""
NEARLY = 0.12
HEADING = re.compile(r"\s{0,3}(#{1,6}|\*\*|<h[1-6]>)\s*(\S.*)")
COMMENT_HEADING = re.compile(r"\s*(#{1,6})\s*(\d{1,2}[.):].+|\S.{29,})")
NUMBER = re.compile(
    r"\W{0,9}(?:(?:exercise|ex|question|task|q)\W{0,9})?(\d{1,2})\b(?!\.\d)", re.IGNORECASE
)
START = re.compile(r"\W{0,9}(?:(?:exercise|ex|question|task|q)\W{0,9}(?=\d))?\d{0,2}\W{0,9}")
CLOSING = re.compile(r"(?:\*\*|</h[1-6]>)$")
LONGEST = 400
"""Characters of a line that are looked at: no pattern should meet a hostile length."""
LONG_CELL = 200_000


class Heading(NamedTuple):
    """A line that may be a heading: how it is marked, such as "##", and its text."""

    mark: str
    text: str


def marked(cell: Cell) -> list[Heading]:
    """What in a cell may be a heading of the template.

    In a code cell a heading is a comment: long, or numbered.
    """
    pattern = COMMENT_HEADING if cell.kind == "code" else HEADING
    lines = (line.rstrip()[:LONGEST] for line in cell.source[:LONG_CELL].splitlines())
    found = (m for line in lines if (m := pattern.match(line)))
    return [Heading(m.group(1), CLOSING.sub("", m.group(2))) for m in found]


def headings(cell: Cell) -> list[str]:
    """Texts in a cell that may be a heading of the template."""
    return [heading.text for heading in marked(cell)]


def by_text(notebook: Notebook, known: Mapping[str, Sequence[str]]) -> dict[int, str]:
    """Cells whose heading reads like that of an exercise, and which.

    Of several that do, only those nearly as alike as the best count, and comments in code cells
    only where no markdown heading does: "# Create a random tensor" is said in many places.

    Args:
        notebook: whose cells.
        known: for each exercise the headings it is known by.
    """
    found: dict[str, list[tuple[float, Cell]]] = {}
    for cell in notebook.cells:
        for text in headings(cell):
            score, exercise = nearest_exercise(text, known)
            if score >= SURE:
                found.setdefault(exercise, []).append((score, cell))
    starts = {}
    for exercise, matches in found.items():
        in_text = [m for m in matches if m[1].kind != "code"]
        best = max(score for score, _ in in_text or matches)
        for score, cell in in_text or matches:
            if score >= best - NEARLY:
                starts[cell.index] = exercise
    return starts


def nearest_exercise(text: str, known: Mapping[str, Sequence[str]]) -> tuple[float, str]:
    """How alike a heading and those of the nearest exercise are, and which exercise it is."""
    scores = [(likeness(text, own), exercise) for exercise, own in known.items()]
    return max(scores, key=lambda pair: pair[0])


def by_number(notebook: Notebook, order: Sequence[str], known: dict[int, str]) -> dict[int, str]:
    """Headings that carry the number of an exercise whose text was found nowhere.

    The number must fit the order of the exercises around it, so that "2. Tensors" in a student's
    course notes is not taken for exercise 2.
    """
    found = dict(known)
    for cell in notebook.cells:
        if cell.index in found or cell.kind != "markdown":
            continue
        for text in headings(cell):
            number = number_of(text)
            if number not in order or number in found.values():
                continue
            before = [order.index(e) for i, e in found.items() if i < cell.index]
            after = [order.index(e) for i, e in found.items() if i > cell.index]
            if max(before, default=-1) < order.index(number) < min(after, default=len(order)):
                found[cell.index] = number
    return {i: e for i, e in found.items() if i not in known}


def spread(notebook: Notebook, starts: Mapping[int, str]) -> dict[int, str]:
    """From each start to the next, every cell belongs to the exercise that started."""
    current = None
    exercise = {}
    for cell in notebook.cells:
        current = starts.get(cell.index, current)
        if current is not None:
            exercise[cell.index] = current
    return exercise


def number_of(text: str) -> str:
    """The number a heading starts with, without leading zeros; empty if there is none."""
    match = NUMBER.match(text)
    return match.group(1).lstrip("0") if match else ""


def likeness(text: str, known: Iterable[str]) -> float:
    """How alike a heading and the nearest of the known ones are, from 0 to 1."""
    words = plain_words(text)
    return max((alike(words, plain_words(h)) for h in known), default=0.0) if words else 0.0


@lru_cache(4096)  # most of a class keep the same headings
def alike(words: str, known: str) -> float:
    """Likeness of two folded texts; a long text that only begins like the known one counts."""
    if len(known) >= 15 and len(words) > len(known):
        words = words[: len(known) + 5]
    matcher = SequenceMatcher(None, words, known, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SURE else 0.0


@lru_cache(4096)
def plain_words(text: str) -> str:
    """A heading without number, markup, case and punctuation."""
    text = START.sub("", text.lower(), count=1)
    return " ".join(re.findall(r"\w+", text))
