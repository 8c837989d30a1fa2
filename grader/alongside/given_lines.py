"""Which exercise a cell answers, told by the template's comments in it: where no file is known.

A comment that the template has in one exercise alone tells it. One that stands in several, such as
"Draw the regions", tells it together with the cells that first ran around its own: people write a
notebook from top to bottom, and what they run again later stays where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grader.assignment import Assignment
from grader.notebook import Cell, digest


def by_given_lines(
    cells: Iterable[Cell], assignment: Assignment, order: Mapping[int, int]
) -> dict[int, str]:
    """The exercises of the cells whose comments tell one, by their index.

    Args:
        cells: of code.
        assignment: what was asked for.
        order: by index, a number that grows with when each cell first ran.
    """
    may_be = owners_of(cells, assignment)
    alone = {i: next(iter(owners)) for i, owners in may_be.items() if len(owners) == 1}
    told = sorted(alone, key=order.__getitem__)
    ids = [e.id for e in assignment.exercise]
    found = dict(alone)
    for index in may_be.keys() - alone.keys():
        before = [alone[i] for i in told if order[i] < order[index]][-1:] or ids[:1]
        after = [alone[i] for i in told if order[i] > order[index]][:1] or ids[-1:]
        between = ids[ids.index(before[0]) : ids.index(after[0]) + 1]
        fitting = [e for e in between if e in may_be[index]]
        if fitting:
            found[index] = fitting[0]
    return found


def owners_of(cells: Iterable[Cell], assignment: Assignment) -> dict[int, set[str]]:
    """By the index of each cell that holds such comments, the exercises all of them may be of.

    Comments of one exercise alone count before those of several. Where these are of different
    exercises, they tell nothing.
    """
    owners: dict[str, set[str]] = {}
    for exercise in assignment.exercise:
        for line in exercise.lines:
            owners.setdefault(line, set()).add(exercise.id)
    found = {}
    for cell in cells:
        comments = [line for line in cell.source.splitlines() if line.lstrip()[:1] == "#"]
        told = [owners[d] for d in map(digest, comments) if d in owners]
        alone = {next(iter(of)) for of in told if len(of) == 1}
        may_be = alone or set.intersection(*told) if told else alone
        if may_be and len(alone) < 2:
            found[cell.index] = may_be
    return found
