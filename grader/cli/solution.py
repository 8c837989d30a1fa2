"""The solution of an exercise, once it is open."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import course_option, known_assignment, the_course

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
    from grader.cli.hint import known_exercise
    from grader.ladder_texts import fault_ladder, ladders_of
    from grader.learner import learner_id, now, remember, remembered
    from grader.tutor.events import Event
    from grader.tutor.hints import history, ladder_for, solution_opens

    folder = the_course(course)
    name = known_assignment(folder, assignment, told_as="ID")
    ladders = ladders_of(folder, name)
    known_exercise(exercise, name, list(ladders.exercises))
    before = history(remembered(), name, exercise)
    ladder = ladder_for(before, ladders.exercises[exercise], fault_ladder)
    opens = solution_opens(before, ladder)
    if opens == "closed" or (opens == "ladder" and ladders.help != "open"):
        click.echo(NOT_YET.format(hint=f"grader hint {name} {exercise}"))
        return
    found = solution_of(folder, name, exercise)
    if not found:
        click.echo(NONE_HERE.format(exercise=exercise))
        return
    if opens == "ladder" and not yes:
        click.confirm(SURE, abort=True)
    click.echo(found)
    remember(Event(learner_id(), now(), name, "solution", exercise=exercise))


def solution_of(course: Path, assignment: str, exercise: str) -> str:
    """The code of an exercise in the course's solution; empty where there is none."""
    from grader.assignment import load_assignment
    from grader.exercises import place
    from grader.notebook import Notebook
    from grader.submission import read_submission

    known = load_assignment(course, assignment)
    path = course / "assignments" / assignment / "solution.ipynb"
    notebook = read_submission(path, "solution", known).notebook
    if not isinstance(notebook, Notebook):
        return ""
    placed = place(notebook, known)
    cells = (c.source.strip() for c in notebook.code if placed.exercise.get(c.index) == exercise)
    return "\n\n".join(filter(None, cells))
