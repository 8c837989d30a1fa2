"""Which hint belongs to what a check found, and whether it is open yet.

The first hint is there at any time. The next ones open when the code has changed and was checked
again, so that each gets a try. There is no countdown, because telling how many hints are left makes
people ask for them, and no timer, because it stops nobody from clicking and everybody from working.
Asking for a hint before it is open is logged and never refused.

A ladder that was read to its end and did not help is followed by the next one that belongs to what
the check found: first what went wrong, then what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from grader.tutor.events import Event

Help = Literal["open", "first", "closed"]
"""What an instructor allows: all hints, the first of each ladder, or none."""

STUCK = 3
"""Failed checks after which the second hint is open whether or not the code has changed."""
LOST = 6
"""Failed checks after which a person can help more than a further hint."""
FAILED = ("partly", "wrong", "blocked")
RUNGS = ("where to look", "the idea", "what to change")
IN_YOUR_WORDS = "When it works, say in a comment why it does now."
CLOSED = "Hints are closed for this assignment. What the check shows is all there is; ask a person."
WAITS = "The next hint opens when the code has changed and was checked again"


class Ladder(NamedTuple):
    """Hints from where to look to what to change.

    Attributes:
        about: id of the fault or criterion they belong to.
        title: what it is, in a few words.
        rungs: the hints.
        component: what one has to understand; empty where nobody has said.
    """

    about: str
    title: str
    rungs: tuple[str, ...]
    component: str = ""


class Shown(NamedTuple):
    """What is shown to whoever asks for a hint.

    Attributes:
        level: from 1; 0 where none is shown.
        text: the hint; or why there is none.
        new: whether it is shown for the first time, and so to be remembered.
        forced: whether it was not open yet.
        more: whether the ladder goes on.
    """

    level: int
    text: str
    new: bool
    forced: bool
    more: bool


def history(events: Sequence[Event], assignment: str, exercise: str) -> list[Event]:
    """What somebody did on one exercise, oldest first."""
    return [e for e in events if (e.assignment, e.exercise) == (assignment, exercise)]


def last_check(before: Sequence[Event]) -> Event | None:
    """The last check of an exercise."""
    return next((e for e in reversed(before) if e.kind == "check"), None)


def failed_checks(before: Sequence[Event]) -> int:
    """Failed checks since the exercise was correct, or since the first one."""
    count = 0
    for event in before:
        if event.kind == "check":
            count = 0 if event.outcome == "correct" else count + (event.outcome in FAILED)
    return count


def ladder_for(
    before: Sequence[Event], own: Sequence[Ladder], of_fault: Callable[[str], Ladder | None]
) -> Ladder | None:
    """The ladder that belongs to what the last check found.

    Args:
        before: what was done on the exercise.
        own: the ladders of its public criteria, in the rubric's order.
        of_fault: gives the ladder of a fault.

    Returns:
        The first one that is not used up, of those that belong to it; else the first. None where
        there is none, or where the exercise is correct.
    """
    ladders = ladders_in_turn(last_check(before), own, of_fault)
    return next((one for one in ladders if not used_up(one, before)), next(iter(ladders), None))


def ladders_in_turn(
    last: Event | None, own: Sequence[Ladder], of_fault: Callable[[str], Ladder | None]
) -> list[Ladder]:
    """The ladders that belong to what a check found, the likeliest to help first.

    Those of the faults that were seen happening; of those that are possible, which their titles
    say; of the public criteria that lost something or could not be judged; where there are none
    of these, of the first criterion. None where the exercise is correct.
    """
    if last is None:
        return list(own[:1])
    if last.outcome == "correct":
        return []
    seen = [of_fault(fault) for fault in last.faults]
    perhaps = [found and found._replace(title=f"possibly: {found.title}")
               for found in map(of_fault, last.possible)]  # fmt: skip
    amiss = [ladder for name in last.criteria for ladder in own if ladder.about == name]
    return [found for found in (*seen, *perhaps, *amiss) if found is not None] or list(own[:1])


def used_up(ladder: Ladder, before: Sequence[Event]) -> bool:
    """Whether all of a ladder was read, and the code has changed and was checked since."""
    given = max((level_of(e) for e in before if e.about == ladder.about), default=0)
    return given >= len(ladder.rungs) and tried_since(before, ladder)


def mended_first(before: Sequence[Event]) -> str:
    """What an exercise waits for that its last check found blocked; empty where for nothing."""
    last = last_check(before)
    if last is None or last.outcome != "blocked":
        return ""
    if last.blocked_by:
        at = f", {last.blocked_at}," if last.blocked_at else ""
        return f"exercise {last.blocked_by}{at}"
    return f"{last.blocked_at}, which belongs to no exercise," if last.blocked_at else ""


def mend_first(before: Sequence[Event], exercise: str, *, hint: str, explain: str) -> str:
    """What is told in place of a hint where another exercise has to be mended; else nothing.

    Args:
        before: what was done on the exercise.
        exercise: its id.
        hint: what to type for a hint on the exercise that blocks it, with {exercise} in it.
        explain: what to type to have an error explained.
    """
    last, first = last_check(before), mended_first(before)
    if last is None or not first:
        return ""
    hinted = last.blocked_by and not last.unhinted
    then = hint.format(exercise=last.blocked_by) if hinted else explain
    return f"Exercise {exercise} cannot be judged yet. Mend {first} first:\n{then}"


def next_hint(
    before: Sequence[Event], ladder: Ladder, *, help_: Help = "open", forced: bool = False
) -> Shown:
    """The hint that is shown now.

    Args:
        before: what was done on the exercise.
        ladder: the one that belongs to it.
        help_: what the instructor allows.
        forced: whether somebody wants the next one whether it is open or not.
    """
    if help_ == "closed":
        return Shown(0, CLOSED, new=False, forced=False, more=False)
    rungs = ladder.rungs[:1] if help_ == "first" else ladder.rungs
    given = max((level_of(e) for e in before if e.about == ladder.about), default=0)
    if given >= len(rungs):
        return Shown(len(rungs), rungs[-1], new=False, forced=False, more=False)
    opened = is_open(given + 1, before, ladder)
    level = given + 1 if opened or forced else given
    return Shown(
        level, rungs[level - 1], new=level > given, forced=level > given and not opened,
        more=level < len(rungs),
    )  # fmt: skip


def level_of(event: Event) -> int:
    """The level of a hint; 0 of what is none."""
    return event.level or 0 if event.kind == "hint" else 0


def is_open(level: int, before: Sequence[Event], ladder: Ladder) -> bool:
    """Whether a hint may be seen, given that those before it were."""
    if level == 1 or (level == 2 and failed_checks(before) >= STUCK):
        return True
    return tried_since(before, ladder)


def tried_since(before: Sequence[Event], ladder: Ladder) -> bool:
    """Whether the code has changed and was checked since the last hint of a ladder."""
    hints = [i for i, e in enumerate(before) if e.kind == "hint" and e.about == ladder.about]
    if not hints:
        return False
    since = [e.code for e in before[hints[-1] + 1 :]
             if e.kind == "check" and e.outcome != "missing"]  # fmt: skip
    seen = before[hints[-1]].code or next(iter(since), "")  # a hint may come before any check
    return any(code != seen for code in since)


def hint_text(shown: Shown, ladder: Ladder, *, force: str = "") -> str:
    """A hint in words, with how to get on.

    Args:
        shown: which one.
        ladder: of which it is one.
        force: what to type to see the next one before it is open.
    """
    if not shown.level:
        return shown.text
    rung = RUNGS[min(shown.level, len(RUNGS)) - 1]
    lines = [f"{ladder.title}", f"{rung}: {shown.text}"]
    if shown.level >= len(RUNGS):
        lines.append(IN_YOUR_WORDS)
    if shown.more:
        sooner = ", or after three failed checks" if shown.level == 1 else ""
        lines.append(f"{WAITS}{sooner}{f'; {force} shows it now' if force else ''}.")
    return "\n".join(lines)


def hint_event(
    shown: Shown, ladder: Ladder, before: Sequence[Event], *, learner: str, at: datetime,
    assignment: str, exercise: str,
) -> Event:  # fmt: skip
    """What is remembered of a hint that was shown for the first time."""
    last = last_check(before)
    return Event(
        learner=learner, at=at, assignment=assignment, kind="hint", exercise=exercise,
        level=shown.level, about=ladder.about, forced=shown.forced, code=last.code if last else "",
    )  # fmt: skip


def solution_opens(
    before: Sequence[Event], own: Sequence[Ladder]
) -> Literal["passed", "ladder", "closed"]:
    """Why a solution may be seen: after a pass, or at the end of a ladder; else it is closed.

    Any ladder that was read to its end opens it, also when another one follows by now. Whoever
    asks there is asked once more whether that is what they want.

    Args:
        before: what was done on the exercise.
        own: the ladders of its public criteria, which may be shorter than those of faults.
    """
    if any(e.kind == "check" and e.outcome == "correct" for e in before):
        return "passed"
    rungs = {ladder.about: len(ladder.rungs) for ladder in own}
    read = (level_of(e) >= rungs.get(e.about, len(RUNGS)) for e in before if e.kind == "hint")
    return "ladder" if any(read) else "closed"
