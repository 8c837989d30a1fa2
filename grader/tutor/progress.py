"""How far somebody is and what is known of them, in words and a small picture.

Two faces of the same rows: plain text that fits a terminal, and Markdown for a notebook. A word or
a bar never stands without the counts it comes from, because three tries are not much to go by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from grader.components import COMPONENTS, title
from grader.legible import clean
from grader.signs import SIGNS
from grader.tutor.choosing import solved_in
from grader.tutor.events import Event
from grader.tutor.hints import history
from grader.tutor.lines import Line, Style, cut, wrapped
from grader.tutor.mastery import Known, trace
from grader.tutor.syllabus import Chapter, Task, facts_of

EIGHTHS = " ▏▎▍▌▋▊▉█"
BAR = 10
WIDE = 78
"""Columns from which on everything of a row stands in one line."""
LEGEND = (
    "A first try is an exercise's first check; about three that go well in a row are mastery. A bar"
    " is how likely it is known, and fades with time."
)
EMPTY = "Nothing is known yet: no check was made here. `grader check NOTEBOOK` makes one."


SIGN_STYLES: dict[str, Style] = {"✓": "good", "◐": "part", "✗": "part"}
BAND_STYLES: dict[str, Style] = {"mastered": "good", "nearly": "part", "due again": "part"}


class Row(NamedTuple):
    """One exercise.

    Attributes:
        sign: of its best check.
        task: the exercise.
        how: what came of its checks; empty where none was made.
    """

    sign: str
    task: Task
    how: str


class Part(NamedTuple):
    """One chapter.

    Attributes:
        chapter: which one.
        rows: its exercises.
        solved: how many of them are.
        begun: whether any of them was checked.
    """

    chapter: Chapter
    rows: tuple[Row, ...]
    solved: int
    begun: bool


class Progress(NamedTuple):
    """How far somebody is.

    Attributes:
        parts: by chapter, in the order of the course.
        known: what was tried, in the order of the list of components.
        untried: components of the chapters that were begun, that were not.
    """

    parts: tuple[Part, ...]
    known: tuple[Known, ...]
    untried: tuple[str, ...]


def progress(
    chapters: Sequence[Chapter], events: Sequence[Event], now: datetime, *, only: str = ""
) -> Progress:
    """How far somebody is.

    Args:
        chapters: of the course; none where it is not at hand.
        events: all that was done, also elsewhere.
        now: the time.
        only: id of the one chapter that is asked about; empty for all.
    """
    asked = [each for each in chapters if only in ("", each.id)]
    parts = tuple(part(each, events) for each in asked)
    practised = components(asked)
    order = list(COMPONENTS)
    known = sorted(
        (k for k in trace(events, now, facts_of(chapters)).values()
         if not only or k.component in practised),
        key=lambda k: (order.index(k.component) if k.component in order else len(order)),
    )  # fmt: skip
    waiting = components(p.chapter for p in parts if p.begun) - {k.component for k in known}
    return Progress(parts, tuple(known), tuple(name for name in order if name in waiting))


def components(chapters: Iterable[Chapter]) -> set[str]:
    """What chapters practise."""
    return {c for each in chapters for task in each.tasks for c in task.components}


def part(chapter: Chapter, events: Sequence[Event]) -> Part:
    """How far a chapter is."""
    rows = tuple(row(task, history(events, *task.place)) for task in chapter.tasks)
    known = solved_in(events)
    solved = sum(task.place in known for task in chapter.tasks)
    return Part(chapter, rows, solved, any(r.how for r in rows))


def row(task: Task, before: Sequence[Event]) -> Row:
    """How far an exercise is."""
    checks = [e for e in before if e.kind == "check" and e.outcome not in (None, "missing")]
    if not checks:
        return Row(SIGNS["missing"], task, "")
    right = next((n for n, e in enumerate(checks, 1) if e.outcome == "correct"), 0)
    if right:
        how = "right at the first check" if right == 1 else f"right at check {right}"
        return Row(SIGNS["correct"], task, how)
    last = checks[-1].outcome or "unknown"
    many = f"{len(checks)} check{'s' if len(checks) > 1 else ''} so far"
    return Row(SIGNS[last], task, many)


def plain(told: Progress, width: int = 80) -> list[Line]:
    """Progress for a terminal of so many columns."""
    if not told.known and not any(p.begun for p in told.parts):
        return [Line(EMPTY)]
    lines: list[Line] = []
    for each in told.parts:
        lines += [*chapter_lines(each, width), Line("")]
    if told.known:
        lines.append(Line("What is known", "title"))
        for one in told.known:
            lines += known_lines(one, width)
        if told.untried:
            lines += [Line(""), *wrapped(f"Not tried yet: {listed(told.untried)}.", width)]
        lines += [Line(""), *wrapped(LEGEND, width)]
    return lines


def chapter_lines(part: Part, width: int) -> Iterator[Line]:
    """A chapter's exercises, one a line; of one that is not begun, one line in all."""
    yield from (Line(line.text, "title") for line in wrapped(heading(part), width, indent=0))
    if not part.begun:
        return
    wide = max(len(clean(r.task.title)) for r in part.rows)
    ids = max(len(clean(r.task.exercise)) for r in part.rows)
    for each in part.rows:
        head = f" {each.sign} {clean(each.task.exercise):>{ids}}  "
        name = clean(each.task.title)
        how = f"  {each.how}" if each.how else ""
        style = SIGN_STYLES.get(each.sign, "dim")
        if len(head) + wide + 2 + 24 <= width:
            yield Line(f"{head}{name:<{wide}}{how}".rstrip(), style)
            continue
        yield Line(cut(head + name, width), style)
        if how:
            yield Line(cut(" " * (len(head) - 2) + how, width), "dim")


def heading(part: Part) -> str:
    """A chapter and how far it is."""
    name = f"{clean(part.chapter.id)}  {clean(part.chapter.title)}: "
    count = len(part.rows)
    return name + (f"{part.solved} of {count} exercises solved" if part.begun
                   else f"not begun, {count} exercises")  # fmt: skip


def known_lines(one: Known, width: int) -> Iterator[Line]:
    """A component: what it is, how well it is known, and what tells so."""
    style = BAND_STYLES.get(one.band, "plain")
    name, what = clean(title(one.component)), f"{bar(one.p)}  {one.band:<9}  {one.counts}"
    if width >= WIDE:
        yield Line(f" {name:<32}  {what}", style)
    else:
        yield Line(cut(f" {name}", width), style)
        fits = f"   {what}" if width >= 45 else f"   {one.band}, {one.counts}"
        yield Line(cut(fits, width), "dim")


def bar(p: float) -> str:
    """A probability as a bar of ten characters."""
    eighths = round(p * BAR * 8)
    full, rest = divmod(eighths, 8)
    drawn = EIGHTHS[8] * full + (EIGHTHS[rest] if rest else "")
    return drawn + "·" * (BAR - len(drawn))


def listed(names: Iterable[str]) -> str:
    """Components by their titles."""
    return "; ".join(title(name) for name in names)


def markdown(told: Progress) -> str:
    """Progress for a notebook."""
    from grader.tutor.faces import escaped  # only where the rest of the tutor is there anyway

    if not told.known and not any(p.begun for p in told.parts):
        return f"{escaped(EMPTY)}\n"
    lines: list[str] = []
    for each in told.parts:
        lines += [f"**{escaped(heading(each))}**", ""]
        if each.begun:
            lines += ["| | | exercise | |", "|---|---|---|---|"]
            lines += [f"| {r.sign} | {escaped(r.task.exercise)} | {escaped(r.task.title)} |"
                      f" {r.how} |" for r in each.rows]  # fmt: skip
            lines.append("")
    if told.known:
        lines += ["**What is known**", "", "| | | | |", "|---|---|---|---|"]
        lines += [f"| {escaped(title(k.component))} | {bar(k.p)} | {k.band} | {k.counts} |"
                  for k in told.known]  # fmt: skip
        untried = f"Not tried yet: {escaped(listed(told.untried))}. " if told.untried else ""
        lines += ["", f"{untried}*{LEGEND}*"]
    return "\n".join(lines).rstrip() + "\n"
