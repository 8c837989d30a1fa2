"""The solution of an exercise, where a course folder holds one."""

from __future__ import annotations

from pathlib import Path

from grader.assignment import load_assignment
from grader.exercises import place
from grader.notebook import Notebook
from grader.submission import read_submission


def solution_of(course: Path, assignment: str, exercise: str) -> str:
    """The code of an exercise in the course's solution; empty where there is none."""
    known = load_assignment(course, assignment)
    path = course / "assignments" / assignment / "solution.ipynb"
    notebook = read_submission(path, "solution", known).notebook
    if not isinstance(notebook, Notebook):
        return ""
    placed = place(notebook, known)
    cells = (c.source.strip() for c in notebook.code if placed.exercise.get(c.index) == exercise)
    return "\n\n".join(filter(None, cells))
