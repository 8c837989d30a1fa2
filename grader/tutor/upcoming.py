"""How the choice of the next exercise reads: in a terminal, and in a notebook."""

from __future__ import annotations

from grader.legible import clean, sentence
from grader.tutor.choosing import Choice
from grader.tutor.lines import Line, cut, wrapped
from grader.tutor.syllabus import Task


def next_lines(choice: Choice, width: int = 80) -> list[Line]:
    """What to do next, for a terminal."""
    if choice.task is None:
        return wrapped(sentence(choice.why), width, indent=0)
    return [
        Line(cut(placed(choice.task), width), "title"),
        *(line._replace(style="plain") for line in wrapped(f"{choice.why}.", width)),
        Line(f" grader check NOTEBOOK -e {clean(choice.task.exercise)}", "dim"),
    ]


def next_markdown(choice: Choice) -> str:
    """What to do next, for a notebook."""
    from grader.tutor.faces import escaped

    if choice.task is None:
        return f"{sentence(escaped(choice.why))}\n"
    return f"**{escaped(placed(choice.task))}**: {escaped(choice.why)}.\n"


def placed(task: Task) -> str:
    """An exercise with where it stands."""
    return clean(f"{task.assignment} {task.exercise}  {task.title}")
