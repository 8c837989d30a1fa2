"""Which exercise a cell answers, told by the template's comments in it: where no file is known.

A comment that the template has in one exercise alone tells it. One that stands in several, such as
"Draw the regions", tells it together with the cells that first ran around its own: people write a
notebook from top to bottom, and what they run again later stays where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grader.assignment import Assignment
from grader.exercises import line_owners
from grader.notebook import Cell, digest


class GivenLines:
    """The comments of a template, each with the exercises that it stands in.

    Args:
        assignment: what was asked for.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._ids = [e.id for e in assignment.exercise]
        self._owners = {
            line: set(map(self._ids.index, ids)) for line, ids in line_owners(assignment).items()
        }

    def may_be(self, source: str) -> tuple[int, ...]:
        """The places of the exercises, in order, that a cell may be of by all its comments.

        Comments of one exercise alone count before those of several. Where these are of different
        exercises, they tell nothing.
        """
        comments = [line for line in source.splitlines() if line.lstrip()[:1] == "#"]
        told = [self._owners[d] for d in map(digest, comments) if d in self._owners]
        alone = [of for of in told if len(of) == 1]
        return tuple(sorted(set.intersection(*(alone or told)))) if told else ()

    def exercises(self, cells: Iterable[Cell], order: Mapping[int, int]) -> dict[int, str]:
        """The exercises of the cells whose comments tell one, by their index.

        Args:
            cells: of code.
            order: by index, a number that grows with when each cell first ran.
        """
        may_be = {c.index: places for c in cells if (places := self.may_be(c.source))}
        found = {i: places[0] for i, places in may_be.items() if len(places) == 1}
        told = sorted((order[i], place) for i, place in found.items())
        for index in may_be.keys() - found.keys():
            first = max((t for t in told if t[0] < order[index]), default=(0, 0))[1]
            last = min((t for t in told if t[0] > order[index]), default=(0, len(self._ids)))[1]
            fitting = [place for place in may_be[index] if first <= place <= last]
            if fitting:
                found[index] = fitting[0]
        return {index: self._ids[place] for index, place in found.items()}
