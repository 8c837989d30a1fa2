"""What a learner did, one event after the other: all that the tutor knows of anybody.

Events are only added. What is derived from them (which hint is open, what is known, what comes
next) is worked out anew each time, so a better rule needs no new data. The shape follows ProgSnap2
in spirit: who, when, on what, with what outcome; there is no name in it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

Kind = Literal["check", "hint", "solution", "explain"]
Outcome = Literal["correct", "partly", "wrong", "missing", "blocked", "unknown"]


class Event(BaseModel):
    """One thing that a learner asked for, and what came of it.

    Attributes:
        version: of this format.
        learner: random id of whoever asked.
        at: when, by the clock of the learner's machine.
        assignment: id, such as `01-workflow`.
        exercise: id within it; empty where none is meant.
        kind: what was asked for.
        outcome: of a check: the exercise's verdict by what the learner may see.
        passed: components whose criteria all passed in a check, sorted.
        failed: components of which a criterion lost something, or a fault was found, sorted.
        faults: ids of the faults that a check found, the likeliest cause first.
        criteria: ids of the public criteria that lost something.
        level: of a hint: 1 where to look, 2 the idea, 3 what to change.
        about: of a hint: id of the fault, criterion or exercise it belongs to.
        forced: whether a hint or a solution was asked for before it was open.
        code: SHA-256 of the exercise's cells as they were; empty where they are not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    learner: str
    at: AwareDatetime = Field(strict=False)
    assignment: str
    exercise: str = ""
    kind: Kind
    outcome: Outcome | None = None
    passed: tuple[str, ...] = Field(default=(), strict=False)
    failed: tuple[str, ...] = Field(default=(), strict=False)
    faults: tuple[str, ...] = Field(default=(), strict=False)
    criteria: tuple[str, ...] = Field(default=(), strict=False)
    level: int | None = None
    about: str = ""
    forced: bool = False
    code: str = ""

    def line(self) -> str:
        """The event as a line of the log, without its end."""
        return self.model_dump_json(exclude_defaults=True)


def read_line(line: str) -> Event | None:
    """The event of a line of the log; None for a line cut off by a crash, or of a later version."""
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None
