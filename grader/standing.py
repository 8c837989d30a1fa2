"""How a hand-in stands: graded, or what keeps it from that, the most pressing first."""

from __future__ import annotations

from typing import Literal, NamedTuple

from grader.grade import NOT_RUN, Grade
from grader.legible import points

Kind = Literal[
    "not-graded",
    "unreadable",
    "unrecognised",
    "broken",
    "withheld",
    "not-final",
    "look",
    "graded",
    "absent",
]


class Standing(NamedTuple):
    """One way to stand.

    Attributes:
        word: in the table.
        heading: over those who stand so, where a person is needed.
        meaning: one sentence.
    """

    word: str
    heading: str
    meaning: str


STANDINGS: dict[Kind, Standing] = {
    "not-graded": Standing(
        "not graded", "Not graded: this machine's trouble",
        "Nothing is lost. Grade these again once the machine can.",
    ),
    "unreadable": Standing(
        "unreadable", "Not run: unreadable", "Ask for the file again where it is broken."
    ),
    "unrecognised": Standing(
        "not recognised", "Not run: its exercises were not found",
        "The review shows what was looked for, and what headings it has: is it another homework?",
    ),
    "broken": Standing(
        "check broke", "A check of ours broke",
        "What it would have judged is withheld. Please report it.",
    ),
    "withheld": Standing(
        "withheld", "Points withheld",
        "Some points could not be judged. They are neither lost nor given.",
    ),
    "not-final": Standing(
        "not final", "Not final", "Every point was judged, and the run ended early or is doubted."
    ),
    "look": Standing(
        "have a look", "Points stand; have a look",
        "Every point was judged. Something about the hand-in is odd.",
    ),
    "graded": Standing("graded", "", "The points are the whole truth."),
    "absent": Standing("no hand-in", "", "On the roster, and nothing came. That is not zero."),
}  # fmt: skip
ORDER: dict[Kind, int] = {kind: place for place, kind in enumerate(STANDINGS)}
"""What needs a person comes first."""


NOT_RUN_KINDS: dict[str, Kind] = {
    "host_failed": "not-graded", "unreadable": "unreadable", "unrecognised": "unrecognised",
}  # fmt: skip


def kind_of(grade: Grade) -> Kind:
    """How a hand-in stands."""
    if grade.ending in NOT_RUN:
        return NOT_RUN_KINDS[grade.ending]
    if any(m.verdict == "broken" for m in grade.marks):
        return "broken"
    if grade.withheld:
        return "withheld"
    if not grade.final:
        return "not-final"
    return "look" if grade.needs_a_person else "graded"


def word(kind: Kind, withheld: float) -> str:
    """How it stands, in a few words."""
    told = STANDINGS[kind].word
    return f"{points(withheld)} {told}" if kind == "withheld" else told
