"""How a check reads: as plain text for a terminal, and as Markdown for a notebook.

In both, the result comes first, then what works, what does not with what was seen and what was
looked for, and one next step. Whatever a student wrote is shown as text in both.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from grader.legible import clean, sentence
from grader.signs import SIGNS
from grader.tutor.practice import Practised, Remark

WIDTH = 80
MOST_WRONG, MOST_NOTES, MOST_UNJUDGED = 3, 2, 2
MOST_TEXT = 240
MOST_SEEN, MOST_FULL = 90, 2_000
"""Characters of what was seen or looked for: in passing, and where all is told."""
BECAUSE = "because"
ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "\\": "&#92;"}
MEANS_SOMETHING = frozenset("`*_{}[]#!|~$:@.")
"""What Markdown, or a notebook that finds formulas and addresses in it, may read otherwise."""
FINDINGS = ("look at", "possibly")
"""What is wrong, as it was seen happening or not."""
NOTHING_LOST = " (costs nothing here)"
PRACTICE = "This is practice, not a grade."


class Steps(NamedTuple):
    """What to type next, where the check was asked for.

    Attributes:
        check: to check again.
        hint: for a hint on this exercise.
        after: for what comes after an exercise that is correct.
    """

    check: str
    hint: str
    after: str


def command_line(assignment: str, exercise: str, notebook: str = "NOTEBOOK") -> Steps:
    """The steps of somebody who works with the command line."""
    return Steps(
        f"grader check {notebook} -e {exercise}",
        f"grader hint {assignment} {exercise}",
        f"grader next {assignment}",
    )


def text(found: Practised, steps: Steps, width: int = WIDTH, *, full: bool = False) -> str:
    """A check for a terminal, of so many columns; at most 25 lines, or all there is to say."""
    lines = [f" {SIGNS[found.verdict]} {head(found)}"]
    for label, told in body(found, full=full):
        most = 3 if label in FINDINGS else 2
        lines += textwrap.wrap(
            clean(told), width, initial_indent=f"   {label:<9} ", subsequent_indent=" " * 13,
            max_lines=None if full or label == BECAUSE else most, placeholder=" …",
            break_on_hyphens=False,
        )  # fmt: skip
    lines.append(f"   {'next':<9} {before_it(found)}{step(found, steps)}")
    lines.append(f"   {footer(found)}")
    return "\n".join(lines) + "\n"


def markdown(found: Practised, steps: Steps) -> str:
    """A check for a notebook."""
    lines = [f"**{SIGNS[found.verdict]} {escaped(head(found))}**", ""]
    lines += [f"- *{label}*: {escaped(cut(told))}" for label, told in body(found)]
    lines += [
        "",
        f"Next: {before_it(found)}{as_code(step(found, steps))}",
        "",
        f"*{escaped(footer(found))}*",
    ]
    return "\n".join(lines) + "\n"


def one_line(found: Practised) -> str:
    """The result of an exercise among others."""
    return f" {SIGNS[found.verdict]} {head(found)}"


def head(found: Practised) -> str:
    """The result in one line; what holds for the whole notebook is said of no exercise."""
    if found.why:
        return f"{clean(found.assignment)}: {result(found)}"
    return f"{clean(found.exercise)}  {clean(found.title)}: {result(found)}"


def result(found: Practised) -> str:
    """How far an exercise is."""
    if found.why:
        return "exercises not found" if found.unfound else "the notebook did not run"
    if found.verdict == "missing":
        return "nothing here yet"
    if found.verdict == "correct":
        return f"correct, {number(found.asked, 'check')} passed"
    unknown = f", {len(found.unjudged)} could not be told" if found.unjudged else ""
    return f"{len(found.works)} of {number(found.asked, 'check')} passed{unknown}"


def body(found: Practised, *, full: bool = False) -> Iterator[tuple[str, str]]:
    """What there is to say, each with a word for what it is; in full, or as much as one reads."""
    if found.why:
        there = f"the exercises of {found.assignment} are not in it, and those of "
        why = f"{there}{found.elsewhere} are" if found.elsewhere else found.why
        yield BECAUSE, sentence(why, capital=False)
        return
    most_wrong = len(found.wrong) if full else MOST_WRONG
    most_unjudged = len(found.unjudged) if full else MOST_UNJUDGED
    most_notes = len(found.notes) if full else MOST_NOTES
    most_text = MOST_FULL if full else MOST_SEEN
    if found.works and found.verdict not in ("correct", "missing"):
        yield "works", "; ".join(found.works)
    for remark in found.wrong[:most_wrong]:
        yield FINDINGS[not remark.certain], remark_text(remark, found, most_text)
    if len(found.wrong) > most_wrong:
        yield "", f"and {len(found.wrong) - most_wrong} more"
    for remark in found.unjudged[:most_unjudged]:
        yield "unknown", remark_text(remark, found, most_text)
    for remark in found.notes[:most_notes]:
        harmless = NOTHING_LOST if found.verdict == "correct" else ""
        yield "note", f"{remark_text(remark, found, most_text)}{harmless}"


def remark_text(remark: Remark, found: Practised, most: int) -> str:
    """What was seen, what was looked for, each at most so long, and where."""
    seen = f": {remark.observed}" if remark.observed else ""
    wanted = f" → expected {remark.expected}" if remark.expected else ""
    where = found.where(remark.cell) if remark.cell else all_of(remark, found)
    where += f", line {remark.line}" if remark.cell and remark.line else ""
    code = f": {shortened(remark.code, 60)}" if remark.code else ""
    return f"{remark.what}{shortened(seen, most)}{shortened(wanted, most)}" + (
        f" ({where}{code})" if where else ""
    )


def all_of(remark: Remark, found: Practised) -> str:
    """The exercise with its cells, where a remark is about no one of them."""
    if remark.span is None:
        return ""
    first, last = map(found.where, remark.span)
    if first == last:
        return f"exercise {found.exercise}, {first}"
    if first.startswith("cell ") and last.startswith("cell "):
        first, last = first.replace("cell", "cells", 1), last.removeprefix("cell ")
    return f"exercise {found.exercise}, {first} to {last}"


def before_it(found: Practised) -> str:
    """What comes before that step: a heading to be found by, or an answer to what is not begun."""
    if found.unfound and not found.elsewhere:
        return "write such headings, then "
    return "write your answer, then " if found.verdict == "missing" and not found.why else ""


def step(found: Practised, steps: Steps) -> str:
    """One thing to do next."""
    if found.verdict == "correct":
        return steps.after
    if found.why or found.verdict == "missing" or not found.criteria:
        return steps.check
    return steps.hint


def footer(found: Practised) -> str:
    """That it is no grade, and what it does not show."""
    return f"{PRACTICE}{more_in_a_grade(found.hidden)}"


def more_in_a_grade(hidden: int) -> str:
    """How many criteria a grade looks at besides."""
    more = number(hidden, "more criterion", "more criteria")
    return f" A grade looks at {more} here." if hidden else ""


def number(count: int, one: str, many: str = "") -> str:
    """A number of things."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def shortened(text: str, most: int = MOST_SEEN) -> str:
    """A text that is cut, between words where it can be, where it is longer than one reads."""
    line = " ".join(text.split())
    space = " " if text.startswith(" ") else ""
    if len(line) <= most:
        return space + line
    head, blank, _ = line[: most - 1].rpartition(" ")
    short = f"{head} " if blank and len(head) > most // 2 else line[: most - 1]
    return f"{space}{short}…"


def cut(text: str) -> str:
    """A text on one line, cut."""
    return shortened(text, MOST_TEXT)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no link, no HTML, no formula comes of it."""
    return "".join(
        ENTITIES.get(c) or (f"\\{c}" if c in MEANS_SOMETHING else c) for c in clean(text)
    )


def as_code(text: str) -> str:
    """Text as code in Markdown, whatever quotes are in it."""
    line = " ".join(clean(text).split())
    ticks = "`" * (line.count("`") + 1)
    pad = " " if "`" in (line[:1], line[-1:]) else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"
