"""The one comment on a pull request, in Markdown; the summary of the step has the same text.

It is made of the author's own texts, and of names in code. Nothing that a hand-in printed, raised
or computed is in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.ci.inert import code_span, markdown
from grader.ci.published import SIGNS, Published, outcome_of
from grader.grade import ExerciseGrade
from grader.legible import points, sentence
from grader.unfound import to_student

MARKER = "<!-- grader ci: this comment is kept up to date -->"
"""At the very start; by it the comment is found again."""
MOST = 60_000
"""Characters; GitHub takes 65,536."""
MOST_TITLE = 200
MOST_HINT = 600


def comment(found: Sequence[Published], news: Sequence[str], commit: str, *, points: bool) -> str:
    """The comment.

    Args:
        found: what was graded.
        news: what else is to be told, a line each.
        commit: that was graded.
        points: whether points may be shown.
    """
    head = [MARKER, f"### Graded: {code_span(commit[:12])}", ""]
    parts = ["\n".join(hand_in(one, points=points)) for one in found]
    if not found:
        parts = ["No hand-in was touched.\n"]
    told = "".join(f"- {markdown(line)}\n" for line in news[:20])
    tail = f"\nAlso:\n\n{told}" if told else ""
    text, left = "\n".join(head), len(parts)
    for part in parts:
        if len(text) + len(part) + len(tail) + 200 > MOST:
            text += f"\n{left} more hand-ins are in the summary of the run.\n"
            break
        text += f"\n{part}"
        left -= 1
    return f"{text}{tail}"


def hand_in(one: Published, *, points: bool) -> list[str]:
    """One hand-in: each exercise, and hints for those that are not passed."""
    title = markdown(one.title, MOST_TITLE)
    lines = [f"#### {SIGNS[one.outcome]} {code_span(one.folder)}, {title}: {one.outcome}", ""]
    if one.outcome in ("not graded yet", "not readable", "not recognised"):
        said = {
            "not graded yet": "This has not been graded yet, by no fault of yours.",
            "not readable": "The hand-in could not be read: a notebook (.ipynb) or a script (.py)"
            " that holds the exercises is looked for in this folder.",
            "not recognised": f"{sentence(markdown(to_student(one.grade), MOST_HINT))}",
        }[one.outcome]
        return [*lines, said, ""]
    lines += table(one, points=points)
    hints = [
        f"- exercise {markdown(exercise, MOST_TITLE)}: {markdown(hint, MOST_HINT)}"
        for exercise, hint in one.hints.items()
    ]
    if hints:
        lines += ["", "<details><summary>Hints</summary>", "", *hints, "", "</details>"]
    return [*lines, ""]


def table(one: Published, *, points: bool) -> list[str]:
    """A row for each exercise."""
    head = ["| | exercise | |", "|---|---|---|"]
    if points:
        head = ["| | exercise | | points |", "|---|---|---|--:|"]
    rows = [row(exercise, points=points) for exercise in one.exercises]
    if points:
        earned, withheld, possible = one.points
        rest = f", {shown(withheld)} not judged yet" if withheld else ""
        rows.append(f"| | | all | {shown(earned)} of {shown(possible)}{rest} |")
    return [*head, *rows]


def row(exercise: ExerciseGrade, *, points: bool) -> str:
    """One exercise."""
    outcome = outcome_of(exercise)
    word = "not handed in" if exercise.verdict == "missing" else outcome
    name = markdown(f"{exercise.id}. {exercise.title}", MOST_TITLE)
    said = f"| {SIGNS[outcome]} | {name} | {word} |"
    return f"{said} {shown(exercise.earned)} of {shown(exercise.possible)} |" if points else said


def shown(value: float) -> str:
    """Points in words."""
    return points(value)
