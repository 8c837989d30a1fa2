"""What a student holds in a notebook: `q`, with `q[3]`, `q.progress()`, `q.next()`."""

from __future__ import annotations

from collections.abc import Iterator

from grader.alongside.exercise import Around, Exercise
from grader.alongside.explaining import explained, in_a_notebook
from grader.alongside.memory import Memory
from grader.alongside.onward import how_far, what_next
from grader.alongside.runs import Run
from grader.alongside.telling import Telling, joined, sentence
from grader.errors import nearest


class Exercises:
    """The exercises of an assignment, by number."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._made = {e: Exercise(around, e) for e in around.desk.exercises()}

    def __getitem__(self, key: object) -> Exercise | Sorry:
        asked = str(key).strip()[:40]
        found = self._made.get(asked)
        if found is not None:
            return found
        known = list(self._made)
        said = f"{self._around.desk.assignment.id} has no exercise {asked!r} that can be checked"
        return Sorry(f"{said}{nearest(asked, known)}")

    def __iter__(self) -> Iterator[Exercise]:
        return iter(self._made.values())

    def __repr__(self) -> str:
        assignment = self._around.desk.assignment
        return "\n".join([f"{assignment.id}  {assignment.title}", *(f"  {e!r}" for e in self)])

    def take_in(self, run: Run) -> None:
        """A cell has run; read what it did while nobody waits for it."""
        self._around.desk.take_in(run)

    def explain(self) -> Telling:
        """What the last error means."""
        desk = self._around.desk
        with desk.aside():
            found = explained(desk)
            trouble = Memory(desk.assignment.id, "").explained(found, desk.rubric.help)
            return joined(in_a_notebook(found, desk.rubric.help), trouble)

    def progress(self) -> Telling:
        """What you know by now, as far as checks tell."""
        return how_far(self._around.course, self._around.desk.assignment.id)

    def next(self) -> Telling:
        """What to do next, and why."""
        around = self._around
        return what_next(around.course, around.desk.assignment.id, around.name())


class Sorry:
    """Stands where nothing can be asked; every question is answered with the reason.

    Args:
        said: the reason, one sentence.
        code: what to type instead, where there is something.
    """

    def __init__(self, said: str, code: str = "") -> None:
        self._said = sentence(said, code)

    def __getitem__(self, key: object) -> Sorry:
        return self

    def __iter__(self) -> Iterator[Sorry]:
        return iter(())

    def __repr__(self) -> str:
        return repr(self._said)

    def _repr_markdown_(self) -> str:
        return self._said._repr_markdown_()

    def take_in(self, run: Run) -> None:
        """A cell has run, and nobody will ask for it."""

    def check(self) -> Telling:
        """The reason."""
        return self._said

    def hint(self, *, force: bool = False) -> Telling:
        """The reason."""
        return self._said

    def why(self) -> Telling:
        """The reason."""
        return self._said

    def solution(self, *, confirm: bool = False) -> Telling:
        """The reason."""
        return self._said

    def explain(self) -> Telling:
        """The reason."""
        return self._said

    def progress(self) -> Telling:
        """The reason."""
        return self._said

    def next(self) -> Telling:
        """The reason."""
        return self._said
