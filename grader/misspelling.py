"""Whether one name is another, misspelt: told by its letters alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

SHORTEST = 3
"""Letters of a part of a name: `x` and `y` in `x_train` and `y_train` are two things."""
ALIKE = 0.8
"""Of all letters, that two spellings share in order."""
DIGITS = re.compile(r"\d+")


def meant(name: str, known: Iterable[str]) -> str:
    """The known name that another misspells; empty where none is near, or several are as near.

    Other capitals or underscores are a misspelling, and so are letters that are missing, too many
    or swapped in one part of the name. Another number is not: `model_1` is no slip for `model_2`.
    """
    near = {other: likeness for other in known if (likeness := like(name, other))}
    best = [other for other, likeness in near.items() if likeness == max(near.values())]
    return best[0] if len(best) == 1 else ""


def like(name: str, other: str) -> float:
    """How much of one name is in a misspelling of it, from ALIKE to 1; 0 if it is another name."""
    if name == other or DIGITS.findall(name) != DIGITS.findall(other):
        return 0.0
    one, two = name.lower(), other.lower()
    if one.replace("_", "") == two.replace("_", ""):
        return 1.0
    pairs = [(a, b) for a, b in zip(one.split("_"), two.split("_"), strict=False) if a != b]
    if one.count("_") != two.count("_") or len(pairs) != 1:
        return 0.0
    if min(map(len, pairs[0])) < SHORTEST:
        return 0.0
    ratio = SequenceMatcher(None, *pairs[0]).ratio()
    return ratio if ratio >= ALIKE else 0.0
