"""What is run to audit an assignment: its solutions, changed in every way that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from grader.audit import AS_IT_IS, Part, Ran
from grader.equivalence import Seen, does_the_same, seen, steady
from grader.errors import HostError
from grader.evidence import read_evidence
from grader.fault import Fault
from grader.mutating import Planted, as_notebook, planted, varied
from grader.proving import Case
from grader.record import EVIDENCE, GRADE
from grader.reporting import read_grade
from grader.students import distinct, safe
from grader.variation import Variation


class Attempt(NamedTuple):
    """One hand-in that has to be run.

    Attributes:
        part: what it is.
        path: where it lies.
        name: the file in the assignment's folder that it is, or was made from.
        student: what its record is called.
        salt: another one starts the random generators elsewhere.
        change: what is different from the solution.
    """

    part: Part
    path: Path
    name: str
    student: str
    salt: int = 0
    change: Planted = AS_IT_IS


def attempts(
    case: Case, place: Path, faults: Iterable[Fault], variations: Iterable[Variation]
) -> list[Attempt]:
    """All that has to be run for one assignment, the solutions as they are first.

    Args:
        case: the assignment, and the runs that prove it.
        place: a folder, into which the changed solutions are written.
        faults: mistakes to plant.
        variations: ways to write a solution otherwise.

    Raises:
        AuthorError: a solution cannot be read.
        HostError: the folder cannot be written.
    """
    found: list[Attempt] = []
    for trial in case.trials:
        if trial.role != "starter":
            found.append(Attempt(trial.role, trial.path, trial.name, trial.student, trial.salt))
    solutions = {a.path: a.name for a in found if a.part == "solution"}
    faults, variations = list(faults), list(variations)
    for path, name in solutions.items():
        made: Iterator[tuple[Part, Planted]] = chain(
            (("mutant", change) for change in planted(path, case.assignment, faults)),
            (("variant", change) for change in varied(path, case.assignment, variations)),
        )
        for number, (part, change) in enumerate(made, 1):
            file = place / f"{safe(name)}-{number}.ipynb"
            write(file, as_notebook(change.cells))
            student = f"{change.by} {number} of {Path(name).stem}"
            bare = change._replace(cells=())  # hundreds of them are kept until the end
            found.append(Attempt(part, file, name, student, change=bare))
    found.sort(key=lambda a: a.part != "solution")
    names = distinct([safe(a.student) for a in found])
    return [a._replace(student=name) for a, name in zip(found, names, strict=True)]


def look(
    attempt: Attempt, folder: Path, before: Iterable[Ran], shown: dict[str, list[Seen]]
) -> Ran:
    """What a run came to, from its record.

    Args:
        attempt: what was run.
        folder: of the record.
        before: the runs of the assignment so far, those of all solutions as they are among them.
        shown: what these solutions' runs showed, by file; a solution's run is added.

    Raises:
        HostError: the record cannot be read.
    """
    grade, same = read_grade(folder / GRADE), False
    usual = [r.grade.earned for r in before if r.part == "solution" and r.name == attempt.name]
    if attempt.part == "solution":
        shown.setdefault(attempt.name, []).append(seen(read_evidence(folder / EVIDENCE)))
    elif attempt.part == "mutant" and grade.earned >= min(usual, default=0):
        here = seen(read_evidence(folder / EVIDENCE))
        same = does_the_same(steady(shown.get(attempt.name, [])), here)
    return Ran(attempt.part, attempt.name, attempt.salt, attempt.change, grade, same)


def write(file: Path, text: str) -> None:
    """Write a changed solution.

    Raises:
        HostError: it cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise HostError(f"{file}: cannot be written: {problem.strerror}") from problem
