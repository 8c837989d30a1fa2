"""The code of an exercise's cells, parsed once for all who read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellRead
from grader.origins import Origins, TooEntangled
from grader.sources import read_sources


class CellCode(NamedTuple):
    """A cell that holds more than the template gave.

    Attributes:
        read: the fact that tells of it.
        trees: its syntax tree, and those of what its magics run; empty where it cannot be parsed.
        nodes: all nodes of the trees, walked once for all who look for some.
    """

    read: CellRead
    trees: tuple[ast.Module, ...]
    nodes: tuple[ast.AST, ...]

    def line(self, node: ast.AST) -> int:
        """A node's line in the cell, from 1."""
        return int(getattr(node, "lineno", 1))

    def walk(self) -> Iterator[ast.AST]:
        """All nodes."""
        return iter(self.nodes)


class Page(NamedTuple):
    """The code of a hand-in.

    Attributes:
        cells: those with code of the student's, in order.
        origins: where the names in them come from; None where they are too entangled to be read.
    """

    cells: list[CellCode]
    origins: Origins | None

    def of(self, exercise: str) -> list[CellCode]:
        """The cells of one exercise."""
        return [c for c in self.cells if c.read.exercise == exercise]

    def paths(self, node: ast.AST) -> frozenset[str]:
        """What an expression may lead to, such as `torch.nn.Linear`; nothing where nobody knows."""
        return frozenset(self.origins.paths(node)) if self.origins is not None else frozenset()


def page_of(evidence: Evidence) -> Page:
    """The code of a hand-in; ask for it with `evidence.once(page_of)`."""
    reads = evidence.everywhere(CellRead)
    try:
        sources = read_sources(tuple(read.source for read in reads))
    except (RecursionError, TooEntangled):
        return Page([CellCode(read, (), ()) for read in reads if read.written], None)
    cells = [
        CellCode(read, trees, tuple(n for tree in trees for n in ast.walk(tree)))
        for read, trees in zip(reads, sources.trees, strict=True)
        if read.written
    ]
    return Page(cells, sources.origins)
