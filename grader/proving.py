"""What is run to prove an assignment, and what the runs prove."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from grader.assignment import Assignment, load_assignment
from grader.demands.criteria import criteria_part, hints_part
from grader.demands.mistakes import mistakes_part
from grader.demands.solutions import solutions_part
from grader.demands.starter import starter_part
from grader.errors import AuthorError
from grader.evidence import read_evidence
from grader.exercises import place
from grader.expectations import Expectation, load_expectations, mistakes_in
from grader.footing import rests_on
from grader.notebook import Notebook
from grader.proof import Proof, Role, Tried
from grader.record import EVIDENCE, GRADE
from grader.reporting import read_grade
from grader.rubric import Rubric, load_rubric
from grader.students import distinct, safe
from grader.submission import read_submission

SALTS = (0, 1, 2)
"""The seeds that every solution is run from."""


class Trial(NamedTuple):
    """One hand-in of the author's own that has to be run.

    Attributes:
        role: what it is for.
        path: where it lies.
        name: its path in the assignment's folder.
        student: what its record is called.
        salt: another one starts the random generators elsewhere.
    """

    role: Role
    path: Path
    name: str
    student: str
    salt: int = 0


class Case(NamedTuple):
    """One assignment and all that has to be run for it.

    Attributes:
        assignment: what is asked for.
        rubric: what earns points.
        expected: what its mistakes must lose.
        tasks: what students are told of each exercise.
        trials: every run.
    """

    assignment: Assignment
    rubric: Rubric
    expected: list[Expectation]
    tasks: dict[str, str]
    trials: list[Trial]


def load_cases(course: Path, names: Sequence[str]) -> list[Case]:
    """What there is to prove of assignments.

    Raises:
        AuthorError: everything that is wrong with the files of all of them.
    """
    cases, problems = [], []
    for name in names:
        try:
            cases.append(load_case(course, name))
        except AuthorError as problem:
            problems += problem.problems
    if problems:
        raise AuthorError(problems)
    return cases


def load_case(course: Path, name: str) -> Case:
    """What there is to prove of one assignment.

    Raises:
        AuthorError: everything that is wrong with one of its files.
    """
    assignment = load_assignment(course, name)
    rubric = load_rubric(course, assignment)
    folder = course / "assignments" / name
    expected = load_expectations(course, rubric)
    tasks = tasks_of(folder / "starter.ipynb", assignment)
    return Case(assignment, rubric, expected, tasks, trials_in(folder))


def trials_in(folder: Path) -> list[Trial]:
    """Every run that an assignment's folder asks for."""
    runs: list[tuple[Role, Path, int]] = [("starter", folder / "starter.ipynb", 0)]
    main = folder / "solution.ipynb"
    solutions = [main, *sorted(p for p in folder.glob("solution*.*") if p != main)]
    solutions += mistakes_in(folder / "solutions")
    runs += [("solution", path, salt) for path in solutions for salt in SALTS]
    runs += [("mistake", path, 0) for path in mistakes_in(folder / "mistakes")]
    there = [run for run in runs if os.path.lexists(run[1])]
    students = distinct([safe(called(path, salt)) for _, path, salt in there])
    return [
        Trial(role, path, path.relative_to(folder).as_posix(), student, salt)
        for (role, path, salt), student in zip(there, students, strict=True)
    ]


def called(path: Path, salt: int) -> str:
    """What a run is called while it goes on."""
    return f"{path.stem} from seed {salt}" if salt else path.stem


def tasks_of(starter: Path, assignment: Assignment) -> dict[str, str]:
    """What the starter says of each exercise; nothing where it cannot be read."""
    notebook = read_submission(starter, "starter").notebook
    if not isinstance(notebook, Notebook):
        return {}
    exercise_of = place(notebook, assignment).exercise
    tasks: dict[str, str] = {}
    for cell in notebook.cells:
        if (exercise := exercise_of.get(cell.index)) is not None:
            tasks[exercise] = f"{tasks.get(exercise, '')}\n{cell.source}"
    return tasks


def tried(trial: Trial, folder: Path) -> Tried:
    """A run's outcome, from its record.

    Raises:
        HostError: the record cannot be read.
    """
    grade = read_grade(folder / GRADE)
    return Tried(trial.role, trial.name, trial.salt, grade, read_evidence(folder / EVIDENCE))


def prove(case: Case, runs: Sequence[Tried]) -> Proof:
    """Hold runs against what they should have earned."""
    starters = [r for r in runs if r.role == "starter"]
    solutions = [r for r in runs if r.role == "solution"]
    mistakes = [r for r in runs if r.role == "mistake"]
    return Proof(
        case.assignment.id,
        [
            starter_part(starters),
            solutions_part(solutions),
            mistakes_part(case.expected, mistakes),
            criteria_part(case.rubric, mistakes),
            hints_part(case.rubric, runs, case.tasks),
        ],
        rests_on(solutions[0].grade, solutions[0].evidence) if solutions else None,
    )
