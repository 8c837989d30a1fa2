"""What `hint` and `solution` start from: an exercise, what was done with it, and its ladder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from grader.cli.options import known_assignment, the_course

if TYPE_CHECKING:
    from grader.ladder_texts import Ladders
    from grader.tutor.events import Event
    from grader.tutor.hints import Ladder


class Opening(NamedTuple):
    """An exercise that something is asked about.

    Attributes:
        course: the course folder.
        assignment: id.
        ladders: those of the assignment.
        before: what this machine's learner did with the exercise, oldest first.
        ladder: of what its last check found; None where nothing was wrong or nothing helps.
    """

    course: Path
    assignment: str
    ladders: Ladders
    before: list[Event]
    ladder: Ladder | None


def opening(course: Path | None, assignment: str, exercise: str) -> Opening:
    """Look up an exercise and its log.

    Raises:
        click.BadParameter: there is no such assignment, or it has no such exercise.
        HostError: the log cannot be read.
    """
    from grader.ladder_texts import fault_ladder, ladders_of
    from grader.learner import remembered
    from grader.tutor.hints import history, ladder_for

    folder = the_course(course)
    name = known_assignment(folder, assignment, told_as="ID")
    ladders = ladders_of(folder, name)
    known = ladders.exercises
    if exercise not in known:
        raise click.BadParameter(f"{name} has exercises {', '.join(known)}", param_hint="EXERCISE")
    before = history(remembered(), name, exercise)
    return Opening(folder, name, ladders, before, ladder_for(before, known[exercise], fault_ladder))
