"""Classroom 50's `result.json`, version `classroom50/result/v1`: a test for each exercise.

Its score is a whole number, so points are rounded down, and a grade that is not final has none.
"""

from __future__ import annotations

import json
from math import floor
from typing import NamedTuple

from grader.ci.inert import one_line
from grader.ci.published import Published


class Event(NamedTuple):
    """What was handed in, where, and when it was received: by the host's clock, never by git's.

    Attributes:
        repository: owner and name.
        server: the address of its pages.
        commit: that was handed in.
        request: number of the pull request; 0 where there is none.
        author: who opened it.
        received: as `2026-08-31T12:00:00Z`.
    """

    repository: str
    server: str
    commit: str
    request: int
    author: str
    received: str

    @property
    def commit_page(self) -> str:
        """Where the commit is shown."""
        return f"{self.server or 'https://localhost'}/{self.repository}/commit/{self.commit}"

    @property
    def review_page(self) -> str:
        """Where it is talked about."""
        request = f"{self.server}/{self.repository}/pull/{self.request}"
        return request if self.request and self.server else self.commit_page


def result(one: Published, event: Event) -> str | None:
    """The file; None where the grade is not final."""
    if not one.grade.final or not one.exercises:
        return None
    earned = [floor(e.earned + 1e-9) for e in one.exercises]
    possible = [floor(e.possible + 1e-9) for e in one.exercises]
    tests = [
        {
            "test-name": one_line(f"exercise {e.id}: {e.title}"),
            "passed": e.verdict == "correct",
            "score": score,
            "max-score": most,
        }
        for e, score, most in zip(one.exercises, earned, possible, strict=True)
    ]
    told = {
        "schema": "classroom50/result/v1",
        "classroom": event.repository.partition("/")[0] or "local",
        "assignment": one.grade.assignment,
        "assignment_type": "individual",
        "owner": one.grade.student,
        "submission": f"commit/{event.commit}",
        "commit": event.commit_page,
        "release": event.review_page,
        "review": event.review_page,
        "datetime": event.received,
        "score": sum(earned),
        "max-score": sum(possible),
        "tests": tests,
    }
    if event.author:
        told["submitted_by"] = event.author
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
