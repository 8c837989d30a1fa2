"""A notebook as a scripted student sees it, and small edits of its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Page(NamedTuple):
    """A notebook and the place that a check points at.

    Attributes:
        cells: the text of every cell.
        code: which of them hold code.
        cell: index of the one that is pointed at.
        line: in it, from 1; 0 where none is.
    """

    cells: tuple[str, ...]
    code: tuple[int, ...]
    cell: int
    line: int

    @property
    def here(self) -> str:
        """The text of the cell."""
        return self.cells[self.cell]

    @property
    def at(self) -> str:
        """The line; empty where none is pointed at."""
        lines = self.here.split("\n")
        return lines[self.line - 1] if 0 < self.line <= len(lines) else ""

    def order(self) -> list[int]:
        """Where to look: the cell, those of its task, those above and those below, nearest first.

        A task's cells stand between two text cells.
        """

        def distance(index: int) -> tuple[bool, bool, int]:
            between = range(min(index, self.cell), max(index, self.cell))
            other = any(i not in self.code for i in between)
            return other, other and index > self.cell, abs(index - self.cell)

        return sorted(self.code, key=distance)

    def with_cell(self, text: str, cell: int | None = None) -> Page:
        """Another text in a cell."""
        index = self.cell if cell is None else cell
        return self._replace(cells=(*self.cells[:index], text, *self.cells[index + 1 :]))

    def with_line(self, text: str | None) -> Page:
        """Another text in the line, or none."""
        lines = self.here.split("\n")
        lines[self.line - 1 : self.line] = [] if text is None else [text]
        return self.with_cell("\n".join(lines))


Edit = Callable[[Page], Iterator[Page]]


def sub(pattern: str, text: str, *, every: bool = True) -> Edit:
    """Replaces a pattern in the line; else in the cell, then in the others, in their order."""
    found = re.compile(pattern, re.MULTILINE)

    def edit(page: Page) -> Iterator[Page]:
        if page.at and found.search(page.at):
            yield page.with_line(found.sub(text, page.at))
        for index in page.order():
            if every and found.search(page.cells[index]):
                yield page.with_cell(found.sub(text, page.cells[index]), index)
            for match in found.finditer(page.cells[index]):
                old = page.cells[index]
                new = f"{old[: match.start()]}{match.expand(text)}{old[match.end() :]}"
                yield page.with_cell(new, index)

    return edit


def in_line(pattern: str, text: str) -> Edit:
    """Replaces a pattern in the line that is pointed at."""

    def edit(page: Page) -> Iterator[Page]:
        if re.search(pattern, page.at):
            yield page.with_line(re.sub(pattern, text, page.at))

    return edit


def either(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(page: Page) -> Iterator[Page]:
        for one in edits:
            yield from one(page)

    return edit


def indent_of(line: str) -> str:
    """The space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def remove_block(pattern: str) -> Edit:
    """Takes out a line that matches, with the line above whose block it is alone in."""

    def edit(page: Page) -> Iterator[Page]:
        for index in nearest(page, pattern):
            lines = page.cells[index].split("\n")
            at = next(i for i, n in enumerate(lines) if re.search(pattern, n))
            whole = at and lines[at - 1].rstrip().endswith(":") and lines[at].startswith(" ")
            rest = [*lines[: at - 1 if whole else at], *lines[at + 1 :]]
            yield page.with_cell("\n".join(rest), index)

    return edit


def remove_line(page: Page) -> Iterator[Page]:
    """Takes out the line that is pointed at."""
    if page.at.strip():
        yield page.with_line(None)


def remove(pattern: str) -> Edit:
    """Takes out the line, if it matches; else the last one of the cell that does."""

    def edit(page: Page) -> Iterator[Page]:
        if page.at and re.search(pattern, page.at):
            yield page.with_line(None)
        lines = page.here.split("\n")
        for i in reversed(range(len(lines))):
            if re.search(pattern, lines[i]):
                yield page.with_cell("\n".join([*lines[:i], *lines[i + 1 :]]))

    return edit


def nearest(page: Page, pattern: str) -> list[int]:
    """Code cells that hold a pattern, in the order in which one looks."""
    return [i for i in page.order() if re.search(pattern, page.cells[i], re.MULTILINE)]
