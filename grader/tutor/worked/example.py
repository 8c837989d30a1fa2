"""What a worked example is: a small problem of another kind, and code that solves it."""

from __future__ import annotations

from typing import NamedTuple


class Worked(NamedTuple):
    """An example.

    Attributes:
        problem: what is wanted, one sentence.
        code: complete, and runs as it is.
        point: what to see in it, one or two sentences.
    """

    problem: str
    code: str
    point: str
