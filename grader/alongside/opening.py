"""Opens an assignment beside a kernel: finds its folder, its rubric, the notebook's file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from grader.alongside.desk import Desk, Kernel
from grader.alongside.document import file_of
from grader.alongside.exercise import Around
from grader.alongside.exercises import Exercises, Sorry
from grader.alongside.telling import Telling, paragraphs
from grader.assignment import load_assignment
from grader.catalogue import faults
from grader.course import find_course, known_assignments
from grader.errors import GraderError, nearest
from grader.rubric import load_rubric

COURSE = "GRADER_COURSE"
"""The environment variable that names the course folder."""
NO_COURSE = ("No course folder is here or above: one that holds assignments/ and rubrics/. Name the"
             " one you were given.")  # fmt: skip
PRACTICE = "Practice, not a grade; nothing of it leaves this machine."


def opened(
    name: str, course: Path | None, session: Kernel, names: Mapping[str, object]
) -> tuple[Exercises | Sorry, Telling | Sorry]:
    """The exercises of an assignment, and what to say at the start.

    Args:
        name: of the assignment, as somebody typed it.
        course: its folder; None to look for it.
        session: records the kernel.
        names: the student's namespace.
    """
    file = file_of(names, os.environ)
    folder = course or course_around(file)
    if folder is None or not (folder / "assignments").is_dir():
        sorry = Sorry(NO_COURSE, f'q = selfcheck.start("{name}", course="PATH")')
        return sorry, sorry
    known = known_assignments(folder)
    if name not in known:
        sorry = Sorry(f"There is no assignment {str(name)[:60]!r} in {folder}"
                      f"{nearest(str(name), known)}")  # fmt: skip
        return sorry, sorry
    try:
        assignment = load_assignment(folder, name)
        rubric = load_rubric(folder, assignment)
    except GraderError as problem:
        first = str(problem).splitlines()[0]
        sorry = Sorry(f"{name} cannot be read; tell whoever gave it out: {first}")
        return sorry, sorry
    around = Around(
        desk=Desk(session, assignment, rubric, file),
        name=lambda: name_of(exercises, names),
        notebook=file.name if file is not None else "NOTEBOOK.ipynb",
        course=folder,
    )  # fmt: skip
    exercises = Exercises(around)
    faults()  # read now, so that the first check waits for nothing
    ids = around.desk.exercises()
    greeting = paragraphs(
        f"Self-check is on: {assignment.title}, exercises {ids[0]} to {ids[-1]}\n"
        f"Run the cells of an exercise, then type for example q[{ids[0]}].check(). {PRACTICE}"
    )
    return exercises, greeting


def course_around(file: Path | None) -> Path | None:
    """The nearest course folder: that of the environment, from the notebook up, from here up."""
    named = os.environ.get(COURSE)
    if named:
        return Path(named)
    beside = find_course(file.resolve().parent) if file is not None else None
    return beside or find_course(Path.cwd())


def name_of(exercises: object, names: Mapping[str, object]) -> str:
    """What the student calls the exercises."""
    own = (k for k, v in list(names.items()) if v is exercises and not k.startswith("_"))
    return next(own, "q")
