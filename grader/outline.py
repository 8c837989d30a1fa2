"""A hand-in's own outline: headings of one kind that count the exercises.

Students who do not start from the template write their own headings: "## 2. Model", "Ejercicio 3",
"### Exercise 4: training". What they say is in any language and in any words; that they count the
exercises from first to last is what they have in common. Those who write no headings count in
comments: "# 3: the loss", "# ---- exercise 4 ----".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from grader.headings import LONG_CELL, LONGEST, marked, plain_words
from grader.notebook import Notebook

COUNTED = re.compile(r"\W{0,9}(?:([^\W\d_]{1,15})\W{0,9}(?=\d))?(\d{1,2})\b(?!\.\d)")
COMMENT = re.compile(r"\s*#\W{0,60}(?:([^\W\d_]{1,15})\W{0,9}(?=\d))?(\d{1,2})\b(?!\.\d)")
MOST = 200
"""Headings of a kind that are looked at; nobody writes more by hand."""


def outline(notebook: Notebook, order: Sequence[str]) -> dict[int, str]:
    """The cells with a heading that counts the exercises, and which.

    Headings are of one kind if they are marked alike and say the same word before their number, or
    if they say nothing but a number. Of all kinds, the one that counts most exercises in order is
    taken.

    Args:
        notebook: whose cells.
        order: ids of the exercises, in order.
    """
    kinds: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for cell in notebook.cells:
        if cell.kind != "markdown":
            continue
        for heading in marked(cell):
            counted = COUNTED.match(heading.text)
            number = counted.group(2).lstrip("0") if counted else ""
            if counted and number in order:
                bare = not plain_words(heading.text)
                kind = ("", "") if bare else (heading.mark, (counted.group(1) or "").lower())
                kinds.setdefault(kind, []).append((cell.index, order.index(number)))
    return longest(kinds.values(), order)


def commented_outline(notebook: Notebook, order: Sequence[str]) -> dict[int, str]:
    """The code cells with a comment that counts the exercises, and which.

    A comment says a word before its number, such as "exercise 3", or begins its cell: numbers
    alone count the steps of a loop, too.

    Args:
        notebook: whose cells.
        order: ids of the exercises, in order.
    """
    kinds: dict[str, list[tuple[int, int]]] = {}
    for cell in notebook.code:
        lines = [line[:LONGEST] for line in cell.source[:LONG_CELL].splitlines() if line.strip()]
        for place, line in enumerate(lines):
            counted = COMMENT.match(line)
            number = counted.group(2).lstrip("0") if counted else ""
            word = (counted.group(1) or "").lower() if counted else ""
            if number in order and (word or place == 0):
                kinds.setdefault(word, []).append((cell.index, order.index(number)))
    return longest(kinds.values(), order)


def longest(kinds: Iterable[list[tuple[int, int]]], order: Sequence[str]) -> dict[int, str]:
    """Of all kinds, the one that counts most exercises in order: cells and ids of exercises."""
    rising = (longest_rising(places[:MOST]) for places in kinds)
    best = max(rising, key=len, default=[])
    return {cell: order[place] for cell, place in best}


def longest_rising(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most places that follow each other in order; of equally many, those that come last.

    Args:
        places: cell and position of an exercise, in the order of the cells.
    """
    ending: list[list[tuple[int, int]]] = []
    for cell, position in places:
        fitting = [e for e in ending if e[-1][1] < position and e[-1][0] < cell]
        ending.append([*max(reversed(fitting), key=len, default=[]), (cell, position)])
    return max(reversed(ending), key=len, default=[])


def covers(counted: Mapping[int, str], graded: Sequence[str]) -> bool:
    """Whether an outline counts three quarters of the graded exercises, or more."""
    return len(set(counted.values()).intersection(graded)) * 4 >= 3 * len(graded) > 0
