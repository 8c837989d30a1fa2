"""What can be asked of one exercise in a notebook: to check it, a hint, the reasons, a solution.

Nothing a student types here ends in a traceback of ours: what cannot be done is told in a
sentence.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, NamedTuple, ParamSpec

import grader
from grader.alongside.desk import Desk, Looked
from grader.alongside.memory import Memory
from grader.alongside.telling import Telling, code, joined, paragraphs, sentence
from grader.alongside.why import reasons
from grader.errors import GraderError
from grader.ladder_texts import fault_ladder, public_ladders
from grader.solved import solution_of
from grader.tutor.events import Event
from grader.tutor.faces import Steps, markdown, text
from grader.tutor.hints import (
    LOST,
    Ladder,
    failed_checks,
    hint_text,
    ladder_for,
    mend_first,
    next_hint,
    solution_opens,
)
from grader.tutor.practice import Practised
from grader.tutor.question import question
from grader.tutor.worked_examples import worked_example

NO_CHECK = "There is no check to explain yet."
NOT_OPEN = "The solution opens when the exercise is correct, or at the end of its hints."
ONCE_SEEN = ("Once you have seen it, this exercise cannot show you any more whether you would have"
             " found it.")  # fmt: skip
NO_SOLUTION = "No solution came with this assignment; ask whoever gave it out."
OUR_BUG = "This could not be answered, and not because of your code"

Arguments = ParamSpec("Arguments")


class Around(NamedTuple):
    """What an exercise needs of its surroundings.

    Attributes:
        desk: looks at what ran.
        course: the course folder.
        notebook: the file as the command line names it.
        name: the student's own name for the exercises, such as q.
    """

    desk: Desk
    course: Path
    notebook: str
    name: Callable[[], str]


def answered(
    method: Callable[Concatenate[Exercise, Arguments], Telling],
) -> Callable[Concatenate[Exercise, Arguments], Telling]:
    """A method during which nothing is the student's doing, and whose bugs are told in a line."""

    @functools.wraps(method)
    def answer(self: Exercise, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Telling:
        with self.around.desk.aside():
            try:
                return method(self, *args, **kwargs)
            except GraderError as problem:
                return sentence(str(problem).splitlines()[0])
            except Exception as problem:  # a traceback of ours would look like one of theirs
                return sentence(f"{OUR_BUG}: {type(problem).__name__}: {problem}"[:300])

    return answer  # type: ignore[return-value]  # a wrapper's self has a name of its own


class Exercise:
    """One exercise.

    Args:
        around: its surroundings.
        exercise: its id.
    """

    def __init__(self, around: Around, exercise: str) -> None:
        self.around = around
        self._id = exercise
        self._memory = Memory(around.desk.assignment.id, exercise)
        self._looked: Looked | None = None

    def __repr__(self) -> str:
        title = self.around.desk.assignment.titled(self._id).title
        return f"{self._id}  {title}: {self._call('check')}  .hint()  .why()  .solution()"

    @answered
    def check(self) -> Telling:
        """Whether what ran here answers the exercise; what to look at if not."""
        looked = self.around.desk.look(self._id)
        if looked is None:
            return sentence(
                f"Nothing of exercise {self._id} has run since self-check started."
                " Run its cells, then check again."
            )
        if looked.behind and looked.found.verdict != "correct":
            return sentence(has_not_run(self._id, looked.behind))
        self._looked, found = looked, looked.found
        steps = self._steps(found)
        told = Telling(text(found, steps), markdown(found, steps))
        return joined(told, self._memory.check(found))

    @answered
    def hint(self, *, force: bool = False) -> Telling:
        """The next hint; with force, also before it is open."""
        before = self._memory.before()
        hint = f"{self.around.name()}[{{exercise}}].hint()"
        first = mend_first(before, self._id, hint=hint, explain="selfcheck.explain()")
        if first:
            return sentence(*first.split("\n"))
        ladder = self._ladder(before)
        if ladder is None:
            return sentence(f"Exercise {self._id} needs no hint: nothing was wrong at its check.")
        help_ = self.around.desk.rubric.help
        shown = next_hint(before, ladder, help_=help_, forced=force)
        told = paragraphs(hint_text(shown, ladder, force=self._call("hint", "force=True")))
        trouble = self._memory.hint(shown, ladder, before) if shown.new else ""
        if failed_checks(before) >= LOST:
            told = joined(told, *self._more_help(ladder, before))
        return joined(told, trouble)

    @answered
    def why(self) -> Telling:
        """What each part of the last check rests on."""
        if self._looked is None:
            return sentence(NO_CHECK, self._call("check"))
        return reasons(self._looked, self._id)

    @answered
    def solution(self, *, confirm: bool = False) -> Telling:
        """One way to solve the exercise: once it is correct, or at the end of the hints."""
        before = self._memory.before()
        opened = solution_opens(before, self._own)
        if opened == "closed" or (opened == "ladder" and self.around.desk.rubric.help != "open"):
            return sentence(NOT_OPEN, self._call("hint"))
        found = solution_of(self.around.course, self.around.desk.assignment.id, self._id)
        if not found:
            return sentence(NO_SOLUTION)
        if opened == "ladder" and not confirm:
            return sentence(ONCE_SEEN, self._call("solution", "confirm=True"))
        trouble = self._memory.other("solution")
        return joined(code(f"One way to solve exercise {self._id}", found), trouble)

    def _call(self, what: str, given: str = "") -> str:
        return f"{self.around.name()}[{self._id}].{what}({given})"

    def _steps(self, found: Practised) -> Steps:
        """What to type next; only a full run can tell what is unknown."""
        full = f"!grader check {self.around.notebook} -e {self._id}"
        check = full if found.unjudged else self._call("check")
        return Steps(check, self._call("hint"), f"{self.around.name()}.next()")

    @property
    def _own(self) -> list[Ladder]:
        """The hints of its public criteria."""
        return public_ladders(self.around.desk.rubric, self._id)

    def _ladder(self, before: list[Event]) -> Ladder | None:
        """The hints that belong to what the last check found."""
        return ladder_for(before, self._own, fault_ladder)

    def _more_help(self, ladder: Ladder, before: list[Event]) -> list[str]:
        """An example of another problem, and a question for a person, after many failed checks."""
        versions = {"grader": grader.__version__, "Python": platform.python_version()}
        asked = question(self._looked.found, before, versions) if self._looked else ""
        return [worked_example(ladder.component), asked]


def has_not_run(exercise: str, cells: tuple[int, ...]) -> str:
    """That cells of an exercise, from 1, have not run as they stand."""
    which = f"cell{'s' if len(cells) > 1 else ''} {', '.join(map(str, cells))}"
    has = "have" if len(cells) > 1 else "has"
    return (
        f"Exercise {exercise} is not all there yet: {which} of the notebook {has} not run as saved."
        " Run the rest of the exercise, then check again."
    )
