"""Which cells answer which exercise.

Most hand-ins keep the template's headings (444 of 446 public ones), but renumber, re-level, bold
and lose single ones; others are written from nothing under headings that count the exercises. So:
heading text first, and the numbers of an outline that contradicts no text; then the template's
given lines, then single numbers, then position. What had to be guessed is said, for a person.
"""

from __future__ import annotations

from typing import NamedTuple

from grader.assignment import Assignment
from grader.headings import by_number, by_text, spread
from grader.notebook import Notebook, digest
from grader.outline import commented_outline, covers, outline
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
        by_number: ids of the graded exercises that nothing but a number tells.
        unheaded: ids of the graded exercises for which no heading was found.
    """

    exercise: dict[int, str]
    written: frozenset[int]
    uncertain: tuple[str, ...]
    recognised: bool
    by_number: tuple[str, ...] = ()
    unheaded: tuple[str, ...] = ()


def place(notebook: Notebook, assignment: Assignment) -> Placement:
    """Assign every cell of a hand-in to an exercise; what asks self-check answers none."""
    notebook = without_questions(notebook)
    order = [e.id for e in assignment.exercise]
    graded = [e.id for e in assignment.exercise if e.graded]
    known = {e.id: (e.title, *e.headings) for e in assignment.exercise}
    said = by_text(notebook, known)
    counted = outline(notebook, order)
    if not covers(counted, graded) and not any(
        c.index in said for c in notebook.cells if c.kind == "markdown"
    ):
        comments = commented_outline(notebook, order)
        counted = comments if set(graded) <= set(comments.values()) else counted
    own = covers(counted, graded) and not contradicts(notebook, said, counted)
    starts = fitting(notebook, said, counted) if own else said
    starts |= by_given_lines(notebook, assignment, {*said.values(), *starts.values()})
    found = {e for i, e in starts.items() if said.get(i) == e or i not in counted}
    recognised = own or len(found.intersection(graded)) * 2 >= len(graded)
    starts |= by_number(notebook, order, starts)
    uncertain = []
    if not starts:
        starts = by_position(notebook, assignment)
        if starts:
            recognised = True
            uncertain.append(BY_POSITION)
    missing = [e for e in graded if e not in starts.values()]
    if starts and missing:
        uncertain.append(f"no heading was found for exercise {', '.join(missing)}")
    numbered = [e for e in graded if e in set(starts.values()) - found]
    numbered = numbered if BY_POSITION not in uncertain else []
    if recognised and numbered:
        told = "exercise {} was recognised by its number only"
        if len(numbered) > 1:
            told = "exercises {} were recognised by their numbers only"
        uncertain.append(told.format(", ".join(numbered)))
    return Placement(
        spread(notebook, starts),
        frozenset(c.index for c in notebook.code if is_written(c, assignment)),
        tuple(uncertain),
        recognised,
        tuple(numbered),
        tuple(missing) if starts else (),
    )


def contradicts(notebook: Notebook, said: dict[int, str], counted: dict[int, str]) -> bool:
    """Whether a heading known by its text says something else than an outline.

    It says so of its own cell, and of an exercise that it starts elsewhere: "Step 3" within an
    answer is no exercise 3 where exercise 3 has its heading.
    """
    texts = {c.index: said[c.index] for c in notebook.cells
             if c.kind == "markdown" and c.index in said}  # fmt: skip
    elsewhere = any(e in texts.values() and texts.get(i) != e for i, e in counted.items())
    return elsewhere or any(said.get(i, e) != e for i, e in counted.items())


def fitting(notebook: Notebook, said: dict[int, str], counted: dict[int, str]) -> dict[int, str]:
    """An outline with the headings that are known by their text.

    A comment in the code of exercise 5 that reads like the heading of exercise 4 starts nothing
    where exercise 4 has a heading.
    """
    comments = {c.index for c in notebook.code}
    exercises = set(counted.values())
    told = {i: e for i, e in said.items() if i not in comments or e not in exercises}
    return told | counted


def line_owners(assignment: Assignment) -> dict[str, set[str]]:
    """By the digest of each line that the template gives, the exercises that it stands in."""
    owners: dict[str, set[str]] = {}
    for exercise in assignment.exercise:
        for line in exercise.lines:
            owners.setdefault(line, set()).add(exercise.id)
    return owners


def by_given_lines(notebook: Notebook, assignment: Assignment, found: set[str]) -> dict[int, str]:
    """Cells that still hold the template's comments of an exercise without a heading."""
    owners = line_owners(assignment)
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
