"""Text that a person can read, out of numbers and of whatever a hand-in holds.

Student text must not steer what shows it: not a terminal by its control characters, and not the
eye of a reader by characters that turn the writing direction round or that nobody sees.
"""

from __future__ import annotations

import re

ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -~]?)"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
"""Controls, directions, and what cannot be seen; joiners stay, because scripts and emoji need them.

Lone surrogates belong here too: they are legal in JSON, and in no file.
"""


def points(value: float) -> str:
    """Points with at most four significant digits."""
    return f"{value:.4g}"


def sentence(text: str, *, capital: bool = True) -> str:
    """A reason as a sentence; it keeps its first letter where its first word is code."""
    first = text.split(" ", 1)[0]
    start = text[:1].upper() if capital and first.rstrip(",:").isalpha() else text[:1]
    return f"{start}{text[1:]}{'' if text.endswith(('.', '!', '?', '…')) else '.'}"


def clean(text: str) -> str:
    """Text without control characters, for a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def marked(text: str) -> str:
    """Text whose odd characters are named, such as ⟨U+202E⟩; tabs and line ends stay."""
    return ODD.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)


def as_printed(text: str) -> str:
    """Output as a terminal leaves it: without colours, and of a line written over the last state.

    A progress bar is the one line that it ended as.
    """
    plain = ESCAPES.sub("", text).replace("\r\n", "\n")
    if "\r" not in plain:
        return plain
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))
