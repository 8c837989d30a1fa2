"""What every variation is: another way to write a correct solution, which must change no verdict.

A rubric is audited from both sides: mistakes that are planted have to cost something, and what
somebody else might as well have written must cost nothing. A variation finds what to edit by what
the code does, as faults do; what it makes is still correct when it is run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from grader.planting import Mutant, Solution

NEW_CELL = "# ---- a new cell begins here ----"
"""A line of this text parts a cell in two; it is in neither of them."""


class Variation(ABC):
    """Changes how a solution is written, and nothing of what it does.

    Attributes:
        name: a few words, by which a report calls it.
        changes: one sentence without a full stop: what it changes.
    """

    name: ClassVar[str]
    changes: ClassVar[str]

    @abstractmethod
    def vary(self, solution: Solution) -> Iterator[Mutant]:
        """The solution written in another way; nothing where it holds nothing of the kind."""
