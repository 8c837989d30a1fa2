"""How the choice of the next exercise reads: in a terminal, and in a notebook."""

from __future__ import annotations

from grader.legible import clean, sentence
from grader.tutor.choosing import Choice, Kind
from grader.tutor.lines import Line, cut, wrapped
from grader.tutor.syllabus import Task


def next_lines(choice: Choice, width: int = 80) -> list[Line]:
    """What to do next, for a terminal."""
    if choice.task is None:
        return wrapped(sentence(choice.why), width, indent=0)
    return [
        Line(cut(placed(choice.task), width), "title"),
        *(line._replace(style="plain") for line in wrapped(f"{choice.why}.", width)),
        *(Line(f" {command}", "dim") for command in commands(choice.kind, choice.task)),
    ]


def commands(kind: Kind, task: Task) -> list[str]:
    """What to type; whoever was sent here by a check that found something gets on by a hint."""
    exercise = clean(task.exercise)
    hint = [f"grader hint {clean(task.assignment)} {exercise}"] if kind == "go on" else []
    return [*hint, f"grader check NOTEBOOK -e {exercise}"]


def next_markdown(choice: Choice) -> str:
    """What to do next, for a notebook."""
    from grader.tutor.faces import escaped

    if choice.task is None:
        return f"{sentence(escaped(choice.why))}\n"
    return f"**{escaped(placed(choice.task))}**: {escaped(choice.why)}.\n"


def placed(task: Task) -> str:
    """An exercise with where it stands."""
    return clean(f"{task.assignment} {task.exercise}  {task.title}")
