"""`index.html`: the class page. Who needs a person first, then how the class did, then everybody.

It tells everything, so it is for instructors only. Of each grade it keeps a short row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from grader.class_points import summary
from grader.grade import Grade
from grader.pages.document import pieces
from grader.pages.hardest import PARTS, Hard, Tally
from grader.pages.rows import SIGNS, Row, alike, attempts, row_of
from grader.pages.scores import HEIGHT, TOP, Scores, scores_of
from grader.report import Overview, Records, Titles
from grader.roster import Absent
from grader.standing import ORDER, STANDINGS, Kind, word


class Same(NamedTuple):
    """Hand-ins that need a person for the same reason; of one hand-in alone, how many more."""

    reason: str
    rows: list[Row]


class Waiting(NamedTuple):
    """Those who need a person and stand the same way."""

    kind: Kind
    number: int
    reasons: list[Same]


class Section(NamedTuple):
    """One assignment.

    Attributes:
        id: of the assignment.
        title: what it is called.
        rows: its hand-ins, those that need a person first.
        absent: who handed in nothing.
        exercises: titles by their ids, of all exercises that were graded.
        waiting: those who need a person, the most pressing first.
        counts: how the class stands, numbers with what each is.
        graded: how many need none.
        scores: how the points lie; None where nothing ran.
        hardest: the criteria, the hardest first.
        attempts: records of each student; empty where nobody has more than one.
        endings: whether any hand-in ended in another way than by finishing.
        kinds: the ways to stand that there are.
    """

    id: str
    title: str
    rows: list[Row]
    absent: Sequence[Absent]
    exercises: dict[str, str]
    waiting: list[Waiting]
    counts: list[tuple[str, str]]
    graded: int
    scores: Scores | None
    hardest: list[Hard]
    attempts: dict[str, int]
    endings: bool
    kinds: list[Kind]

    @property
    def in_need(self) -> int:
        """How many need a person."""
        return sum(w.number for w in self.waiting)


def index(records: Records) -> Iterator[str]:
    """The page, in pieces."""
    tallies: dict[str, Tally] = {}
    rows: dict[str, list[Row]] = {}
    unfenced = False
    for grade in records.grades:
        take(grade, tallies, rows)
        unfenced = unfenced or grade.sandbox == "none"
    sections = [
        section(name, rows.get(name, []), tallies.get(name, Tally()), records)
        for name in sorted({*rows, *(a.assignment for a in records.absent)})
    ]
    return pieces(
        "index.html",
        script="index.js",
        styles=("style.css", "index.css"),
        sections=sections,
        total=sum(len(s.rows) for s in sections),
        in_need=sum(s.in_need for s in sections),
        graded=sum(s.graded for s in sections),
        standings=STANDINGS,
        order=ORDER,
        word=word,
        verdicts={letter: verdict for verdict, letter in SIGNS.items()},
        bar_parts=PARTS,
        height=HEIGHT,
        top=TOP,
        unfenced=unfenced,
    )


def take(grade: Grade, tallies: dict[str, Tally], rows: dict[str, list[Row]]) -> None:
    """Count a grade and keep its row."""
    letters = tallies.setdefault(grade.assignment, Tally()).take(grade)
    rows.setdefault(grade.assignment, []).append(row_of(grade, *letters))


def section(name: str, rows: Iterable[Row], tally: Tally, records: Records) -> Section:
    """One assignment's part of the page."""
    ordered = sorted(rows, key=lambda r: r.urgency)
    titles = records.titles.get(name, Titles(name, {}))
    tried = attempts(r.student for r in ordered)
    waiting = waiting_of(ordered)
    absent = [a for a in records.absent if a.assignment == name]
    kinds = {r.kind for r in ordered} | ({"absent"} if absent else set())
    return Section(
        id=name,
        title=titles.assignment,
        rows=ordered,
        absent=absent,
        exercises=tally.exercises,
        waiting=waiting,
        counts=summary(ordered, len(absent)),
        graded=len(ordered) - sum(w.number for w in waiting),
        scores=scores_of(ordered),
        hardest=tally.hardest(titles.criteria),
        attempts=tried if any(n > 1 for n in tried.values()) else {},
        endings=any(r.ending != "finished" for r in ordered),
        kinds=[kind for kind in ORDER if kind in kinds],
    )


def waiting_of(rows: Iterable[Row]) -> list[Waiting]:
    """Those who need a person, by how they stand and then by reason, the most frequent first."""
    found: dict[Kind, dict[str, list[Row]]] = {}
    for row in rows:
        if row.kind != "graded":
            found.setdefault(row.kind, {}).setdefault(alike(row.reason), []).append(row)
    return [
        Waiting(kind, sum(map(len, reasons.values())), by_frequency(reasons))
        for kind, reasons in found.items()
    ]


def by_frequency(reasons: dict[str, list[Row]]) -> list[Same]:
    """Reasons with their hand-ins; what differs between them is left out of the reason."""
    ordered = sorted(reasons.items(), key=lambda pair: -len(pair[1]))
    return [
        Same(rows[0].reason if len(Counter(r.reason for r in rows)) == 1 else same, rows)
        for same, rows in ordered
    ]


INDEX = Overview("index", "index.html", index)
