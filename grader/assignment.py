"""An assignment: its exercises, limits, and what the template gave.

Read from `assignments/<id>/assignment.toml` in a course folder, which is the folder that holds
`assignments/` and `rubrics/`, and from `starter.ipynb` beside it: what the starter tells is never
written down a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from grader.author_file import read_toml
from grader.challenge import Challenge
from grader.errors import AuthorError, nearest
from grader.headings import plain_words
from grader.notebook import Unreadable, parse_notebook
from grader.starter import read_starter, same_words

STARTER = "starter.ipynb"

ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]


class Limits(BaseModel):
    """What one hand-in may use.

    CPU time counts, so that a busy machine costs nobody anything; wall time is a wide backstop
    against code that sleeps or waits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell_cpu_s: float = Field(60, gt=0, description="CPU seconds of one cell")
    cell_wall_s: float = Field(300, gt=0, description="seconds of one cell")
    run_cpu_s: float = Field(600, gt=0, description="CPU seconds of the whole hand-in")
    run_wall_s: float = Field(1800, gt=0, description="seconds of the whole hand-in")
    interrupt_grace_s: float = Field(5, gt=0, description="seconds to react to an interrupt")
    memory_mb: int = Field(6144, ge=512, description="resident memory in MiB")
    processes: int = Field(256, ge=32, description="processes and threads at a time")
    disk_mb: int = Field(1024, ge=4, description="MiB it may write; they lie in memory")
    files: int = Field(20_000, ge=100, description="files and folders it may make")
    output_bytes: int = Field(20_000_000, gt=0, description="output of one cell in characters")
    kept_text: int = Field(
        200_000, gt=0, le=1_000_000, description="characters kept of each output"
    )


class Exercise(BaseModel):
    """One exercise.

    Attributes:
        id: as rubrics and reports name it, usually its number.
        title: a few words of our own.
        headings: other heading texts it is known by: the starter's, which is added by itself, and
            such as the public course's; compared without case, punctuation or number.
        lines: digests of the templates' given lines, by which its cells are known when the
            heading is gone; the starter's are added by themselves.
        graded: False for reading exercises.
        reload: whether a model that it saves is made again in a fresh process.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    headings: list[str] = []
    lines: list[str] = []
    graded: bool = True
    reload: bool = False


class Assignment(BaseModel):
    """What students were asked to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    file_names: list[str] = Field(
        [], description="usual names of the hand-in's file: they say nothing about the student"
    )
    given_cells: list[str] = Field(
        [],
        description="digests of the templates' code cells; the starter's are added by themselves",
    )
    limits: Limits = Limits()
    preload: list[ModuleName] = Field(
        ["torchvision", "matplotlib.pyplot", "pandas", "sklearn"],
        description="imported once for a batch if any of its hand-ins does; torch always is",
    )
    exercise: list[Exercise] = Field(min_length=1)
    challenge: list[Challenge] = Field(
        [], description="what the host asks of an exercise's models or functions"
    )

    def titled(self, exercise: str) -> Exercise:
        """The exercise of an id."""
        return next(e for e in self.exercise if e.id == exercise)


def load_assignment(course: Path, name: str) -> Assignment:
    """Read an assignment, and its starter where there is one.

    Raises:
        AuthorError: everything that is wrong with its files.
    """
    path = course / "assignments" / name / "assignment.toml"
    assignment = Assignment.model_validate(read_toml(path, Assignment))
    problems = [f"{path}: {p}" for p in contradictions(assignment, name)]
    starter = path.with_name(STARTER)
    if not problems and starter.exists():
        assignment = with_starter(assignment, starter)
        problems = [f"{starter}: {p}" for p in same_words(titles(assignment))]
    if problems:
        raise AuthorError(problems)
    return assignment


def contradictions(assignment: Assignment, name: str) -> Iterator[str]:
    """What does not fit together: the folder's name, and exercises among themselves."""
    if assignment.id != name:
        yield f"id: {assignment.id!r} differs from its folder {name!r}"
    ids = [e.id for e in assignment.exercise]
    yield from (f"exercise {i!r} occurs twice" for i in dict.fromkeys(ids) if ids.count(i) > 1)
    asked = [c.id for c in assignment.challenge]
    yield from (f"challenge {c!r} occurs twice" for c in dict.fromkeys(asked) if asked.count(c) > 1)
    for c in assignment.challenge:
        if c.exercise not in ids:
            yield f"challenge {c.id}: there is no exercise {c.exercise!r}{nearest(c.exercise, ids)}"
    yield from same_words(titles(assignment))


def titles(assignment: Assignment) -> dict[str, tuple[str, ...]]:
    """For each exercise the headings it is known by."""
    return {e.id: (e.title, *e.headings) for e in assignment.exercise}


def with_starter(assignment: Assignment, path: Path) -> Assignment:
    """The assignment with what its starter tells: headings, given cells and given lines.

    Raises:
        AuthorError: the starter cannot be read, or its headings do not fit the exercises.
    """
    try:
        notebook = parse_notebook(path.read_bytes())
    except OSError as problem:
        raise AuthorError([f"{path}: {problem.strerror or problem}"]) from problem
    if isinstance(notebook, Unreadable):
        raise AuthorError([f"{path}: {notebook.reason}"])
    told = read_starter(notebook, titles(assignment))
    if told.problems:
        raise AuthorError([f"{path}: {p}" for p in told.problems])
    exercises = [
        e.model_copy(update={
            "headings": [*e.headings, *new_words(told.headings[e.id], (e.title, *e.headings))],
            "lines": [*e.lines, *told.lines[e.id]],
        })
        for e in assignment.exercise
    ]  # fmt: skip
    cells = [*assignment.given_cells, *told.cells]
    return assignment.model_copy(update={"exercise": exercises, "given_cells": cells})


def new_words(heading: str, known: Sequence[str]) -> list[str]:
    """A heading, if it reads unlike those that are known already."""
    return [] if plain_words(heading) in map(plain_words, known) else [heading]
