"""What every fault is: a mistake that students make, and how it shows.

A fault reads evidence and says where the mistake was made. What happened counts more than what the
source looks like: a fault that reads source alone says that it is possible, and costs nobody a
point. It takes no clock, no randomness, no file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, Literal, NamedTuple, get_args

from grader.evidence import Evidence
from grader.fact import Fact
from grader.finding import Diagnosis, Severity
from grader.planting import Mutant, Solution

Stage = Literal[
    "environment", "crash", "data", "model", "loss", "loop", "evaluation", "metrics", "result"
]
"""Where in an exercise's way from data to result a mistake lies; an earlier one is told first."""
STAGES: tuple[Stage, ...] = get_args(Stage)
MOST_TEXT = 200


class Example(NamedTuple):
    """A case that a fault must find, or must not; part of the fault, run by the tests.

    Attributes:
        about: what happened, in words.
        evidence: what was seen.
        exercise: which exercise is looked at.
        found: whether the mistake was made there.
    """

    about: str
    evidence: Evidence
    exercise: str
    found: bool


class Fault(ABC):
    """Finds one mistake.

    Attributes:
        id: a letter for the part of the subject, and a number.
        title: the mistake in a few words.
        severity: F is wrong, W works by luck, N is worth knowing.
        stage: where it lies between data and result.
        component: what one has to understand in order not to make it.
        folds: ids of faults that follow from this one, and need not be told beside it.
        sure: whether what it sees can mean nothing else; if not, it tells what is possible.
        hints: where to look, the idea, what to change; none holds a solution.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity]
    stage: ClassVar[Stage]
    component: ClassVar[str]
    folds: ClassVar[tuple[str, ...]] = ()
    sure: ClassVar[bool] = True
    hints: ClassVar[tuple[str, str, str]]

    @abstractmethod
    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Every place in an attempted exercise where the mistake was made, in order."""

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Example]:
        """At least one case that is the mistake, and one that only looks like it."""

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """The solution with this mistake made in it, once for each place where it can be made.

        Nothing where no edit can make it.
        """
        yield from ()

    def at(
        self,
        fact: Fact,
        exercise: str,
        *,
        observed: str,
        expected: str,
        because: str,
        line: int | None = None,
    ) -> Diagnosis:
        """The mistake, seen happening in the cell of a fact.

        Args:
            fact: tells cell and line.
            exercise: id of the exercise.
            observed: what was seen; may hold text of the hand-in, and is cut.
            expected: what should have been.
            because: what follows, one sentence.
            line: where it was made, if not in the fact's line.
        """
        return Diagnosis(
            id=self.id, title=self.title, severity=self.severity, certain=self.sure,
            exercise=exercise, cell=fact.cell + 1, line=line or fact.line,
            observed=cut(observed), expected=cut(expected), because=cut(because),
        )  # fmt: skip


def possible(diagnosis: Diagnosis) -> Diagnosis:
    """The same as something that the source suggests, and nobody saw happening."""
    return diagnosis.model_copy(update={"certain": False})


def harmless(diagnosis: Diagnosis) -> Diagnosis:
    """The same as something to know, where it does no harm."""
    return diagnosis.model_copy(update={"severity": "N"})


def costly(diagnosis: Diagnosis) -> Diagnosis:
    """The same as something that was seen to make the result wrong."""
    return diagnosis.model_copy(update={"severity": "F"})


def lucky(diagnosis: Diagnosis) -> Diagnosis:
    """The same as something that works here by luck."""
    return diagnosis.model_copy(update={"severity": "W"})


def cut(text: str) -> str:
    """A text on one line that is not longer than anybody reads."""
    text = " ".join(text.split())
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
