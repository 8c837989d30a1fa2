"""Magics and shell lines as Python, in time that grows with a cell's length and not its square.

IPython turns one magic into Python, reads the whole cell again, and so on. Here its own rules are
applied, but reading goes on where it stopped, and only so far. What takes longer than any cell
somebody wrote by hand is read line by line: that keeps all the Python around it in sight.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from typing import Any

from grader.syntax import syntax_tree

MOST_WORK = 100_000
"""Tokens that are read in one cell."""
MOST_CHANGES = 500
"""Special lines of a cell; IPython refuses more, so that the kernel cannot run them either."""
CHARACTERS_A_TOKEN = 20
"""What is no token may have been read up to the end of its line before that was known."""
LINE = re.compile(r"(\s*)([%!?,;/]+)\s*(.*)")
ASSIGNED = re.compile(r"(\s*[\w.,\[\]* ]+=\s*)([%!])\s*(.*)")
ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
"""Line ends to IPython, though not to Python."""

Lines = list[str]


class TooMuch(Exception):
    """More work than any cell is worth."""


class Transformer:
    """Does what IPython does with a cell; reads each token once.

    Attributes:
        work: how many tokens were read.
    """

    def __init__(self) -> None:
        from IPython.core.inputtransformer2 import TransformerManager

        self.work = 0
        self._ipython = TransformerManager()
        self._ipython.do_token_transforms = self._replace_all

    def transform_cell(self, cell: str) -> str:
        """A cell as Python.

        Raises:
            TooMuch: it is too long, or too strange.
        """
        return str(self._ipython.transform_cell(cell))

    def _replace_all(self, lines: Lines) -> Lines:
        """The lines with all special syntax replaced, from top to bottom."""
        if is_python("".join(lines)):
            return lines
        done: Lines = []
        indents: Lines = []
        for _ in range(MOST_CHANGES):
            # a token's indent means something only below lines that are indented less
            before = [f"{indent}x\n" for indent in ("", *indents)] if indents else []
            row, indents, special = self._first([*before, *lines], len(before))
            if not special:
                return done + lines
            changed = transform(special, [*before, *lines])[len(before) :]
            done += lines[: row - len(before)]
            lines = changed[row - len(before) :]
        raise RuntimeError("IPython gives up here too")

    def _first(self, lines: Lines, known: int) -> tuple[int, Lines, list[Any]]:
        """The first logical line with special syntax: its row, the indents around it, and what.

        Args:
            lines: to read.
            known: how many of them only say how the others are indented.
        """
        indents: Lines = []
        for tokens in self._logical_lines(lines):
            outside = list(indents)
            for token in tokens:
                if token.type == tokenize.INDENT:
                    indents.append(token.string)
                elif token.type == tokenize.DEDENT:
                    indents.pop()
            row = tokens[0].start[0] - 1
            if row >= known:
                special = [f for t in self._ipython.token_transformers if (f := t.find([tokens]))]
                if special:
                    inner = [t for t in tokens if t.type == tokenize.DEDENT]
                    return row, outside[: len(outside) - len(inner)], special
        return len(lines), [], []

    def _logical_lines(self, lines: Lines) -> Iterator[list[tokenize.TokenInfo]]:
        """Tokens by logical line, as `make_tokens_by_line` has them, but only when asked for."""
        from IPython.utils import tokenutil

        found: list[tokenize.TokenInfo] = []
        depth = 0
        reading = tokenutil.generate_tokens_catch_errors(
            iter(lines).__next__, extra_errors_to_catch=["expected EOF"]
        )
        try:
            for token in reading:
                self._count(token)
                found.append(token)
                if token.type == tokenize.NEWLINE or (token.type == tokenize.NL and depth <= 0):
                    yield found
                    found = []
                elif token.type == tokenize.OP and token.string in ("(", "[", "{"):
                    depth += 1
                elif token.type == tokenize.OP and token.string in (")", "]", "}"):
                    depth = max(0, depth - 1)
        except tokenize.TokenError:
            pass  # it ends within a text or a bracket
        if found:
            yield found

    def _count(self, token: tokenize.TokenInfo) -> None:
        self.work += 1
        if token.type == tokenize.ERRORTOKEN:
            self.work += len(token.line) // CHARACTERS_A_TOKEN
        if self.work > MOST_WORK:
            raise TooMuch


def is_python(text: str) -> bool:
    """Whether text is Python as it stands: then no line of it is special."""
    if ENDS.search(text):
        return False
    try:
        syntax_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def transform(special: list[Any], lines: Lines) -> Lines:
    """The lines with one piece of special syntax replaced: the first that can be.

    Raises:
        SyntaxError: none of them can be.
    """
    for found in sorted(special, key=lambda one: one.sortby()):
        try:
            return list(found.transform(lines))
        except SyntaxError:
            continue
    raise SyntaxError("no help, magic or command after all")


def line_by_line(source: str) -> str:
    """A cell with each line that begins as a magic or command made a call, whatever is around it.

    Lines keep their number and indentation.
    """
    return "\n".join(map(as_call, source.split("\n")))


def as_call(line: str) -> str:
    """A line as Python, if it begins like a magic or a command, or assigns one."""
    if (match := LINE.match(line)) is not None or (match := ASSIGNED.match(line)) is not None:
        before, escape, said = match.groups()
    else:
        return line
    if escape.startswith("%"):
        name, _, arguments = said.partition(" ")
        return f"{before}get_ipython().run_line_magic({name!r}, {arguments!r})"
    return f"{before}get_ipython().system({said!r})"
