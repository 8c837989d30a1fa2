"""Numbers and lists of numbers in printed text, and how exactly they were printed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

PIECE = re.compile(r"[\[\](),]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?|nan|-?inf")

MOST_LEVELS = 16
"""Brackets within brackets that are told; each holds the numbers of all within it once more."""

WORD = re.compile(r"[A-Za-z_]\w*:?\d*")


class Listed(NamedTuple):
    """A bracketed list of numbers in a text.

    Attributes:
        depth: how deeply it is nested.
        values: its numbers in reading order.
        precision: half of the last digit printed, of the most exact number.
    """

    depth: int
    values: list[float]
    precision: float


def lists_in(text: str) -> Iterator[Listed]:
    """Every bracketed list of numbers in a text.

    A list is told for each of its levels, so `torch.Size([1, 2])` is found in `([..], [1, 2])`.
    Round brackets around square ones are a call or a tuple, and no level of their own. Of brackets
    nested without end, only the innermost are told: no tensor has so many dimensions.
    """
    stack: deque[tuple[list[float], list[int], list[float]]] = deque(maxlen=MOST_LEVELS)
    for piece in PIECE.findall(text):
        if piece in "[(":
            stack.append(([], [0], [0.5]))
        elif piece in "])":
            if not stack:
                continue
            values, depths, steps = stack.pop()
            depth = max(depths) + (piece == "]" or not max(depths))
            yield Listed(depth, values, min(steps))
            if stack:
                stack[-1][0].extend(values)
                stack[-1][1].append(depth)
                stack[-1][2].append(min(steps))
        elif piece != "," and stack:
            stack[-1][0].append(float(piece))
            stack[-1][2].append(last_digit(piece))


class Printed(NamedTuple):
    """A number as it was printed; `decimals` is how many digits follow the point."""

    value: float
    decimals: int

    def shows(self, exact: float) -> bool:
        """Whether it is an exact value, rounded to what was printed."""
        if not abs(exact) < 1e15:  # nan too
            return False
        step = 0.51 * 10.0 ** -min(self.decimals, 6) if self.decimals else 1e-9
        return abs(self.value - exact) <= step


def single_numbers(text: str) -> list[Printed]:
    """The numbers of a text that stand in no square brackets."""
    numbers, depth = [], 0
    for piece in PIECE.findall(WORD.sub(" ", text)):
        if piece in "[]":
            depth = max(0, depth + (1 if piece == "[" else -1))
        elif piece not in "()," and not depth:
            digits = piece.lower().partition("e")[0].partition(".")[2]
            numbers.append(Printed(float(piece), len(digits)))
    return numbers


def last_digit(piece: str) -> float:
    """Half of the last digit of a printed number: 0.00005 of "0.1234"; of "2." or "2", nothing."""
    number, _, exponent = piece.lower().partition("e")
    decimals = len(number.partition(".")[2])
    if not decimals and not exponent:
        return 1e-6
    return float(f"0.5e{max(-300, min(300, int(exponent or 0) - decimals))}")
