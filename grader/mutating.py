"""Every mistake that can be planted in an assignment's solutions, as hand-ins."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.assignment import Assignment
from grader.errors import AuthorError
from grader.exercises import place
from grader.fault import Fault
from grader.notebook import Notebook, parse_cell
from grader.planting import Solution
from grader.submission import read_submission


class Planted(NamedTuple):
    """A solution with a mistake in it.

    Attributes:
        fault: id of the mistake.
        what: how it was made.
        exercises: ids of those whose cells were edited.
        sources: of all cells of the notebook, by index.
        diff: the lines that changed, as `diff -u` has them.
    """

    fault: str
    what: str
    exercises: tuple[str, ...]
    sources: dict[int, str]
    diff: str


def planted(path: Path, assignment: Assignment, faults: Sequence[Fault]) -> Iterator[Planted]:
    """A solution with each of some mistakes made in it, in each place where it can be made.

    Args:
        path: of the solution's notebook or script.
        assignment: tells which cell answers which exercise.
        faults: the mistakes.

    Raises:
        AuthorError: the solution cannot be read.
    """
    notebook = read_submission(path, "solution", assignment).notebook
    if not isinstance(notebook, Notebook):
        raise AuthorError([f"{path}: {notebook.reason}"])
    exercise_of = place(notebook, assignment).exercise
    code = notebook.code
    solution = Solution.of([c.source for c in code], [exercise_of.get(c.index) for c in code])
    seen = {tuple(solution.sources)}
    for fault in faults:
        for mutant in fault.plant(solution):
            sources = tuple(solution.with_edits(mutant.edits))
            if sources in seen or not all(map(readable, sources)):
                continue
            seen.add(sources)
            edited = {solution.exercises[e.cell] for e in mutant.edits}
            yield Planted(
                fault.id, mutant.what, tuple(sorted(e for e in edited if e is not None)),
                {c.index: source for c, source in zip(code, sources, strict=True)},
                difference(solution.sources, sources),
            )  # fmt: skip


def readable(source: str) -> bool:
    """Whether a cell is still Python."""
    return parse_cell(source) is not None


def difference(before: Sequence[str], after: Sequence[str]) -> str:
    """The lines that changed, with the cell they are in."""
    told = []
    for number, (old, new) in enumerate(zip(before, after, strict=True), 1):
        lines = list(difflib.unified_diff(old.split("\n"), new.split("\n"), n=1, lineterm=""))
        if lines:
            told += [f"code cell {number}", *lines[3:]]
    return "\n".join(told)
