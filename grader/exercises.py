"""Which cells answer which exercise.

Real hand-ins keep the headings (444 of 446 notebooks of the course), but renumber, re-level, bold
and lose single ones. So: heading text first, then the template's given lines, then number, then
position. What had to be guessed is said, for a person to look at.
"""

from __future__ import annotations

from typing import NamedTuple

from grader.assignment import Assignment
from grader.headings import by_number, by_text, headings, plain_words, spread
from grader.notebook import Notebook, digest
from grader.preparation import is_written
from grader.questions import without_questions

BY_POSITION = "no exercise heading was found; answers were taken by position"


class Placement(NamedTuple):
    """Where the answers are.

    Attributes:
        exercise: id of the exercise each cell index belongs to; cells before the first exercise
            are in none.
        written: indexes of the code cells that hold more than the template gave.
        uncertain: what was guessed, one sentence each.
        recognised: whether enough exercises were found to take this for a hand-in to the
            assignment at all.
    """

    exercise: dict[int, str]
    written: frozenset[int]
    uncertain: tuple[str, ...]
    recognised: bool


def place(notebook: Notebook, assignment: Assignment) -> Placement:
    """Assign every cell of a hand-in to an exercise; what asks self-check answers none."""
    notebook = without_questions(notebook)
    starts = by_text(notebook, {e.id: (e.title, *e.headings) for e in assignment.exercise})
    starts |= by_given_lines(notebook, assignment, set(starts.values()))
    graded = [e.id for e in assignment.exercise if e.graded]
    found = set(starts.values())
    recognised = len(found.intersection(graded)) * 2 >= len(graded)
    numbered = by_number(notebook, [e.id for e in assignment.exercise], starts)
    starts |= numbered
    if not found and bare_numbers(notebook, numbered) >= set(graded):
        recognised = True
    uncertain = []
    if not starts:
        starts = by_position(notebook, assignment)
        if starts:
            recognised = True
            uncertain.append(BY_POSITION)
    missing = [e for e in graded if e not in starts.values()]
    if starts and missing:
        uncertain.append(f"no heading was found for exercise {', '.join(missing)}")
    by_number_only = [e for e in graded if e in set(starts.values()) - found]
    if recognised and by_number_only:
        uncertain.append(f"exercise {', '.join(by_number_only)} was recognised by its number only")
    return Placement(
        spread(notebook, starts),
        frozenset(c.index for c in notebook.code if is_written(c, assignment)),
        tuple(uncertain),
        recognised,
    )


def bare_numbers(notebook: Notebook, numbered: dict[int, str]) -> set[str]:
    """The exercises whose heading is a number and nothing else, such as "## 3" or "Exercise 3"."""
    return {
        numbered[c.index] for c in notebook.cells
        if c.index in numbered and not any(plain_words(text) for text in headings(c))
    }  # fmt: skip


def by_given_lines(notebook: Notebook, assignment: Assignment, found: set[str]) -> dict[int, str]:
    """Cells that still hold the template's comments of an exercise without a heading."""
    owners: dict[str, set[str]] = {}
    for exercise in assignment.exercise:
        for line in exercise.lines:
            owners.setdefault(line, set()).add(exercise.id)
    starts = {}
    for cell in notebook.code:
        for line in cell.source.splitlines():
            owner = owners.get(digest(line), set())
            if len(owner) == 1 and not owner & found:
                starts[cell.index] = next(iter(owner))
    return starts


def by_position(notebook: Notebook, assignment: Assignment) -> dict[int, str]:
    """One code cell an exercise, in order; only if the counts agree."""
    cells = [c for c in notebook.code if c.source.strip()]
    for exercises in (assignment.exercise, [e for e in assignment.exercise if e.graded]):
        if len(cells) == len(exercises):
            return {c.index: e.id for c, e in zip(cells, exercises, strict=True)}
    return {}
