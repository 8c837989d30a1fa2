"""Which cells answer which exercise.

Real hand-ins keep the headings (444 of 446 notebooks of the course), but renumber, re-level, bold
and lose single ones. So: heading text first, then the template's given lines, then number, then
position. What had to be guessed is said, for a person to look at.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from grader.assignment import Assignment, Exercise
from grader.notebook import Cell, Notebook, digest
from grader.preparation import is_written

BY_POSITION = "no exercise heading was found; answers were taken by position"
SURE = 0.75
NEARLY = 0.12
HEADING = re.compile(r"\s{0,3}(?:#{1,6}|\*\*|<h[1-6]>)\s*(\S.*)")
COMMENT_HEADING = re.compile(r"\s*#{1,6}\s*(\d{1,2}[.):].+|\S.{29,})")
NUMBER = re.compile(
    r"\W{0,9}(?:(?:exercise|ex|question|task|q)\W{0,9})?(\d{1,2})\b(?!\.\d)", re.IGNORECASE
)
START = re.compile(r"\W{0,9}(?:(?:exercise|ex|question|task|q)\W{0,9}(?=\d))?\d{0,2}\W{0,9}")
CLOSING = re.compile(r"(?:\*\*|</h[1-6]>)$")
LONGEST = 400
"""Characters of a line that are looked at: no pattern should meet a hostile length."""
LONG_CELL = 200_000


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
    """Assign every cell of a hand-in to an exercise."""
    starts = by_heading_text(notebook, assignment)
    starts |= by_given_lines(notebook, assignment, set(starts.values()))
    graded = [e.id for e in assignment.exercise if e.graded]
    found = set(starts.values())
    recognised = len(found.intersection(graded)) * 2 >= len(graded)
    numbered = by_number(notebook, assignment, starts)
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


def spread(notebook: Notebook, starts: dict[int, str]) -> dict[int, str]:
    """From each start to the next, every cell belongs to the exercise that started."""
    current = None
    exercise = {}
    for cell in notebook.cells:
        current = starts.get(cell.index, current)
        if current is not None:
            exercise[cell.index] = current
    return exercise


def headings(cell: Cell) -> list[str]:
    """Texts in a cell that may be a heading of the template.

    In a code cell a heading is a comment: long, or numbered.
    """
    pattern = COMMENT_HEADING if cell.kind == "code" else HEADING
    lines = (line.rstrip()[:LONGEST] for line in cell.source[:LONG_CELL].splitlines())
    return [CLOSING.sub("", m.group(1)) for line in lines if (m := pattern.match(line))]


def by_heading_text(notebook: Notebook, assignment: Assignment) -> dict[int, str]:
    """Cells whose heading reads like that of an exercise.

    Of several that do, only those nearly as alike as the best count, and comments in code cells
    only where no markdown heading does: "# Create a random tensor" is said in many places.
    """
    found: dict[str, list[tuple[float, Cell]]] = {}
    for cell in notebook.cells:
        for text in headings(cell):
            scores = [(likeness(text, e), e) for e in assignment.exercise]
            score, exercise = max(scores, key=lambda pair: pair[0])
            if score >= SURE:
                found.setdefault(exercise.id, []).append((score, cell))
    starts = {}
    for exercise_id, matches in found.items():
        in_text = [m for m in matches if m[1].kind != "code"]
        best = max(score for score, _ in in_text or matches)
        for score, cell in in_text or matches:
            if score >= best - NEARLY:
                starts[cell.index] = exercise_id
    return starts


def likeness(text: str, exercise: Exercise) -> float:
    """How alike a heading and an exercise's known headings are, from 0 to 1."""
    words = plain_words(text)
    if not words:
        return 0.0
    return max(alike(words, plain_words(h)) for h in (exercise.title, *exercise.headings))


def alike(words: str, known: str) -> float:
    """Likeness of two folded texts; a long text that only begins like the known one counts."""
    if len(known) >= 15 and len(words) > len(known):
        words = words[: len(known) + 5]
    matcher = SequenceMatcher(None, words, known, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= SURE else 0.0


def plain_words(text: str) -> str:
    """A heading without number, markup, case and punctuation."""
    text = START.sub("", text.lower(), count=1)
    return " ".join(re.findall(r"\w+", text))


def by_number(notebook: Notebook, assignment: Assignment, known: dict[int, str]) -> dict[int, str]:
    """Headings that carry the number of an exercise whose text was found nowhere.

    The number must fit the order of the exercises around it, so that "2. Tensors" in a student's
    course notes is not taken for exercise 2.
    """
    order = [e.id for e in assignment.exercise]
    found = dict(known)
    for cell in notebook.cells:
        if cell.index in found or cell.kind != "markdown":
            continue
        for text in headings(cell):
            match = NUMBER.match(text)
            number = match.group(1).lstrip("0") if match else ""
            if number not in order or number in found.values():
                continue
            before = [order.index(e) for i, e in found.items() if i < cell.index]
            after = [order.index(e) for i, e in found.items() if i > cell.index]
            if max(before, default=-1) < order.index(number) < min(after, default=len(order)):
                found[cell.index] = number
    return {i: e for i, e in found.items() if i not in known}


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
