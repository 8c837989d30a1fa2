"""What an audit of a rubric found: what it lets pass, what it punishes wrongly, what is idle.

`grader.auditing` makes it of runs; `grader.attempts` says what is run.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from grader.finding import Diagnosis, Severity
from grader.grade import Grade, Mark
from grader.mutating import Planted

Part = Literal["solution", "mutant", "variant", "mistake"]
"""A solution as it is, one with a mistake planted in it, one written in another way, and a hand-in
of the author's own with a mistake in it."""


AS_IT_IS = Planted("", "", (), (), "")
"""The change of a file that is not changed."""


class Ran(NamedTuple):
    """One run.

    Attributes:
        part: what the hand-in is.
        name: the file in the assignment's folder that it is, or was made from.
        salt: another one starts the random generators elsewhere.
        change: what is different from the solution.
        grade: what it earned.
        same: whether evidence shows nothing that the solution does not do.
    """

    part: Part
    name: str
    salt: int
    change: Planted
    grade: Grade
    same: bool = False


class Changed(NamedTuple):
    """A changed solution, and what its grade differs in from that of the solution.

    Attributes:
        by: id of the mistake, or name of the variation.
        title: of the mistake, or what the variation changes.
        name: the solution's file.
        what: how the change was made.
        exercises: ids of those that were edited.
        diff: the lines that changed.
        marks: those that the solution has otherwise.
        diagnosed: ids of the mistakes that were found, in the order in which they are told.
        person: why a person is asked, where the solution needs none.
    """

    by: str
    title: str
    name: str
    what: str
    exercises: tuple[str, ...]
    diff: str
    marks: tuple[Mark, ...]
    diagnosed: tuple[str, ...]
    person: str


class OfFault(NamedTuple):
    """What became of the mutants of one mistake.

    Attributes:
        id: of the fault.
        title: the mistake in a few words.
        severity: how bad it is.
        mutants: how many there are, those aside that do the same as the solution.
        lost: how many of these lose points.
        same: how many do the same as the solution.
        first: how many were diagnosed before anything else.
        three: how many were diagnosed among the first three.
        wrong: how many are expected to lose points: those of severity F, unless the diagnosis
            itself says that the mistake is harmless there, as a forgotten `eval()` is where a model
            has no dropout.
        paid: how many of these do.
    """

    id: str
    title: str
    severity: Severity
    mutants: int
    lost: int
    same: int
    first: int
    three: int
    wrong: int
    paid: int


class OfVariation(NamedTuple):
    """How many variants a variation made, and how many of them change no verdict."""

    name: str
    changes: str
    variants: int
    unchanged: int


class Together(NamedTuple):
    """Criteria of which none is ever lost without the others, and by how many hand-ins."""

    criteria: tuple[str, ...]
    hand_ins: int


class Unsteady(NamedTuple):
    """A criterion whose verdict on a solution hangs on the seed: the verdict from each."""

    name: str
    criterion: str
    verdicts: tuple[str, ...]


class Accused(NamedTuple):
    """A mistake that was found in correct work; `what` is empty for a solution as it is."""

    name: str
    what: str
    diff: str
    found: Diagnosis


class Audit(NamedTuple):
    """The outcome for one assignment.

    Attributes:
        assignment: its id.
        title: its title.
        criteria: how many the rubric has.
        solutions: how many solutions there are.
        faults: each mistake that could be planted.
        variations: each variation that made something.
        survivors: mutants that lose nothing and are expected to.
        same: mutants that do the same as their solution, as far as evidence tells.
        punished: variants whose verdicts are not those of their solution.
        accused: mistakes of severity F found in solutions and variants.
        never: ids of criteria that no wrong answer loses.
        together: see there.
        unsteady: see there.
    """

    assignment: str
    title: str
    criteria: int
    solutions: int
    faults: list[OfFault]
    variations: list[OfVariation]
    survivors: list[Changed]
    same: list[Changed]
    punished: list[Changed]
    accused: list[Accused]
    never: list[str]
    together: list[Together]
    unsteady: list[Unsteady]

    @property
    def counted(self) -> int:
        """Mutants that are expected to lose points."""
        return sum(f.wrong for f in self.faults)

    @property
    def lost(self) -> int:
        """How many of these do."""
        return sum(f.paid for f in self.faults)

    @property
    def percent(self) -> float | None:
        """Their share; None where no mistake could be planted."""
        return 100 * self.lost / self.counted if self.counted else None

    def holds(self, percent: float) -> bool:
        """Whether as many mutants lose points as they should, and no variant changes a verdict."""
        return self.percent is not None and self.percent >= percent and not self.punished
