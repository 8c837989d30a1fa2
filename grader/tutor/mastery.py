"""What somebody knows, worked out from what they did: Bayesian knowledge tracing.

For each component one probability that it is understood, and four constants. They are set by hand
and not fitted: with one to six tries at a component, simulated learners are told apart as well with
wrong constants as with right ones, and fitting needs fifty students and more. What the constants
come to can be said in a sentence: three exercises right at the first check.

One try is one exercise and one component. Its first check counts: right or wrong, with or without
a hint. What happens in it later is learning and no evidence, because by then the answer may come
from a hint, a friend or the twentieth attempt. The same code counts once, whatever happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from grader.tutor.events import Event

P_START = 0.25
"""That somebody knows a component before the first try."""
P_START_FAMILIAR = 0.40
"""The same of what most bring along: Python, and numbers in tables."""
P_START_STRANGE = 0.15
"""The same of what nobody brings along."""
FAMILIAR = frozenset({"python", "tensor-ops", "shape", "dtype", "matmul-shape"})
STRANGE = frozenset({"diagnosis", "vit-patch"})
TRANSIT = 0.15
"""That one try teaches it. With these starts, slips and guesses, two tries that are right give
0.947 and three 0.992 (20,000 simulated sequences of six tries: AUC 0.762)."""
SLIP = 0.10
"""That somebody who knows it gets it wrong; usually held to be at most 0.1 (Zhou, on BKT)."""
GUESS = 0.15
"""That somebody who does not know it gets it right; usually held to be at most 0.3."""
GUESS_GIVEN = 0.30
"""The same where the starter gives the line."""
GUESS_NUMBERS = 0.05
"""The same where the numbers of a seed have to come out: nobody meets them by chance."""
HINT_WEIGHT = 0.5
"""What a right answer after a first hint is worth (OATutor's `hintEvidenceWeight`)."""
MASTERED = 0.95
"""From where on it is taken for known; 0.95 is usual (OATutor, and Zhang et al., EDM 2025)."""
FEWEST_TRIES = 2
"""One try alone proves nothing, however it went."""
NEARLY, LEARNING = 0.80, 0.40
"""From where on it is called so."""
DUE = 0.80
"""Under which a component that was mastered is due for a review."""
HALF_LIFE_DAYS = 14.0
"""After one success; each further one doubles it, up to the fourth, as spaced repetition finds."""
MOST_DOUBLINGS = 4
EDGE = 1e-6
"""How close to 0 and 1 a probability comes: nothing is ever certain."""

NO_EVIDENCE = frozenset({None, "missing", "blocked", "unknown"})
"""Outcomes of a check that say nothing of what somebody knows."""
DAY_S = 86_400

Band = Literal["not tried", "new", "learning", "nearly", "mastered", "due again"]
Try = tuple[str, str, str]
"""Assignment, exercise, component."""
ANY = ""
"""In place of a component: a hint that may be about any of its exercise, such as a fault's."""
STUCK_TRIES = 3
"""Tries at a component after which somebody who is still new to it needs more than hints."""


class Known(NamedTuple):
    """What is known of one component.

    Attributes:
        component: its name.
        p: that it is understood, now.
        tries: exercises in which it was tried.
        first: of these, how many were right at the first check, with no more than a first hint.
        last: whether the last of them was.
        mastered: whether it was mastered when it was last tried.
        since: when it last changed; None where it was never tried.
        then: the probability as it was then.
    """

    component: str
    p: float
    tries: int = 0
    first: int = 0
    last: bool = False
    mastered: bool = False
    since: datetime | None = None
    then: float = 0.0

    @property
    def due(self) -> bool:
        """Whether it was mastered, and so much time has passed that it may be gone."""
        return self.mastered and self.p < DUE

    @property
    def band(self) -> Band:
        """How well it is known, in a word; time alone makes nothing new of what was learned."""
        if not self.tries:
            return "not tried"
        if self.due:
            return "due again"
        if self.mastered:
            return "mastered"
        if self.then >= NEARLY:
            return "nearly"
        return "learning" if self.then >= LEARNING else "new"

    @property
    def stuck(self) -> bool:
        """Whether tries alone do not seem to help (wheel spinning, Beck & Gong 2013)."""
        return self.tries >= STUCK_TRIES and self.then < LEARNING

    @property
    def counts(self) -> str:
        """How many tries went well at once, in words."""
        return f"{self.first} of {self.tries} first tries"


class Facts(NamedTuple):
    """What the course says that bears on what a check tells.

    Attributes:
        guesses: how likely a try goes well by chance, where that is not the usual.
        about: by assignment and id, the components of criteria that hints can belong to.
    """

    guesses: Mapping[Try, float] = {}
    about: Mapping[tuple[str, str], str] = {}


NO_FACTS = Facts()


class Tried(NamedTuple):
    """One try so far.

    Attributes:
        codes: of the checks in it.
        right: whether any of them was.
    """

    codes: frozenset[str]
    right: bool


def trace(events: Iterable[Event], now: datetime, facts: Facts = NO_FACTS) -> dict[str, Known]:
    """What somebody knows, for every component they tried.

    Args:
        events: what they did, oldest first.
        now: the time for which it is asked.
        facts: what the course says of them.
    """
    known: dict[str, Known] = {}
    tries: dict[Try, Tried] = {}
    helped: dict[Try, int] = {}
    checked: set[Try] = set()
    for event in events:
        place = event.assignment, event.exercise
        if event.kind != "check":
            which = (*place, facts.about.get((event.assignment, event.about), ANY))
            helped[which] = max(helped.get(which, 0), level_of(event))
        if event.kind != "check" or event.outcome in NO_EVIDENCE:
            continue
        again = (*place, event.code) in checked
        checked.add((*place, event.code))
        for component, right in sorted(seen(event, () if again else tries).items()):
            which = (*place, component)
            hint = max(helped.get(which, 0), helped.get((*place, ANY), 0))
            chance = facts.guesses.get(which, GUESS), hint
            was = known.get(component) or unknown(component)
            known[component], tries[which] = after(was, tries.get(which), event, right, chance)
        if event.outcome == "correct" and not again:
            helped = {which: level for which, level in helped.items() if which[:2] != place}
    return {name: at(one, now) for name, one in known.items()}


def level_of(event: Event) -> int:
    """How much help a hint, an explanation or a solution is.

    A solution tells all. An explanation that names no mistake tells no more than Python does.
    """
    if event.kind == "explain":
        return event.level or 0
    return 3 if event.kind == "solution" else event.level or 1


def seen(event: Event, tries: Iterable[Try]) -> dict[str, bool]:
    """Which components a check tells of, and whether each is right.

    One of which only a mistake told, and no criterion, is right once the whole exercise is.

    Args:
        event: the check.
        tries: those that were begun before.
    """
    told = dict.fromkeys(event.passed, True)
    if event.outcome == "correct":
        here = (event.assignment, event.exercise)
        told |= {c: True for *place, c in tries if tuple(place) == here}
    return told | dict.fromkeys(event.failed, False)


def after(
    was: Known, tried: Tried | None, event: Event, right: bool, chance: tuple[float, int]
) -> tuple[Known, Tried]:
    """What is known after a check, and how far the try is.

    Args:
        was: what was known when the component was last tried.
        tried: the try until then; None where this is its first check.
        event: the check.
        right: whether the component was.
        chance: how likely that is by guessing, and the highest hint that was taken before.
    """
    codes = tried.codes if tried else frozenset()
    left = at(was, event.at)
    when = max(was.since, event.at) if was.since else event.at
    if tried is None or (left.due and event.code not in codes):
        return observed(left, when, right, *chance), Tried(codes | {event.code}, right)
    if event.code in codes:
        return was, tried
    if right and not tried.right:
        was = left._replace(p=learned(left.p), since=when)
    return was, Tried(codes | {event.code}, tried.right or right)


def observed(was: Known, when: datetime, right: bool, guess: float, hint: int) -> Known:
    """What is known after a first check.

    Args:
        was: what was left of it at that time.
        when: the time of the check.
        right: whether it was right.
        guess: how likely that is without knowing it.
        hint: the highest hint taken before: from the second on the answer was told.
    """
    well = right and hint < 2
    p = posterior(was.p, well, guess)
    if well and hint == 1:
        p = HINT_WEIGHT * p + (1 - HINT_WEIGHT) * posterior(was.p, False, guess)
    p, tries = learned(p), was.tries + 1
    return Known(
        was.component, p, tries, was.first + well, well,
        mastered=p >= MASTERED and tries >= FEWEST_TRIES and well, since=when,
    )  # fmt: skip


def posterior(p: float, right: bool, guess: float) -> float:
    """The probability after an answer, by Bayes' rule (Corbett & Anderson 1995)."""
    if_known, if_not = (1 - SLIP, guess) if right else (SLIP, 1 - guess)
    return p * if_known / (p * if_known + (1 - p) * if_not)


def learned(p: float) -> float:
    """The probability after a chance to learn, kept off the edges."""
    return min(max(p + (1 - p) * TRANSIT, EDGE), 1 - EDGE)


def at(one: Known, now: datetime) -> Known:
    """What is left at a later time: forgetting leads back to where everybody starts.

    A clock that was put back forgets nothing.
    """
    if one.since is None:
        return one
    days = max(0.0, (now - one.since).total_seconds() / DAY_S)
    half_life = HALF_LIFE_DAYS * 2.0 ** (min(one.first, MOST_DOUBLINGS) - 1)
    start = p_start(one.component)
    p = start + (one.p - start) * 2.0 ** (-days / half_life)
    return one._replace(p=p, then=one.p)


def unknown(component: str) -> Known:
    """A component that nobody tried."""
    return Known(component, p_start(component))


def p_start(component: str) -> float:
    """That somebody knows a component before the first try."""
    if component in FAMILIAR:
        return P_START_FAMILIAR
    return P_START_STRANGE if component in STRANGE else P_START


def success(p: float, guess: float = GUESS) -> float:
    """That the next try goes well at once."""
    return p * (1 - SLIP) + (1 - p) * guess
