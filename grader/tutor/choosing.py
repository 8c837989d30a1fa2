"""What to do next, and why, in one line.

The first open exercise of the course whose groundwork is there, from the chapter on that was begun
first. Only the first open one of an assignment is ever offered, because exercises build on one
another's results. Where the groundwork is there for none, the one that practises what is least
known and may still work out; and now and then a look back at what was mastered and may be gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from grader.components import needs, title
from grader.tutor.events import Event
from grader.tutor.hints import LOST, failed_checks, history
from grader.tutor.mastery import Known, success, trace, unknown
from grader.tutor.syllabus import Chapter, Task, facts_of

READY = 0.6
"""How well what an exercise builds on should be known."""
LIKELY = (0.35, 0.90)
"""How likely practice should work out: below it frustrates, above it teaches nothing."""
NEW_FOR_A_REVIEW = 3
"""Exercises that are solved between two reviews, as long as there are open ones."""

FIRST, BEGUN = "the first that is not solved yet", "it is begun and not solved yet"

Kind = Literal["go on", "new", "practise", "review", "done", "nothing"]


class Choice(NamedTuple):
    """What to do next.

    Attributes:
        kind: going on with an exercise, a new one, practice where groundwork is missing, a review,
            or that all is done, or that there is nothing to do.
        task: the exercise; None where there is none.
        why: one sentence, without a full stop.
    """

    kind: Kind
    task: Task | None
    why: str


def choose(chapters: Sequence[Chapter], events: Sequence[Event], now: datetime) -> Choice:
    """What to do next.

    Args:
        chapters: to choose from, in the order of the course.
        events: all that was done, also elsewhere.
        now: the time.
    """
    known = trace(events, now, facts_of(chapters))
    tasks = [task for each in entered(chapters, events) for task in each.tasks]
    solved = solved_in(events)
    waiting = [t for t in tasks if t.place not in solved]
    reviews = [t for t in tasks if t.place in solved and due(t, known)]
    if reviews and (not waiting or new_ones(events, tasks) >= NEW_FOR_A_REVIEW):
        return review(reviews, known)
    if not waiting:
        return done(tasks)
    fronts = list({t.assignment: t for t in reversed(waiting)}.values())[::-1]
    for task in fronts:
        if not missing(task, tasks, known):
            return forward(task, fronts[0], tasks, known, events)
    return practice(fronts, tasks, known, events)


def entered(chapters: Sequence[Chapter], events: Iterable[Event]) -> list[Chapter]:
    """The chapters from the first one on that was begun; those before it come last.

    Whoever starts in the middle has the rest from elsewhere, and is not sent back.
    """
    begun = {e.assignment for e in events if e.kind == "check"}
    first = next((n for n, each in enumerate(chapters) if each.id in begun), 0)
    return [*chapters[first:], *chapters[:first]]


def solved_in(events: Iterable[Event]) -> set[tuple[str, str]]:
    """The exercises of which a check found everything right."""
    return {(e.assignment, e.exercise) for e in events if e.outcome == "correct"}


def new_ones(events: Iterable[Event], tasks: Sequence[Task]) -> int:
    """How many exercises were solved for the first time since one was solved again.

    One that is solved again within the same day was polished, and not reviewed.
    """
    count, first = 0, dict[tuple[str, str], datetime]()
    places = {task.place for task in tasks}
    for event in events:
        place = event.assignment, event.exercise
        if event.outcome != "correct" or place not in places:
            continue
        if place not in first:
            first[place] = event.at
            count += 1
        elif (event.at - first[place]).days >= 1:
            count = 0
    return count


def due(task: Task, known: dict[str, Known]) -> list[Known]:
    """What an exercise practises that is due for a review."""
    return [known[c] for c in task.components if c in known and known[c].due]


def missing(task: Task, tasks: Sequence[Task], known: dict[str, Known]) -> list[Known]:
    """What an exercise builds on that is not known well enough.

    Only what exercises before it practise counts: of the rest nothing could ever be known. What it
    practises itself is what it is for.
    """
    before = tasks[: tasks.index(task)]
    practised = {component for each in before for component in each.components}
    wanted = dict.fromkeys(n for c in task.components for n in needs(c))
    groundwork = (c for c in wanted if c in practised and c not in task.components)
    return [k for c in groundwork if (k := known.get(c) or unknown(c)).p < READY]


def forward(
    task: Task, first: Task, tasks: Sequence[Task], known: dict[str, Known], events: Sequence[Event]
) -> Choice:
    """The first open exercise whose groundwork is there."""
    before = history(events, task.assignment, task.exercise)
    failed = failed_checks(before)
    if failed >= LOST:
        why = f"it is open after {failed} checks: a person can help more now than a hint"
        return Choice("go on", task, why)
    if task is not first:
        lacking = told(missing(first, tasks, known))
        why = f"{first.assignment} {first.exercise} waits for {lacking}, and this does not need it"
        return Choice("new", task, why)
    if failed:
        return Choice("go on", task, BEGUN)
    sure = [n for c in task.components for n in needs(c) if n in known]
    ground = f", and you have what it builds on: {title(sure[0])}" if sure else ""
    return Choice("new", task, f"{FIRST}{ground}")


def practice(
    fronts: Sequence[Task], tasks: Sequence[Task], known: dict[str, Known], events: Sequence[Event]
) -> Choice:
    """The exercise that practises what is least known, of those that may work out.

    The first one where none may.
    """
    within = [t for t in fronts if LIKELY[0] <= chance(t, known) <= LIKELY[1]]
    if not within or len(fronts) == 1:
        lacking = told(missing(fronts[0], tasks, known))
        begun = failed_checks(history(events, *fronts[0].place))
        where = BEGUN if begun else FIRST
        why = f"{where}; take its hints, because it builds on {lacking}"
        return Choice("go on" if begun else "new", fronts[0], why)
    task = min(within, key=lambda t: mean([k.p for k in unmastered(t, known)]))
    least = told(unmastered(task, known)[:1])
    why = f"of what may work out now, it practises what is least known: {least}"
    return Choice("practise", task, why)


def unmastered(task: Task, known: dict[str, Known]) -> list[Known]:
    """What an exercise practises and is not mastered yet, what is least known first."""
    found = [known.get(c) or unknown(c) for c in task.components]
    return sorted((k for k in found if not k.mastered), key=lambda k: k.p)


def chance(task: Task, known: dict[str, Known]) -> float:
    """How likely a first check goes well, over what is not mastered; 1 where all is."""
    return mean([success(k.p) for k in unmastered(task, known)])


def mean(values: Sequence[float]) -> float:
    """The mean; 1 of nothing."""
    return sum(values) / len(values) if values else 1.0


def review(reviews: Sequence[Task], known: dict[str, Known]) -> Choice:
    """The exercise that looks back at most, the first of them."""
    task = max(reviews, key=lambda t: len(due(t, known)))
    gone = title(min(due(task, known), key=lambda k: k.p).component)
    why = f"a look back at {gone}: mastered once, and maybe gone; write it anew, without looking"
    return Choice("review", task, why)


def done(tasks: Sequence[Task]) -> Choice:
    """That nothing is open and nothing is due."""
    if not tasks:
        return Choice("nothing", None, "there is no exercise that a check can look at")
    return Choice("done", None, "every exercise is solved, and nothing is due for a review")


def told(components: Sequence[Known]) -> str:
    """Components with how often they went well, in words."""
    return " and ".join(
        f"{title(k.component)} ({k.counts if k.tries else 'not tried yet'})" for k in components
    )
