"""The starter: the notebook students begin with, and what it tells of each exercise.

Nothing of it has to be written down a second time: its headings name the exercises, and its code
is what a hand-in holds before anybody wrote an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from grader.headings import (
    Heading,
    by_number,
    by_text,
    likeness,
    marked,
    number_of,
    plain_words,
    spread,
)
from grader.notebook import Cell, Notebook, digest

FENCED = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
SHORT = 60

Titles = Mapping[str, Sequence[str]]
"""For each exercise, in order, its title and the other headings it is known by."""


class Starter(NamedTuple):
    """What a starter tells.

    Attributes:
        cells: digests of its code cells.
        headings: each exercise's heading.
        lines: digests of the given lines of each exercise.
        problems: what its author has to mend, one sentence each.
    """

    cells: list[str]
    headings: dict[str, str]
    lines: dict[str, list[str]]
    problems: list[str]


def read_starter(notebook: Notebook, titles: Titles) -> Starter:
    """What a starter tells of the exercises."""
    notebook = without_examples(notebook)
    starts = by_text(notebook, titles)
    starts |= by_number(notebook, list(titles), starts)
    found: dict[str, tuple[Cell, Heading]] = {}
    for cell in notebook.cells:
        exercise = starts.get(cell.index)
        if exercise is not None and exercise not in found and cell.kind == "markdown":
            found[exercise] = (cell, meant(cell, exercise, titles[exercise]))
    owners = spread(notebook, starts)
    code = [c for c in notebook.code if c.source.strip()]
    return Starter(
        cells=[digest(c.source) for c in code],
        headings={e: heading.text for e, (_, heading) in found.items()},
        lines={e: given_lines(c for c in code if owners.get(c.index) == e) for e in titles},
        problems=[
            *without_heading(notebook, found, titles),
            *misleading(found, titles),
            *of_no_exercise(notebook, starts, found, titles),
        ],
    )


def without_examples(notebook: Notebook) -> Notebook:
    """The notebook, its text cells without fenced code: a comment there is no heading."""
    cells = (
        c._replace(source=FENCED.sub("", c.source)) if c.kind == "markdown" else c
        for c in notebook.cells
    )
    return Notebook(tuple(cells))


def meant(cell: Cell, exercise: str, known: Sequence[str]) -> Heading:
    """The heading by which a cell was taken for the start of an exercise."""
    return max(marked(cell), key=lambda h: (likeness(h.text, known), number_of(h.text) == exercise))


def given_lines(cells: Iterator[Cell]) -> list[str]:
    """Digests of all lines in cells."""
    lines = (digest(li) for c in cells for li in c.source.splitlines() if li.strip())
    return list(dict.fromkeys(lines))


def without_heading(
    notebook: Notebook, found: Mapping[str, tuple[Cell, Heading]], titles: Titles
) -> Iterator[str]:
    """Exercises that no heading belongs to, and the heading that is nearest."""
    free = [
        (cell, heading) for cell in notebook.cells if cell.kind == "markdown"
        for heading in marked(cell) if (cell, heading) not in found.values()
    ]  # fmt: skip
    for exercise, (title, *_) in titles.items():
        if exercise in found:
            continue
        near = max(free, key=lambda one: rough(one[1].text, title), default=None)
        number = f"{exercise}. " if exercise.isdigit() else ""
        wanted = f"a heading such as '## {number}{title}'"
        if near is not None and rough(near[1].text, title) > 0.4:
            yield (f"no heading for exercise {exercise}; the nearest is {told(*near)}: change it"
                   f" to {wanted}, or the exercise's title to it")  # fmt: skip
        else:
            yield f"no heading for exercise {exercise}: give it {wanted}"


def misleading(found: Mapping[str, tuple[Cell, Heading]], titles: Titles) -> Iterator[str]:
    """Headings without words, and headings with the number of another exercise."""
    for exercise, (cell, heading) in found.items():
        number = number_of(heading.text)
        if not plain_words(heading.text):
            yield (f"{told(cell, heading)} is a number alone, and hand-ins are known by the words"
                   " of their headings: say what the exercise is about")  # fmt: skip
        elif exercise.isdigit() and number in titles and number != exercise:
            yield (f"{told(cell, heading)} has the number of exercise {number} and the words of"
                   f" exercise {exercise}")  # fmt: skip


def of_no_exercise(
    notebook: Notebook,
    starts: Mapping[int, str],
    found: Mapping[str, tuple[Cell, Heading]],
    titles: Titles,
) -> Iterator[str]:
    """Headings that look like those of the exercises, and are none of them.

    They have the same mark and stand below the first exercise. A line in bold is taken for one
    only with a number.
    """
    marks = {heading.mark for _, heading in found.values()}
    first = min((cell.index for cell, _ in found.values()), default=0)
    for cell in notebook.cells:
        if cell.kind != "markdown" or cell.index <= first or cell.index in starts:
            continue
        for heading in marked(cell):
            numbered = bool(number_of(heading.text))
            if heading.mark not in marks or (heading.mark == "**" and not numbered):
                continue
            known = [title for title, *_ in titles.values()]
            near = max(known, key=lambda title: rough(heading.text, title))
            yield (
                f"{told(cell, heading)} is no exercise of assignment.toml (the nearest is"
                f" {near!r}): add [[exercise]] for it, or use a heading of another level"
            )


def rough(text: str, title: str) -> float:
    """How alike two headings are, however little it is."""
    return SequenceMatcher(None, plain_words(text), plain_words(title), autojunk=False).ratio()


def told(cell: Cell, heading: Heading) -> str:
    """A heading as its author finds it in the notebook."""
    text = heading.text if len(heading.text) <= SHORT else f"{heading.text[:SHORT]}…"
    return f"heading {text!r} (cell {cell.index + 1})"


def same_words(known: Titles) -> Iterator[str]:
    """Exercises that are known by the same words, so that no hand-in could tell them apart."""
    owner: dict[str, str] = {}
    for exercise, texts in known.items():
        for words in map(plain_words, texts):
            other = owner.setdefault(words, exercise)
            if words and other != exercise:
                yield f"exercises {other} and {exercise} have the same heading {words!r}"
                break
