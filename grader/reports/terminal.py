"""A hand-in's report for a terminal: at most 25 lines, most important first."""

from __future__ import annotations

from typing import Literal, NamedTuple

from grader.audience import (
    Audience,
    told,
    visible_exercises,
    visible_marks,
    visible_points,
    visible_withheld,
    why_not_run,
)
from grader.finding import WITHHELD
from grader.grade import ExerciseGrade, Grade
from grader.legible import clean, points
from grader.rubric import Rubric

MOST_LINES = 25
WIDTH = 78
LONGEST = 104
SIGNS = {"correct": "✓", "partly": "◐", "wrong": "✗", "missing": "-", "blocked": "▪",
         "unknown": "?"}  # fmt: skip

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
        because = clean(why)
        cut = because if len(because) <= 160 else f"{because[:159]}…"
        return [*head, Line(cut, "person")]
    tail = closing(grade, rubric, audience)
    body: list[Line] = []
    details: list[list[Line]] = []
    for exercise in visible_exercises(grade, rubric, audience):
        details.append(detail(exercise, grade, rubric, audience))
        body.append(Line(exercise_line(exercise), STYLES[exercise.verdict]))
    room = MOST_LINES - len(head) - len(body) - len(tail)
    lines = list(head)
    for line, more in zip(body, details, strict=True):
        lines.append(line)
        shown = more[: max(0, min(2, room))]
        room -= len(shown)
        lines += shown
    return lines + tail


UNFENCED = "run without a fence (--sandbox none)"


def header(grade: Grade, rubric: Rubric, audience: Audience) -> str:
    """Whose, what, and the result first."""
    earned, possible = visible_points(grade, rubric, audience)
    result = f"{points(earned)} of {points(possible)} points"
    if not grade.final:
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


def detail(exercise: ExerciseGrade, grade: Grade, rubric: Rubric, audience: Audience) -> list[Line]:
    """What an exercise lost and why: observed, expected, where."""
    lines = []
    for t in told(grade, rubric, audience):
        m = t.mark
        if m.exercise != exercise.id or m.verdict in ("passed", "not_attempted") or t.waits:
            continue
        what = t.because if m.verdict in ("partly", "blocked", "no_evidence") else t.title
        seen = f": saw {t.seen}" if t.seen else ""
        wanted = f" → expected {t.expected}" if t.expected else ""
        if not seen and what != t.because:
            what = f"{what}: {t.because}"
        where = f"  (cell {m.cells[-1]})" if m.cells else ""
        text = clean(f"{what}{seen}{wanted}")
        room = LONGEST - len(where)
        text = text if len(text) <= room else f"{text[: room - 1]}…"
        lines.append(Line(f"       {text}{where}", "dim"))
    return list(dict.fromkeys(lines))


def closing(grade: Grade, rubric: Rubric, audience: Audience) -> list[Line]:
    """Who should look, and one next step."""
    lines = [Line(UNFENCED, "dim")] if grade.sandbox == "none" else []
    if audience == "instructor":
        lines += [Line(f"needs a person: {clean(r)[:130]}", "person")
                  for r in grade.needs_a_person[:3]]  # fmt: skip
    elif not grade.final:
        because = dict.fromkeys(
            t.because for t in told(grade, rubric, audience)
            if t.mark.verdict in (*WITHHELD, "blocked")
        )  # fmt: skip
        why = clean("; ".join(because) or "a person will look at it")[:120]
        lines.append(Line(f"not all of it could be judged: {why}", "person"))
    hints = {c.id: c.hints for c in rubric.criteria}
    for m in visible_marks(grade, rubric, audience):
        if m.verdict in ("failed", "partly") and audience == "student":
            lines.append(Line(f"hint for {m.exercise}: {clean(hints[m.criterion][0])}", "plain"))
            break
    return lines
