"""What every check is, and how it proves itself.

A check is a pydantic model: its fields are what a rubric may say. It reads evidence and returns a
`Finding`; it takes no clock, no randomness, no file. Whether the exercise was attempted at all,
and whether its cells could be run, has been settled before it is asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from grader.challenge import Ask, Challenge
from grader.evidence import Evidence
from grader.finding import Finding, Verdict

Shape = list[Annotated[int, Field(ge=0)]]
"""The size of each dimension, as a rubric gives it; [] for a single number."""


class Example(NamedTuple):
    """A case that a check must judge as stated; part of the check, run by the tests.

    Attributes:
        about: what is in the exercise, in words for authors: `grader checks` prints it.
        fields: the check's fields, as a rubric would give them.
        evidence: what was seen.
        exercise: which exercise is judged.
        verdict: what the check must say.
    """

    about: str
    fields: dict[str, Any]
    evidence: Evidence
    exercise: str
    verdict: Verdict


class Check(BaseModel, ABC):
    """Judges one thing about one exercise.

    The docstring of a check is what `grader checks` tells authors: its first line says what has to
    be there, the rest what counts. So do its fields' descriptions and its examples; the first one
    that passes becomes the criterion to paste.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str]
    preparation_counts: ClassVar[bool] = False
    """Whether seeds, devices and constants are what is asked for, not only preparation."""

    reads_operations: ClassVar[bool] = True
    """Whether it reads tensors and torch calls one by one, which are not recorded in full in a cell
    that trains; a check of models, trainings, files or figures does not, and judges there too."""

    reloads: ClassVar[bool] = False
    """Whether it reads what became of saved files, which an assignment has to ask for."""

    asks: ClassVar[Ask] = "model"
    """Who has to answer the challenges it reads, if it reads any."""

    @abstractmethod
    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """What the evidence says about the exercise."""

    def needs(self) -> list[str]:
        """Other exercises whose evidence it reads."""
        return []

    def reads_on(self) -> list[str]:
        """Further exercises whose evidence it reads, and which may come later."""
        return []

    def challenges(self) -> list[str]:
        """Ids of the challenges whose answers it reads."""
        return []

    def hangs_on_luck(self) -> list[str]:
        """Ids of the challenges whose answers hang on where a training starts.

        Where what they are for is not met, the hand-in runs once more from other seeds, and the
        better of both runs counts.
        """
        return []

    def misfit(self, challenge: Challenge) -> str:
        """What keeps it from reading the answers to a challenge; empty if nothing does."""
        return "" if challenge.ask == self.asks else f'it does not ask = "{self.asks}"'

    def wanted_numbers(self) -> list[float]:
        """The numbers it looks for in their order, where it looks for a list of them."""
        return []

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Example]:
        """At least one case that passes, one that fails and one where nothing is there."""
