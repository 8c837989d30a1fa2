"""The solution of an exercise, once it is open."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import course_option

NOT_YET = "the solution opens when the exercise is correct, or with its last hint: {hint}"
SURE = "The exercise is not correct yet. Show the solution?"
NONE_HERE = (
    "this course folder holds no solution of exercise {exercise}; ask whoever gave it to you"
)


@click.command("solution")
@click.argument("assignment", metavar="ID")
@click.argument("exercise")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@course_option
def command(assignment: str, exercise: str, yes: bool, course: Path | None) -> None:
    """The solution of EXERCISE in assignment ID, once it is open.

    It opens when a check found the exercise correct. It opens with the last hint of a ladder, too;
    then you are asked whether you want to see it. What was shown is kept on this machine.
    """
    from grader.cli.confirming import wanted
    from grader.cli.openings import opening
    from grader.learner import learner_id, now, remember
    from grader.solved import solution_of
    from grader.tutor.events import Event
    from grader.tutor.hints import solution_opens

    folder, name, ladders, before, _ = opening(course, assignment, exercise)
    opens = solution_opens(before, ladders.exercises[exercise])
    if opens == "closed" or (opens == "ladder" and ladders.help != "open"):
        click.echo(NOT_YET.format(hint=f"grader hint {name} {exercise}"))
        return
    found = solution_of(folder, name, exercise)
    if not found:
        click.echo(NONE_HERE.format(exercise=exercise))
        return
    if opens == "ladder" and not yes and not wanted(SURE, "the solution was not shown"):
        return
    click.echo(found)
    remember(Event(learner_id(), now(), name, "solution", exercise=exercise))
