"""Whether one name is another, misspelt: told by its letters alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import islice

SHORTEST, LONGEST = 3, 80
"""Letters of a name that is looked at, and of the part that differs in it."""
MOST_NAMES = 2000
ALIKE = 0.8
"""Of all letters, that two spellings share in order."""
DIGITS = re.compile(r"\d+")


def slip_for(name: str, known: Iterable[str]) -> str:
    """The known name that another misspells; empty where none is near, or several are as near.

    Other capitals or underscores are a slip, and so are letters that are missing, too many or
    swapped inside one part of the name. Another beginning, another ending or another number makes
    another name: `decoder` is no slip for `encoder`, nor `losses` for `loss`.
    """
    if not SHORTEST <= len(name) <= LONGEST:
        return ""
    near = {other: likeness(name, other) for other in islice(known, MOST_NAMES)}
    most = max(near.values(), default=0.0)
    best = [other for other, alike in near.items() if alike == most]
    return best[0] if most > 0 and len(best) == 1 else ""


def likeness(name: str, other: str) -> float:
    """How much of one name is in a slip for it, from ALIKE to 1; 0 if it is another name."""
    if name == other or len(other) > LONGEST or DIGITS.findall(name) != DIGITS.findall(other):
        return 0.0
    one, two = name.lower(), other.lower()
    if one.replace("_", "") == two.replace("_", ""):
        return 1.0
    parts = [(a, b) for a, b in zip(one.split("_"), two.split("_"), strict=False) if a != b]
    if one.count("_") != two.count("_") or len(parts) != 1:
        return 0.0
    (a, b) = parts[0]
    if min(len(a), len(b)) < SHORTEST or a[0] != b[0] or a.startswith(b) or b.startswith(a):
        return 0.0
    ratio = SequenceMatcher(None, a, b).ratio()
    if sorted(a) == sorted(b):  # letters are swapped, which tells little by their order
        return max(ratio, ALIKE)
    return ratio if ratio >= ALIKE else 0.0
