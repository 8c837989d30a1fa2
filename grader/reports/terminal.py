"""A hand-in's report for a terminal: at most 25 lines, most important first."""

from __future__ import annotations

import textwrap
from typing import Literal, NamedTuple

from grader.audience import (
    Audience,
    causes,
    told,
    visible_exercises,
    visible_marks,
    visible_points,
    visible_withheld,
    why_not_run,
)
from grader.finding import WITHHELD, Diagnosis
from grader.grade import ExerciseGrade, Grade
from grader.legible import clean, points, sentence
from grader.rubric import Rubric
from grader.signs import SIGNS

MOST_LINES = 25
WIDTH = 78
LONGEST = 111
INDENT = " " * 7
MOST_TEXT = 150
MOST_LOSSES = 2
"""Of an exercise, that are told one by one."""
MOST_CAUSES = 1
"""Of an exercise; the page tells the others."""
Style = Literal["title", "good", "part", "bad", "dim", "plain", "person"]
STYLES: dict[str, Style] = {"correct": "good", "partly": "part", "wrong": "bad",
                            "missing": "dim", "blocked": "bad", "unknown": "part"}  # fmt: skip


class Line(NamedTuple):
    """A line of the report and how it looks."""

    text: str
    style: Style


def report(grade: Grade, rubric: Rubric, audience: Audience) -> list[Line]:
    """The report. Students see public criteria, and expected values that may be revealed."""
    head = [Line(header(grade, rubric, audience), "title")]
    if why := why_not_run(grade, audience):
        return [*head, *(Line(line, "person") for line in reasoned(why))]
    tail = closing(grade, rubric, audience)
    body: list[Line] = []
    details: list[list[list[Line]]] = []
    for exercise in visible_exercises(grade, rubric, audience):
        details.append(detail(exercise, grade, rubric, audience))
        body.append(Line(exercise_line(exercise), STYLES[exercise.verdict]))
    room = MOST_LINES - len(head) - len(body) - len(tail)
    lines = list(head)
    for line, losses in zip(body, details, strict=True):
        told_here = fitting(losses, room)
        room -= len(told_here)
        lines += [line, *told_here]
    return lines + tail


def fitting(losses: list[list[Line]], room: int) -> list[Line]:
    """The first losses of an exercise that there is room for, and how many more there are."""
    shown: list[Line] = []
    for number, lines in enumerate(losses):
        left = len(losses) - number
        if number == MOST_LOSSES or len(shown) + len(lines) + (left > 1) > room:
            return [*shown, Line(f"{INDENT}and {left} more", "dim")][: max(0, room)]
        shown += lines
    return shown


UNFENCED = "run without a fence (--sandbox none)"


def header(grade: Grade, rubric: Rubric, audience: Audience) -> str:
    """Whose, what, and the result first."""
    earned, possible = visible_points(grade, rubric, audience)
    result = f"{points(earned)} of {points(possible)} points"
    if why_not_run(grade, audience):
        result = "not graded yet"
    elif not grade.final:
        withheld = visible_withheld(grade, rubric, audience)
        result += f", {points(withheld)} not judged yet" if withheld else ", not final"
    name = clean(f"{grade.student}  {grade.assignment}")
    return f"{name:<{WIDTH - len(result) - 2}}  {result}"


def exercise_line(exercise: ExerciseGrade) -> str:
    """One exercise: sign, number, title, verdict, points."""
    sign = SIGNS[exercise.verdict]
    title = f" {sign} {exercise.id:>2}  {clean(exercise.title)}"
    earned, possible = points(exercise.earned), points(exercise.possible)
    return f"{title:<54.54}{exercise.verdict:<9}{earned:>6} / {possible}"


def detail(
    exercise: ExerciseGrade, grade: Grade, rubric: Rubric, audience: Audience
) -> list[list[Line]]:
    """What an exercise lost and why, each loss in one line or two: observed, expected, where."""
    losses = dict.fromkeys(
        cause_line(d) for d in causes(grade, rubric, audience).get(exercise.id, [])[:MOST_CAUSES]
    )
    for t in told(grade, rubric, audience):
        m = t.mark
        if m.exercise != exercise.id or m.verdict in ("passed", "not_attempted") or t.waits:
            continue
        said = [t.because] if m.verdict in ("partly", "blocked", "no_evidence") else [
            t.title, t.because]  # fmt: skip
        what = ": ".join(dict.fromkeys(said))
        seen = f": saw {t.seen}" if t.seen else ""
        wanted = f" → expected {t.expected}" if t.expected else ""
        where = f"  ({m.place})" if m.place else ""
        losses.setdefault(f"{clean(f'{what}{seen}{wanted}')}{where}")
    return [[Line(line, "dim") for line in wrapped(text)] for text in losses]


def cause_line(found: Diagnosis) -> str:
    """A mistake: what, where, and what was seen of it."""
    sure = "cause" if found.certain and found.severity == "F" else "possibly"
    line = f", line {found.line}" if found.line else ""
    wanted = f" → expected {found.expected}" if found.expected else ""
    return (f"{sure}: {clean(found.title)} (cell {found.cell}{line}):"
            f" {clean(found.observed)}{clean(wanted)}")  # fmt: skip


def reasoned(why: str) -> list[str]:
    """Why nothing is told of the exercises, as sentences in a few lines."""
    return textwrap.wrap(sentence(clean(why)), LONGEST, max_lines=4, placeholder=" …",
                         break_on_hyphens=False)  # fmt: skip


def wrapped(text: str) -> list[str]:
    """A text in at most two lines."""
    lines = textwrap.wrap(text, LONGEST, initial_indent=INDENT, subsequent_indent=f"{INDENT}  ",
                          max_lines=2, placeholder=" …", break_on_hyphens=False)  # fmt: skip
    return lines or [INDENT]


def closing(grade: Grade, rubric: Rubric, audience: Audience) -> list[Line]:
    """Who should look, and one next step."""
    lines = [Line(UNFENCED, "dim")] if grade.sandbox == "none" else []
    if audience == "instructor":
        lines += [Line(shortened(f"needs a person: {clean(r)}"), "person")
                  for r in grade.needs_a_person[:3]]  # fmt: skip
    elif not grade.final:
        because = dict.fromkeys(
            t.because for t in told(grade, rubric, audience)
            if t.mark.verdict in (*WITHHELD, "blocked")
        )  # fmt: skip
        why = clean("; ".join(because) or "a person will look at it")
        lines.append(Line(shortened(f"not all of it could be judged: {why}"), "person"))
    hints = {c.id: c.hints for c in rubric.criteria}
    for m in visible_marks(grade, rubric, audience):
        if m.verdict in ("failed", "partly") and audience == "student":
            lines.append(Line(f"hint for {m.exercise}: {clean(hints[m.criterion][0])}", "plain"))
            break
    return lines


def shortened(text: str) -> str:
    """A text on one line, cut between words."""
    return textwrap.shorten(text, MOST_TEXT, placeholder=" …")
