"""A hint for what the last check found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.tutor.events import Event
    from grader.tutor.hints import Ladder


@click.command("hint")
@click.argument("assignment", metavar="ID")
@click.argument("exercise")
@click.option("--force", is_flag=True, help="Show the next hint before it is open.")
@course_option
def command(assignment: str, exercise: str, force: bool, course: Path | None) -> None:
    """A hint for what the last check of EXERCISE in assignment ID found.

    Hints lead from where to look over the idea to what to change. The first is there at any time;
    the next opens when the code has changed and was checked again. --force shows it at once.

    After six failed checks, an example of another problem comes with the hint, and a question that
    can be pasted to a person. What was shown is kept on this machine; nothing leaves it.
    """
    from grader.cli.lines import fitted
    from grader.cli.openings import opening
    from grader.learner import learner_id, now, remember
    from grader.tutor.hints import LOST, failed_checks, hint_event, hint_text, mend_first
    from grader.tutor.hints import next_hint as next_one

    folder, name, ladders, before, ladder = opening(course, assignment, exercise)
    first = mend_first(
        before, exercise, hint=f"grader hint {name} {{exercise}}", explain="grader explain NOTEBOOK"
    )
    if first:
        click.echo(fitted(first, 0))
        return
    if ladder is None:
        why = (
            "nothing was wrong when it was checked" if ladders.exercises[exercise] else "none here"
        )
        click.echo(f"no hint for exercise {exercise}: {why}")
        return
    shown = next_one(before, ladder, help_=ladders.help, forced=force)
    said = hint_text(shown, ladder, force=f"grader hint {name} {exercise} --force")
    click.echo(fitted(said, 0))
    if shown.new:
        told = hint_event(shown, ladder, before, learner=learner_id(), at=now(),
                          assignment=name, exercise=exercise)  # fmt: skip
        remember(told)
    if failed_checks(before) >= LOST:
        click.echo(more_help(folder, name, exercise, ladder, before))


def more_help(
    course: Path, assignment: str, exercise: str, ladder: Ladder, before: Sequence[Event]
) -> str:
    """An example of another problem, and a question for a person, after many failed checks."""
    import platform

    import grader
    from grader.practising import latest
    from grader.tutor.question import question
    from grader.tutor.worked_examples import worked_example

    example = worked_example(ladder.component)
    checked = latest(course, assignment)
    found = checked.exercises.get(exercise) if checked else None
    versions = {"grader": grader.__version__, "Python": platform.python_version(),
                "PyTorch": checked.torch if checked else ""}  # fmt: skip
    asked = question(found, before, versions) if found else ""
    return "\n".join(filter(None, ["", example, asked]))
