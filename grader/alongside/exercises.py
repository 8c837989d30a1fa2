"""What a student holds in a notebook: `q[3]`, and what can be asked of it.

Nothing a student types here ends in a traceback of ours: what cannot be done is told in a
sentence. Every answer has a Markdown face and a plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

from grader import learner
from grader.alongside.desk import Desk, Looked
from grader.alongside.explaining import explained
from grader.alongside.telling import Telling, code, paragraphs, sentence
from grader.alongside.why import reasons
from grader.diagnosing import by_id
from grader.errors import HostError, nearest
from grader.tutor.events import Event
from grader.tutor.faces import Steps, markdown, text
from grader.tutor.hints import (
    Ladder,
    hint_event,
    hint_text,
    history,
    ladder_for,
    next_hint,
    solution_opens,
)
from grader.tutor.practice import Practised, event

ONCE_SEEN = ("Once you have seen it, this exercise cannot show you any more whether you would have"
             " found it.")  # fmt: skip
NOT_REMEMBERED = "This was not remembered: "


class Around(NamedTuple):
    """What an exercise needs of its surroundings.

    Attributes:
        desk: looks at what ran.
        name: the student's own name for the exercises, such as q.
        notebook: the file as the command line names it.
        aside: a context in which nothing is the student's doing.
        solutions: the code of the exercises in a solution, by id; empty where there is none.
    """

    desk: Desk
    name: Callable[[], str]
    notebook: str
    aside: Callable[[], AbstractContextManager[None]]
    solutions: Callable[[], dict[str, list[str]]]


class Exercise:
    """One exercise."""

    def __init__(self, around: Around, exercise: str) -> None:
        self._around = around
        self._id = exercise
        self._looked: Looked | None = None

    def __repr__(self) -> str:
        title = self._around.desk.assignment.titled(self._id).title
        me = f"{self._around.name()}[{self._id}]"
        return f"{self._id}  {title}: {me}.check()  .hint()  .why()  .solution()"

    def check(self) -> Telling:
        """Whether what ran here answers the exercise; what to look at if not."""
        with self._around.aside():
            looked = self._looked = self._around.desk.look(self._id)
            if looked is None:
                return self._nothing_ran()
            if looked.behind and looked.found.verdict != "correct":
                return self._has_not_run(looked.behind)
            found = looked.found
            steps = self._steps(found)
            plain, marked = text(found, steps), markdown(found, steps)
            trouble = self._remember(lambda: event(found, learner.learner_id(), learner.now()))
            return Telling(plain + trouble, marked + (f"\n\n{trouble}" if trouble else ""))

    def hint(self, *, force: bool = False) -> Telling:
        """The next hint; with force, also before it is open."""
        with self._around.aside():
            before = self._before()
            ladder = self._ladder(before)
            if ladder is None:
                return sentence(f"Exercise {self._id} is correct: there is nothing to hint at.")
            help_ = self._around.desk.rubric.help
            shown = next_hint(before, ladder, help_=help_, forced=force)
            again = f"{self._around.name()}[{self._id}].hint(force=True)"
            told = hint_text(shown, ladder, force=again)
            if shown.new:
                self._remember(lambda: hint_event(
                    shown, ladder, before, learner=learner.learner_id(), at=learner.now(),
                    assignment=self._around.desk.assignment.id, exercise=self._id,
                ))  # fmt: skip
            return paragraphs(told.split("\n"))

    def why(self) -> Telling:
        """What each part of the last check rests on."""
        if self._looked is None:
            return sentence("There is no check to explain yet.", self._call("check"))
        return reasons(self._looked, self._id)

    def solution(self, *, confirm: bool = False) -> Telling:
        """One way to solve the exercise: once it is correct, or at the end of the hints."""
        with self._around.aside():
            before = self._before()
            opened = solution_opens(before, self._ladder(before))
            if opened == "closed":
                return sentence(
                    "The solution opens when the exercise is correct, or at the end of its hints.",
                    self._call("hint"),
                )  # fmt: skip
            if opened == "ladder" and not confirm:
                again = f"{self._around.name()}[{self._id}].solution(confirm=True)"
                return sentence(ONCE_SEEN, again)
            cells = self._around.solutions().get(self._id)
            if not cells:
                return sentence("No solution came with this assignment; ask whoever gave it out.")
            self._remember(lambda: Event(
                learner=learner.learner_id(), at=learner.now(), kind="solution",
                assignment=self._around.desk.assignment.id, exercise=self._id,
            ))  # fmt: skip
            return code(f"One way to solve exercise {self._id}", cells)

    def _call(self, what: str) -> str:
        return f"{self._around.name()}[{self._id}].{what}()"

    def _steps(self, found: Practised) -> Steps:
        full = f"!grader check {self._around.notebook} -e {self._id}"
        check = full if found.unjudged else self._call("check")
        return Steps(check, self._call("hint"), f"{self._around.name()}.next()")

    def _nothing_ran(self) -> Telling:
        return sentence(
            f"Nothing of exercise {self._id} has run since self-check started."
            " Run its cells, then check again."
        )

    def _has_not_run(self, behind: tuple[int, ...]) -> Telling:
        cells = f"cell{'s' if len(behind) > 1 else ''} {', '.join(map(str, behind))}"
        has = "have" if len(behind) > 1 else "has"
        return sentence(
            f"Exercise {self._id} is not all there yet: {cells} of the notebook {has} not run as"
            " saved. Run the rest of the exercise, then check again."
        )

    def _before(self) -> list[Event]:
        try:
            return history(learner.remembered(), self._around.desk.assignment.id, self._id)
        except HostError:
            return []

    def _ladder(self, before: list[Event]) -> Ladder | None:
        public = [c for c in self._around.desk.rubric.of(self._id) if c.visibility == "public"]
        own = [Ladder(c.id, c.title, tuple(c.hints), c.component) for c in public]
        return ladder_for(before, own, ladder_of_fault)

    def _remember(self, made: Callable[[], Event]) -> str:
        """Add to the learner's log; a sentence where that cannot be written."""
        try:
            learner.remember(made())
        except HostError as problem:
            return f"{NOT_REMEMBERED}{problem}"
        return ""


def ladder_of_fault(fault: str) -> Ladder | None:
    """The hints of a fault."""
    known = by_id().get(fault)
    if known is None:
        return None
    return Ladder(known.id, known.title, known.hints, known.component)


class Exercises:
    """The exercises of an assignment, by number."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._made = {e: Exercise(around, e) for e in around.desk.exercises()}

    def __getitem__(self, key: object) -> Exercise | Sorry:
        found = self._made.get(str(key))
        if found is not None:
            return found
        known = list(self._made)
        return Sorry(f"{self._around.desk.assignment.id} has no exercise {str(key)[:40]!r}"
                     f"{nearest(str(key), known)}.")  # fmt: skip

    def __iter__(self) -> Iterator[Exercise]:
        return iter(self._made.values())

    def explain(self) -> Telling:
        """What the last error means."""
        with self._around.aside():
            return explained(self._around.desk)

    def __repr__(self) -> str:
        assignment = self._around.desk.assignment
        lines = [f"{assignment.id}  {assignment.title}", *(f"  {e!r}" for e in self)]
        return "\n".join(lines)


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
