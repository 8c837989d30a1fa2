"""What a student did on one exercise, as the learner's log has it.

Where the log cannot be read, nothing was done; where it cannot be written, that is told.
"""

from __future__ import annotations

from collections.abc import Callable

from grader import learner
from grader.errors import HostError
from grader.tutor.events import Event, Kind
from grader.tutor.explain import Explained, explain_events
from grader.tutor.hints import Help, Ladder, Shown, hint_event, history
from grader.tutor.practice import Practised, event

FORGOTTEN = "This was not remembered"


class Memory:
    """Reads and writes the log.

    Args:
        assignment: id of the assignment.
        exercise: id of the exercise; empty where none is meant.
    """

    def __init__(self, assignment: str, exercise: str) -> None:
        self._assignment = assignment
        self._exercise = exercise

    def before(self) -> list[Event]:
        """What was done on the exercise, oldest first."""
        try:
            return history(learner.remembered(), self._assignment, self._exercise)
        except HostError:
            return []

    def check(self, found: Practised) -> str:
        """Remember a check; a sentence where that fails, else nothing."""
        return kept(lambda: event(found, learner.learner_id(), learner.now()))

    def hint(self, shown: Shown, ladder: Ladder, before: list[Event]) -> str:
        """Remember a hint that is shown for the first time."""
        return kept(lambda: hint_event(
            shown, ladder, before, learner=learner.learner_id(), at=learner.now(),
            assignment=self._assignment, exercise=self._exercise,
        ))  # fmt: skip

    def explained(self, found: Explained | None, help_: Help) -> str:
        """Remember that an error was explained, in whichever exercise."""
        return kept(lambda: explain_events(
            [found] if found else [], help_, learner=learner.learner_id(), at=learner.now(),
            assignment=self._assignment,
        )[0])  # fmt: skip

    def other(self, kind: Kind) -> str:
        """Remember that something else was asked for."""
        return kept(lambda: Event(
            learner.learner_id(), learner.now(), self._assignment, kind, self._exercise
        ))  # fmt: skip


def kept(made: Callable[[], Event]) -> str:
    """Add an event to the log; a sentence where that fails, else nothing."""
    try:
        learner.remember(made())
    except HostError as problem:
        return f"{FORGOTTEN}: {problem}"
    return ""
