"""A hand-in's report for a terminal: at most 25 lines, most important first."""

from __future__ import annotations

from typing import Literal, NamedTuple

from grader.finding import WITHHELD
from grader.grade import NOT_RUN, ExerciseGrade, Grade, Mark, exercise_verdict
from grader.reports.table import points
from grader.rubric import Rubric

MOST_LINES = 25
WIDTH = 78
LONGEST = 104
SIGNS = {"correct": "✓", "partly": "◐", "wrong": "✗", "missing": "-", "blocked": "▪",
         "unknown": "?"}  # fmt: skip

Audience = Literal["student", "instructor"]
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
    if grade.ending in NOT_RUN:
        because = clean(f"{NOT_RUN[grade.ending]}: {grade.needs_a_person[0]}")
        cut = because if len(because) <= 160 else f"{because[:159]}…"
        return [*head, Line(cut, "person")]
    tail = closing(grade, rubric, audience)
    body: list[Line] = []
    details: list[list[Line]] = []
    for exercise in visible_exercises(grade, rubric, audience):
        details.append(detail(exercise, grade, rubric, audience))
        body.append(Line(exercise_line(exercise, grade, rubric, audience),
                         STYLES[exercise.verdict]))  # fmt: skip
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
        marks = visible_marks(grade, rubric, audience)
        withheld = sum(m.possible for m in marks if m.verdict in WITHHELD)
        result += f", {points(withheld)} not judged yet" if withheld else ", not final"
    name = clean(f"{grade.student}  {grade.assignment}")
    return f"{name:<{WIDTH - len(result) - 2}}  {result}"


def visible_marks(grade: Grade, rubric: Rubric, audience: Audience) -> list[Mark]:
    """The marks an audience may see."""
    hidden = {c.id for c in rubric.criteria if c.visibility == "hidden"}
    return [m for m in grade.marks if audience == "instructor" or m.criterion not in hidden]


def visible_points(grade: Grade, rubric: Rubric, audience: Audience) -> tuple[float, float]:
    """Earned and possible points of the marks an audience may see."""
    marks = visible_marks(grade, rubric, audience)
    return sum(m.earned for m in marks), sum(m.possible for m in marks)


def visible_exercises(grade: Grade, rubric: Rubric, audience: Audience) -> list[ExerciseGrade]:
    """The exercises of which an audience may see a mark."""
    marks = visible_marks(grade, rubric, audience)
    own = {e.id: [m for m in marks if m.exercise == e.id] for e in grade.exercises}
    return [
        e.model_copy(update={"verdict": exercise_verdict(own[e.id])})
        for e in grade.exercises if own[e.id]
    ]  # fmt: skip


def exercise_line(exercise: ExerciseGrade, grade: Grade, rubric: Rubric, audience: Audience) -> str:
    """One exercise: sign, number, title, verdict, points."""
    marks = [m for m in visible_marks(grade, rubric, audience) if m.exercise == exercise.id]
    earned, possible = sum(m.earned for m in marks), sum(m.possible for m in marks)
    sign = SIGNS[exercise.verdict]
    title = f" {sign} {exercise.id:>2}  {clean(exercise.title)}"
    return f"{title:<54.54}{exercise.verdict:<9}{points(earned):>6} / {points(possible)}"


def detail(exercise: ExerciseGrade, grade: Grade, rubric: Rubric, audience: Audience) -> list[Line]:
    """What an exercise lost and why: observed, expected, where."""
    lines = []
    reveal = {c.id: c.reveal or audience == "instructor" for c in rubric.criteria}
    titles = {c.id: c.title for c in rubric.criteria}
    for m in visible_marks(grade, rubric, audience):
        if m.exercise != exercise.id or m.verdict in ("passed", "not_attempted"):
            continue
        if m.verdict == "blocked" and m.because.startswith("waits for"):
            continue
        what = (
            m.because if m.verdict in ("partly", "blocked", "no_evidence") else titles[m.criterion]
        )
        seen = f": saw {m.actual}" if m.actual and m.verdict != "broken" else ""
        wanted = f" → expected {m.expected}" if m.expected and reveal[m.criterion] else ""
        if not seen and what != m.because:
            what = f"{what}: {m.because}"
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
        marks = visible_marks(grade, rubric, audience)
        told = dict.fromkeys(m.because for m in marks if m.verdict in (*WITHHELD, "blocked"))
        because = clean("; ".join(told) or "a person will look at it")[:120]
        lines.append(Line(f"not all of it could be judged: {because}", "person"))
    hints = {c.id: c.hints for c in rubric.criteria}
    for m in visible_marks(grade, rubric, audience):
        if m.verdict in ("failed", "partly") and audience == "student":
            lines.append(Line(f"hint for {m.exercise}: {clean(hints[m.criterion][0])}", "plain"))
            break
    return lines


def clean(text: str) -> str:
    """Text without control characters: student text must not steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
