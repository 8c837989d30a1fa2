"""One assignment beside one kernel: what its cells did, judged as a graded run would be.

Which cells answer an exercise is told, in this order, by a cell's own `%%check` line; by the
headings of the notebook's file; and where no file is known, by the template's given lines in the
cell. Cells that none of this tells are taken for the exercise that is checked next, unless others
answer it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from grader.alongside.document import Document, of_file, of_runs, read
from grader.alongside.gathered import Gatherer
from grader.alongside.given_lines import GivenLines
from grader.alongside.only_a_full_run import as_far_as_it_goes, with_devices
from grader.alongside.runs import Run, first_runs, latest
from grader.assignment import Assignment
from grader.diagnosing import diagnose
from grader.evidence import Evidence
from grader.exercises import Placement, place
from grader.grade import Grade, judge, mark
from grader.rubric import Criterion, Rubric
from grader.tutor.practice import Practised, practised

ALONE = "-"
"""The exercise of a cell that is looked at by itself."""


class Kernel(Protocol):
    """The kernel that a student works in.

    Attributes:
        problem: what keeps the probes from seeing anything; empty if nothing does.
    """

    problem: str

    @property
    def runs(self) -> Sequence[Run]:
        """The runs of its cells, in order."""

    def aside(self) -> AbstractContextManager[None]:
        """A context in which nothing is the student's doing."""

    def look(self) -> None:
        """See what the running cell has done by now."""

    @property
    def can_ask(self) -> bool:
        """Whether models and functions can be asked."""

    @property
    def torch(self) -> str:
        """The version of torch that is watched; empty before it is imported."""

    @property
    def gpu(self) -> bool:
        """Whether a GPU is in use."""

    def answers(self, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What models and functions give for inputs."""


class Looked(NamedTuple):
    """What a look at an exercise found.

    Attributes:
        found: what a check tells.
        grade: of all that ran, which no one may take for a grade.
        evidence: of all that ran.
        behind: cells of the exercise, from 1, that have not run as they stand.
    """

    found: Practised
    grade: Grade
    evidence: Evidence
    behind: tuple[int, ...]


class Desk:
    """Looks at the cells that ran.

    Args:
        kernel: in which they ran.
        assignment: what was asked for.
        rubric: what earns points.
        file: where the notebook lies; None where that is not known.
    """

    def __init__(
        self, kernel: Kernel, assignment: Assignment, rubric: Rubric, file: Path | None
    ) -> None:
        self.assignment = assignment
        self.rubric = rubric
        self.file = file
        self._kernel = kernel
        self._gatherer = Gatherer(assignment)
        self._given = GivenLines(assignment)
        self._taken: dict[int, str] = {}

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A context in which nothing is the student's doing.

        Garbage is collected afterwards: looking through all that torch and the notebook hold takes
        longer than a check.
        """
        collects = gc.isenabled()
        gc.disable()
        try:
            with self._kernel.aside():
                yield
        finally:
            if collects:
                gc.enable()

    def take_in(self, run: Run) -> None:
        """A cell has run; read what it did while nobody waits for it."""
        self._gatherer.take_in(run)

    def exercises(self) -> list[str]:
        """The exercises that can be checked."""
        public = {c.exercise for c in self.rubric.criteria if c.visibility == "public"}
        return [e.id for e in self.assignment.exercise if e.id in public]

    def runs(self) -> list[Run]:
        """The last run of each cell."""
        return latest(self._kernel.runs, self._given.may_be)

    def document(self) -> Document:
        """The notebook as it stands."""
        saved = read(self.file)
        return of_runs(self.runs()) if saved is None else of_file(saved, self.runs())

    def look(self, exercise: str) -> Looked | None:
        """What the cells of an exercise did; None where none of them has run.

        Args:
            exercise: id of one that has a public criterion.
        """
        self._kernel.look()
        document = self.document()
        placement = self._placed(document, exercise)
        if not any(placement.exercise.get(i) == exercise for i in document.runs):
            return None
        evidence = self._evidence(document, placement, exercise)
        rubric = as_far_as_it_goes(
            self._that_counts(exercise, evidence), evidence, gpu=self._kernel.gpu
        )
        grade = mark(evidence, judge(evidence, rubric, self.assignment), self.assignment)
        mistakes = diagnose(evidence, [exercise]).diagnoses
        grade = grade.model_copy(update={"diagnoses": mistakes})
        behind = tuple(
            i + 1 for i in sorted(document.behind)
            if placement.exercise.get(i) == exercise and i in placement.written
        )  # fmt: skip
        beside = {i + 1: f"In [{run.count}]" for i, run in document.runs.items()}
        found = practised(grade, evidence, rubric)[exercise]._replace(beside=beside)
        return Looked(
            with_devices(found, rubric, evidence, gpu=self._kernel.gpu), grade, evidence, behind
        )

    def alone(self, run: Run) -> Evidence:
        """The evidence of all that ran, in which one cell is an exercise of its own."""
        document = self.document()
        here = [i for i, r in document.runs.items() if r is run]
        placement = Placement(dict.fromkeys(here, ALONE), frozenset(here), (), recognised=True)
        return self._gatherer.evidence(document, placement, asked=(), answers=None)

    def exercise_of(self, run: Run) -> str:
        """The exercise that a cell answers; empty where nothing tells it yet."""
        document = self.document()
        placed = self._placed(document).exercise
        return next((placed.get(i) or "" for i, r in document.runs.items() if r is run), "")

    def _that_counts(self, exercise: str, evidence: Evidence) -> Rubric:
        """The rubric without what an exercise's verdict does not hang on.

        Where one of its cells raised, that may follow from any exercise before it.
        """
        order = [e.id for e in self.assignment.exercise]
        raised = any(e.ending == "raised" for e in evidence.endings(exercise))
        needed = {exercise, *(order[: order.index(exercise)] if raised else ())}
        kept: list[Criterion] = []
        for criterion in reversed(self.rubric.criteria):
            if criterion.exercise in needed or any(criterion.id in c.after for c in kept):
                kept.append(criterion)
        return self.rubric.model_copy(update={"criteria": tuple(reversed(kept))})

    def _evidence(self, document: Document, placement: Placement, exercise: str) -> Evidence:
        needs = {n for c in self.rubric.of(exercise)
                 for n in (*c.check.needs(), *c.check.reads_on())}  # fmt: skip
        return self._gatherer.evidence(
            document, placement, asked={exercise, *needs},
            answers=self._kernel.answers if self._kernel.can_ask else None,
            problem=self._kernel.problem, torch=self._kernel.torch,
        )  # fmt: skip

    def _placed(self, document: Document, exercise: str = "") -> Placement:
        """Which cells answer which exercise; those that nothing tells are taken for one."""
        placement = place(document.notebook, self.assignment)
        known = {e.id for e in self.assignment.exercise}
        own = {i: run.asked for i, run in document.runs.items() if run.asked in known}
        if document.saved:
            return placement._replace(exercise={**placement.exercise, **own})
        taken = {i: self._taken[r.number] for i, r in document.runs.items()
                 if r.number in self._taken}  # fmt: skip
        placed = self._by_given_lines(document) | taken | own
        if exercise and (exercise not in placed.values() or exercise in taken.values()):
            for index, run in document.runs.items():
                if index not in placed and index in placement.written:
                    placed[index] = self._taken[run.number] = exercise
        return placement._replace(exercise=placed)

    def _by_given_lines(self, document: Document) -> dict[int, str]:
        """The cells whose exercise the template's comments in them tell."""
        first = first_runs(self._kernel.runs, self._given.may_be)
        order = {i: first.get(run.number, run.number) for i, run in document.runs.items()}
        return self._given.exercises(document.notebook.code, order)
