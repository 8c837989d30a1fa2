"""What is to be done with one hand-in, and what came of it: plain data, that may travel.

Everything that a hand-in's run and its points hang on is in its `Work`, so whoever gets one, in
this process or on another machine, makes the same record. The record is a folder below the one
that the work names, `DIR/<assignment>/<student>/`; only an `Outcome` comes back.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple, Self

from grader.assignment import Assignment
from grader.grade import Grade
from grader.grading import Graded
from grader.reporting import Asked
from grader.rubric import Rubric
from grader.standing import Kind, kind_of
from grader.submission import BY_ITSELF, Arrival


class HandIn(NamedTuple):
    """A file, who handed it in, and how it came."""

    path: Path
    student: str
    arrival: Arrival = BY_ITSELF


class Work(NamedTuple):
    """One hand-in to be graded.

    Attributes:
        hand_in: the file; every worker has to see it by this path.
        asked: the assignment, with its limits and challenges, and what earns points.
        out: the folder of the records; every worker has to see it.
        sandbox: the name of the sandbox it runs in.
        salt: another one starts the random generators elsewhere.
    """

    hand_in: HandIn
    asked: Asked
    out: Path
    sandbox: str
    salt: int = 0

    @property
    def folder(self) -> Path:
        """Where the record lies."""
        return self.out / self.asked.assignment.id / self.hand_in.student

    def as_text(self) -> str:
        """All of it as one line of JSON, from which `of_text` makes an equal one."""
        path, student, arrival = self.hand_in
        return json.dumps({
            "path": str(path), "student": student, "arrival": arrival._asdict(),
            "assignment": self.asked.assignment.model_dump(mode="json"),
            "rubric": self.asked.rubric.as_data(),
            "out": str(self.out), "sandbox": self.sandbox, "salt": self.salt,
        })  # fmt: skip

    @classmethod
    def of_text(cls, text: str) -> Self:
        """The work that somebody sent.

        Raises:
            ValueError: it is none.
        """
        told: dict[str, Any] = json.loads(text)
        how: dict[str, Any] = {
            field: value if isinstance(value, str) else tuple(value)
            for field, value in told["arrival"].items()
        }
        return cls(
            HandIn(Path(told["path"]), told["student"], Arrival(**how)),
            Asked(Assignment.model_validate(told["assignment"]), Rubric.of_data(told["rubric"])),
            Path(told["out"]),
            told["sandbox"],
            told["salt"],
        )


class Outcome(NamedTuple):
    """What came of one hand-in, as far as a batch has to know; the record holds the rest.

    Attributes:
        student: whose it is, which names the record's folder too.
        assignment: what it was graded for.
        submission: SHA-256 of what was handed in.
        ending: how its run ended.
        sandbox: what fenced it in.
        final: whether its points are.
        earned: points.
        withheld: points that could not be judged.
        possible: points.
        needs_a_person: the first reason why a person has to look; empty where nobody has.
        exercises: the verdict on each, by its id.
        kind: how it stands.
        out_of_time: whether a cell of it ran out of time.
        broken: the traceback of the first bug of ours that hit a check; empty where none did.
        bug: the traceback of a bug of ours that hit the run.
        page_bug: the traceback of a bug of ours that kept a page from being made.
        troubled: whether this machine kept something of it from being seen.
    """

    student: str
    assignment: str
    submission: str
    ending: str
    sandbox: str
    final: bool
    earned: float
    withheld: float
    possible: float
    needs_a_person: str
    exercises: tuple[tuple[str, str], ...]
    kind: Kind
    out_of_time: bool = False
    broken: str = ""
    bug: str = ""
    page_bug: str = ""
    troubled: bool = False

    @classmethod
    def of(cls, graded: Graded) -> Self:
        """The outcome of a hand-in that was graded."""
        return cls.read(graded.grade)._replace(
            out_of_time=graded.out_of_time,
            bug=graded.bug,
            page_bug=graded.page_bug,
            troubled=graded.troubled,
        )

    @classmethod
    def read(cls, grade: Grade) -> Self:
        """The outcome that a record's grade tells of."""
        return cls(
            student=grade.student,
            assignment=grade.assignment,
            submission=grade.submission,
            ending=grade.ending,
            sandbox=grade.sandbox,
            final=grade.final,
            earned=grade.earned,
            withheld=grade.withheld,
            possible=grade.possible,
            needs_a_person=grade.needs_a_person[0] if grade.needs_a_person else "",
            exercises=tuple((e.id, e.verdict) for e in grade.exercises),
            kind=kind_of(grade),
            broken=next(
                iter(
                    [
                        *(m.actual or "?" for m in grade.marks if m.verdict == "broken"),
                        *grade.detector_bugs,
                    ]
                ),
                "",
            ),
        )

    def as_text(self) -> str:
        """All of it as one line of JSON, from which `of_text` makes an equal one."""
        return json.dumps(self._asdict())

    @classmethod
    def of_text(cls, text: str) -> Self:
        """The outcome that somebody sent.

        Raises:
            ValueError: it is none.
        """
        told = json.loads(text)
        exercises = tuple((str(exercise), str(verdict)) for exercise, verdict in told["exercises"])
        return cls(**{**told, "exercises": exercises})

    @property
    def failed_here(self) -> bool:
        """Whether this machine failed, and not a bug of ours: that would come again."""
        return self.ending == "host_failed" and not self.bug

    @property
    def lasts(self) -> bool:
        """Whether it would come again: neither our bug nor this machine's trouble is in it."""
        trouble = self.troubled or self.ending == "host_failed"
        return not (trouble or self.bug or self.page_bug or self.broken)
