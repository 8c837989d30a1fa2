"""Which criteria a class found hardest, and why they were mostly lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from grader.grade import NOT_RUN, Grade, Mark
from grader.pages.rows import LETTERS, NOTHING, SIGNS, alike, shortened

MOST_REASONS = 500
"""Different reasons of one criterion that are counted; strangers can make any number of them."""
PARTS = {"p": "met", "h": "partly met", "f": "not met", "b": "blocked", "n": "not handed in",
         "u": "no evidence", "x": "our check broke"}  # fmt: skip
"""The parts of a bar by their letters, in order."""


class Part(NamedTuple):
    """Hand-ins of one verdict: how many, and their place in the bar in percent."""

    letter: str
    word: str
    number: int
    x: float
    width: float


class Hard(NamedTuple):
    """One criterion.

    Attributes:
        id: of the criterion.
        title: what it asks for; its id where that is not known.
        exercise: whose it is.
        exercise_title: what that is called.
        column: its place in the letters of rows.
        judged: hand-ins for which it could be judged.
        met: how many of them met it.
        lost: how many of them did not, or partly.
        parts: of its bar, without empty ones.
        reason: why it was mostly lost; empty where nobody did.
        for_that: how many lost it for that reason.
    """

    id: str
    title: str
    exercise: str
    exercise_title: str
    column: int
    judged: int
    met: int
    lost: int
    parts: list[Part]
    reason: str
    for_that: int

    @property
    def rate(self) -> int | None:
        """Percent who met it, never rounded up to all or down to none; None if nobody is judged."""
        if not self.judged:
            return None
        exact = 100 * self.met / self.judged
        return min(99, max(1, round(exact))) if 0 < exact < 100 else round(exact)


class Letters(NamedTuple):
    """A grade in short: a letter for each exercise and each criterion, in the order of columns."""

    signs: str
    marks: str


class Tally:
    """Counts the marks of hand-ins as they come, and gives each criterion a column."""

    def __init__(self) -> None:
        self._column: dict[str, int] = {}
        self._exercise: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._reasons: dict[str, Counter[str]] = {}
        self._told: dict[tuple[str, str], str | None] = {}

    @property
    def exercises(self) -> dict[str, str]:
        """Titles of the exercises seen so far, by their ids."""
        return self._titles

    def take(self, grade: Grade) -> Letters:
        """Count a grade."""
        self._titles |= {e.id: e.title for e in grade.exercises}
        for mark in grade.marks:
            self._column.setdefault(mark.criterion, len(self._column))
            self._exercise[mark.criterion] = mark.exercise
            if grade.ending not in NOT_RUN:
                self._count(mark)
        signs = {e.id: SIGNS[e.verdict] for e in grade.exercises}
        marks = {m.criterion: LETTERS[m.verdict] for m in grade.marks}
        return Letters("".join(signs.get(e, NOTHING) for e in self._titles),
                       "".join(marks.get(c, NOTHING) for c in self._column))  # fmt: skip

    def _count(self, mark: Mark) -> None:
        counts = self._counts.setdefault(mark.criterion, Counter())
        counts[LETTERS[mark.verdict]] += 1
        if mark.verdict not in ("failed", "partly"):
            return
        told = shortened(mark.because)
        same = alike(told)
        reasons = self._reasons.setdefault(mark.criterion, Counter())
        if same not in reasons and len(reasons) >= MOST_REASONS:
            return
        reasons[same] += 1
        if self._told.setdefault((mark.criterion, same), told) != told:
            self._told[mark.criterion, same] = None

    def hardest(self, titles: Mapping[str, str]) -> list[Hard]:
        """All criteria, those that the fewest met first.

        Args:
            titles: what criteria ask for, by their ids.
        """
        found = [self._hard(c, titles.get(c, c)) for c in self._counts]
        return sorted(found, key=lambda h: (h.met / h.judged if h.judged else 2, h.column))

    def _hard(self, criterion: str, title: str) -> Hard:
        counts = self._counts[criterion]
        total = counts.total()
        parts, at = [], 0.0
        for letter, word in PARTS.items():
            if counts[letter]:
                width = 100 * counts[letter] / total
                parts.append(Part(letter, word, counts[letter], round(at, 2), round(width, 2)))
                at += width
        judged = total - counts["u"] - counts["x"]
        same, for_that = next(iter(self._reasons.get(criterion, Counter()).most_common(1)), ("", 0))
        exercise = self._exercise[criterion]
        return Hard(
            id=criterion, title=title, exercise=exercise,
            exercise_title=self._titles.get(exercise, ""), column=self._column[criterion],
            judged=judged, met=counts["p"], lost=judged - counts["p"], parts=parts,
            reason=self._told.get((criterion, same)) or same, for_that=for_that,
        )  # fmt: skip
