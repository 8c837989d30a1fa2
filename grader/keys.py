"""What a run and its marks hang on, as short texts that are equal where everything is.

A hand-in whose record bears the key of its run need not run again; one that also bears the key of
its marks is graded. Neither key holds a time, a path or a student.
"""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

import grader
from grader.assignment import Assignment
from grader.rubric import TUTOR_ONLY, Rubric


class Keys(NamedTuple):
    """The keys of one record.

    Attributes:
        run: of hand-in, assignment but for its title, sandbox, seed, and the versions of grader and
            packages.
        mark: of the run, the assignment and the rubric, but for what only the tutor reads; empty
            where the marks are not settled.
    """

    run: str
    mark: str

    @classmethod
    def of(cls, run: str, assignment: Assignment, rubric: Rubric) -> Keys:
        """The keys of a run that is judged by a rubric."""
        asked = graded(rubric.as_data())
        asked["criteria"] = [graded(criterion) for criterion in asked["criteria"]]
        return cls(run, digest([run, assignment.model_dump(mode="json"), asked]))


class KeyMaker(NamedTuple):
    """What is the same for a whole batch.

    Attributes:
        assignment: with its limits and challenges.
        rubric: what earns points.
        sandbox: the name of the sandbox that hand-ins run in.
        salt: where the random generators start.
    """

    assignment: Assignment
    rubric: Rubric
    sandbox: str
    salt: int = 0

    def of(self, submission: str, told: tuple[str, ...] = ()) -> Keys:
        """The keys of a hand-in.

        Args:
            submission: SHA-256 of its bytes; empty for one that could not be read.
            told: what else its grade says of how it came, such as that another file may be meant.
        """
        asked = self.assignment.model_dump(mode="json", exclude={"title"})
        versions: list[JsonValue] = [grader.__version__, *installed()]
        run = digest([submission, list(told), asked, self.sandbox, self.salt, versions])
        return Keys.of(run, self.assignment, self.rubric)


def graded(told: dict[str, Any]) -> dict[str, Any]:
    """What plain data of a rubric says of grades."""
    return {key: value for key, value in told.items() if key not in TUTOR_ONLY}


@cache
def installed() -> list[str]:
    """Names and versions of the packages that hand-ins find here, told by their folders."""
    folders = (Path(place) for place in sys.path if place)
    return sorted({p.stem for f in folders if f.is_dir() for p in f.glob("*.dist-info")})


def digest(data: JsonValue) -> str:
    """A short text that stands for plain data."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
