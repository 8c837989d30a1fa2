"""Plants mistakes in solutions: small edits of their lines, found by what the code does.

Edits replace whole lines, so that a mutant differs from its solution in a few lines that a person
can read. What to edit is found in the syntax tree, never by the names a solution happens to use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from grader.notebook import parse_cell

Node = TypeVar("Node", bound=ast.AST)


class Edit(NamedTuple):
    """Lines of a cell, from `first` to `last` and both included, that become other text.

    Attributes:
        cell: position among the solution's cells.
        first: from 1; one more than `last` where text is put in between.
        last: see above.
        text: without a line break at its end; None where the lines go.
    """

    cell: int
    first: int
    last: int
    text: str | None


class Mutant(NamedTuple):
    """A solution with something changed.

    Attributes:
        what: the change in a few words; with the fault's id it names the mutant.
        edits: of lines that do not overlap.
    """

    what: str
    edits: tuple[Edit, ...]


class Solution(NamedTuple):
    """The code cells of a solution, in order.

    Attributes:
        sources: their text.
        trees: their syntax trees; None for one that is no Python.
        exercises: which exercise each answers, if any.
    """

    sources: tuple[str, ...]
    trees: tuple[ast.Module | None, ...]
    exercises: tuple[str | None, ...]

    @classmethod
    def of(cls, sources: Sequence[str], exercises: Sequence[str | None]) -> Solution:
        """A solution from the text of its cells."""
        return cls(tuple(sources), tuple(map(parse_cell, sources)), tuple(exercises))

    def nodes(self, kind: type[Node]) -> Iterator[tuple[int, Node]]:
        """All nodes of a kind with the position of their cell, in order."""
        for cell, tree in enumerate(self.trees):
            for node in ast.walk(tree) if tree is not None else ():
                if isinstance(node, kind):
                    yield cell, node

    def calls(self, *names: str) -> Iterator[tuple[int, ast.Call]]:
        """Calls whose function ends in one of these names, such as `backward`."""
        for cell, call in self.nodes(ast.Call):
            if called(call) in names:
                yield cell, call

    def lines(self, cell: int) -> list[str]:
        """The lines of a cell."""
        return self.sources[cell].split("\n")

    def text(self, cell: int, node: ast.AST) -> str:
        """The text of a node."""
        return ast.get_source_segment(self.sources[cell], node) or ""

    def statement(self, cell: int, inner: ast.AST) -> ast.stmt | None:
        """The innermost statement around a node; an expression by itself has one of its own."""
        tree = self.trees[cell]
        around = [
            node for node in (ast.walk(tree) if tree else ())
            if isinstance(node, ast.stmt) and any(n is inner for n in ast.walk(node))
        ]  # fmt: skip
        return around[-1] if around else None

    def without(self, cell: int, statement: ast.stmt) -> Edit:
        """The statement goes."""
        return Edit(cell, statement.lineno, statement.end_lineno or statement.lineno, None)

    def instead(self, cell: int, statement: ast.stmt, text: str) -> Edit:
        """Text takes the place of a statement, as deep as it stands."""
        last = statement.end_lineno or statement.lineno
        return Edit(cell, statement.lineno, last, indented(text, statement.col_offset))

    def replaced(self, cell: int, node: ast.expr, text: str) -> Edit:
        """Text takes the place of an expression; the rest of its lines stays."""
        lines = self.lines(cell)
        first, last = node.lineno, node.end_lineno or node.lineno
        before = lines[first - 1].encode()[: node.col_offset].decode()
        after = lines[last - 1].encode()[node.end_col_offset or 0 :].decode()
        return Edit(cell, first, last, f"{before}{text}{after}")

    def rewritten(self, cell: int, pieces: Iterable[tuple[ast.expr, str]]) -> Edit:
        """Texts take the places of expressions of a cell, several of which may share a line.

        None of them may lie in another, or go over the end of a line.
        """
        lines = [line.encode() for line in self.lines(cell)]
        for node, text in sorted(pieces, key=lambda p: (p[0].lineno, p[0].col_offset))[::-1]:
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = (
                line[: node.col_offset] + text.encode() + line[node.end_col_offset :]
            )
        return Edit(cell, 1, len(lines), b"\n".join(lines).decode())

    def before(self, cell: int, statement: ast.stmt, text: str) -> Edit:
        """Text is put in above a statement, as deep as it stands."""
        return Edit(cell, statement.lineno, statement.lineno - 1,
                    indented(text, statement.col_offset))  # fmt: skip

    def after(self, cell: int, statement: ast.stmt, text: str) -> Edit:
        """Text is put in below a statement, as deep as it stands."""
        last = statement.end_lineno or statement.lineno
        return Edit(cell, last + 1, last, indented(text, statement.col_offset))

    def with_edits(self, edits: Iterable[Edit]) -> list[str]:
        """The text of all cells after some edits."""
        changed = [self.lines(cell) for cell in range(len(self.sources))]
        for edit in sorted(edits, key=lambda e: (e.cell, e.first, e.last), reverse=True):
            new = [] if edit.text is None else edit.text.split("\n")
            changed[edit.cell][edit.first - 1 : edit.last] = new
        return ["\n".join(lines) for lines in changed]


def called(call: ast.Call) -> str:
    """The last part of a called function's name."""
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def indented(text: str, columns: int) -> str:
    """Text with each line moved to the right."""
    return "\n".join(" " * columns + line for line in text.split("\n"))
