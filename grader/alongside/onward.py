"""How far a student is, and what comes next, as a notebook shows it."""

from __future__ import annotations

from pathlib import Path

from grader import learner
from grader.alongside.telling import Telling, sentence
from grader.chapters import read_chapter, read_chapters
from grader.errors import GraderError
from grader.tutor.choosing import choose
from grader.tutor.faces import as_code
from grader.tutor.progress import EMPTY, markdown, plain, progress
from grader.tutor.upcoming import next_lines, next_markdown


def how_far(course: Path, assignment: str) -> Telling:
    """What is known of the student in one assignment."""
    try:
        told = progress(read_chapters(course), learner.remembered(), learner.now(), only=assignment)
    except GraderError as problem:
        return sentence(str(problem).splitlines()[0])
    if not told.known and not any(part.begun for part in told.parts):
        return sentence(EMPTY.partition(" `")[0])
    return Telling("\n".join(line.text for line in plain(told)), markdown(told))


def what_next(course: Path, assignment: str, name: str) -> Telling:
    """The next exercise of an assignment, and why that one.

    Args:
        course: the course folder.
        assignment: its id.
        name: what the student calls the exercises.
    """
    try:
        chapters = [read_chapter(course, assignment)]
        choice = choose(chapters, learner.remembered(), learner.now())
    except GraderError as problem:
        return sentence(str(problem).splitlines()[0])
    told = [line.text for line in next_lines(choice)]
    if choice.task is None:
        return Telling("\n".join(told), next_markdown(choice))
    check = f"{name}[{choice.task.exercise}].check()"
    return Telling(
        "\n".join([*told[:-1], f" {check}"]), f"{next_markdown(choice)}\n{as_code(check)}"
    )
