"""What there is to do, in the order of the course: chapters, their exercises, their components.

Made from the plain data of an author's files, so that no model has to be built for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grader.tutor.mastery import GUESS, GUESS_GIVEN, GUESS_NUMBERS, Try


class Task(NamedTuple):
    """One exercise.

    Attributes:
        assignment: id, such as `01-workflow`.
        exercise: id within it.
        title: a few words.
        components: what its public criteria are about, in their order.
    """

    assignment: str
    exercise: str
    title: str
    components: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str]:
        """Assignment and exercise."""
        return self.assignment, self.exercise


class Chapter(NamedTuple):
    """One assignment.

    Attributes:
        id: such as `01-workflow`.
        title: a few words.
        tasks: exercises with a criterion that students may see.
        guesses: how likely a try goes well by chance, where that is not the usual.
    """

    id: str
    title: str
    tasks: tuple[Task, ...]
    guesses: dict[Try, float]


def chapter(assignment: Mapping[str, Any], criteria: Sequence[Mapping[str, Any]]) -> Chapter:
    """A chapter, from what its files say.

    Args:
        assignment: of `assignment.toml`.
        criteria: of its rubric.

    Raises:
        KeyError: something is missing.
        TypeError: something is of another type.
    """
    tasks, guesses = [], {}
    for exercise in assignment["exercise"]:
        own = [c for c in criteria if c["exercise"] == exercise["id"]]
        seen = [c for c in own if c.get("visibility", "public") == "public"]
        names = tuple(dict.fromkeys(c["component"] for c in seen if c.get("component")))
        for name in names:
            guess = min(guess_of(c) for c in seen if c.get("component") == name)
            guesses[assignment["id"], exercise["id"], name] = guess
        if seen:
            tasks.append(Task(assignment["id"], exercise["id"], exercise["title"], names))
    return Chapter(assignment["id"], assignment["title"], tuple(tasks), guesses)


def guess_of(criterion: Mapping[str, Any]) -> float:
    """How likely a criterion is met by somebody who does not know how."""
    if criterion.get("given"):
        return GUESS_GIVEN
    return GUESS_NUMBERS if criterion["check"].get("values") else GUESS
