"""What a learner did, one event after the other: all that the tutor knows of anybody.

Events are only added. What is derived from them (which hint is open, what is known, what comes
next) is worked out anew each time, so a better rule needs no new data. The shape follows ProgSnap2
in spirit: who, when, on what, with what outcome; there is no name in it.

Plain data and a reader by hand, because a hint should be there before anybody notices that a
program was started: pydantic alone would take longer than all the rest.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

Kind = Literal["check", "hint", "solution", "explain"]
Outcome = Literal["correct", "partly", "wrong", "missing", "blocked", "unknown"]

VERSION = 1


class Event(NamedTuple):
    """One thing that a learner asked for, and what came of it.

    Attributes:
        learner: random id of whoever asked.
        at: when, by the clock of the learner's machine; with a time zone.
        assignment: id, such as `01-workflow`.
        kind: what was asked for.
        exercise: id within it; empty where none is meant.
        outcome: of a check: the exercise's verdict by what the learner may see.
        passed: components whose criteria all passed in a check, sorted.
        failed: components of which a criterion lost something, or a fault was found, sorted.
        faults: ids of the faults that a check saw happening and that cost points, the likeliest
            cause first.
        possible: ids of faults that a check told as possible, or as working by luck, and that may
            be behind what was lost.
        criteria: ids of the public criteria that lost something or could not be judged.
        level: of a hint: 1 where to look, 2 the idea, 3 what to change; of an explanation: the last
            of these that it told.
        about: id of the fault or criterion that a hint or an explanation belongs to.
        forced: whether a hint or a solution was asked for before it was open.
        code: SHA-256 of the exercise's cells as they were; empty where they are not known.
        version: of this format.
        blocked_by: of a check of a blocked exercise: id of the one to be mended first, if any.
        blocked_at: the same: the cell to be mended first, such as "cell 3"; empty if none raised.
        unhinted: the same: whether hints lead to nothing there, and the error is to be explained.
    """

    learner: str
    at: datetime
    assignment: str
    kind: Kind
    exercise: str = ""
    outcome: Outcome | None = None
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    level: int | None = None
    about: str = ""
    forced: bool = False
    code: str = ""
    version: int = VERSION
    possible: tuple[str, ...] = ()
    blocked_by: str = ""
    blocked_at: str = ""
    unhinted: bool = False

    def line(self) -> str:
        """The event as a line of the log, without its end."""
        usual = Event._field_defaults
        told = {k: v for k, v in self._asdict().items() if k == "version" or usual.get(k, ...) != v}
        return json.dumps({**told, "at": self.at.isoformat()}, separators=(",", ":"))


TEXTS = ("learner", "assignment", "exercise", "about", "code", "blocked_by", "blocked_at")
LISTS = ("passed", "failed", "faults", "criteria", "possible")


def read_line(line: str) -> Event | None:
    """The event of a line of the log; None for a line cut off by a crash, or of a later version."""
    try:
        told = json.loads(line)
        return event_of(told) if isinstance(told, dict) else None
    except (ValueError, TypeError, RecursionError):
        return None


def event_of(told: dict[str, Any]) -> Event:
    """The event that plain data tells of.

    Raises:
        ValueError: it tells of none of this version.
        TypeError: it has other fields, or lacks some.
    """
    lists = {name: tuple(told[name]) for name in LISTS if name in told}
    event = Event(**{**told, **lists, "at": datetime.fromisoformat(told.get("at", ""))})
    whole = (
        event.version == VERSION
        and event.at.tzinfo is not None
        and event.kind in get_args(Kind)
        and (event.outcome is None or event.outcome in get_args(Outcome))
        and all(isinstance(getattr(event, name), str) for name in TEXTS)
        and all(isinstance(told[name], list) for name in lists)
        and all(isinstance(item, str) for name in LISTS for item in getattr(event, name))
        and (event.level is None or (type(event.level) is int and event.level > 0))
        and isinstance(event.forced, bool)
        and isinstance(event.unhinted, bool)
    )
    if not whole:
        raise ValueError("no event of this version")
    return event
