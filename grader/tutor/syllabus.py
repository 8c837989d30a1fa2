"""What there is to do, in the order of the course: chapters, their exercises, their components.

Made from the plain data of an author's files, so that no model has to be built for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from grader.tutor.mastery import GUESS, GUESS_GIVEN, GUESS_NUMBERS, Facts, Try


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
        facts: what it says that bears on what a check tells.
    """

    id: str
    title: str
    tasks: tuple[Task, ...]
    facts: Facts


def chapter(assignment: Mapping[str, Any], criteria: Sequence[Mapping[str, Any]]) -> Chapter:
    """A chapter, from what its files say.

    Args:
        assignment: of `assignment.toml`.
        criteria: of its rubric.

    Raises:
        KeyError: something is missing.
        TypeError: something is of another type.
    """
    tasks: list[Task] = []
    guesses: dict[Try, float] = {}
    name = assignment["id"]
    for exercise in assignment["exercise"]:
        seen = [
            c for c in criteria
            if c["exercise"] == exercise["id"] and c.get("visibility", "public") == "public"
        ]  # fmt: skip
        names = tuple(dict.fromkeys(c["component"] for c in seen if c.get("component")))
        for component in names:
            own_guesses = (guess_of(c) for c in seen if c.get("component") == component)
            guesses[name, exercise["id"], component] = min(own_guesses)
        if seen:
            tasks.append(Task(name, exercise["id"], exercise["title"], names))
    about = {(name, c["id"]): c["component"] for c in criteria if c.get("component")}
    return Chapter(name, assignment["title"], tuple(tasks), Facts(guesses, about))


def guess_of(criterion: Mapping[str, Any]) -> float:
    """How likely a criterion is met by somebody who does not know how."""
    if criterion.get("given"):
        return GUESS_GIVEN
    return GUESS_NUMBERS if criterion["check"].get("values") else GUESS


def facts_of(chapters: Iterable[Chapter]) -> Facts:
    """What several chapters say together."""
    guesses: dict[Try, float] = {}
    about: dict[tuple[str, str], str] = {}
    for each in chapters:
        guesses |= each.facts.guesses
        about |= each.facts.about
    return Facts(guesses, about)
