"""Python source with its words told apart by colour, line by line."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer
from pygments.token import Token

from grader.legible import marked

MOST_COLOURED = 10_000
"""Characters; a cell that holds more holds data, and colouring is quick only for code."""

LONGEST_LINE = 1_000
BLANK = re.compile(r"\s{300}")
"""No code holds so much white space, and a lexer looks at all of it from each of its characters."""

CLASSES = (
    (Token.Comment, "c"),
    (Token.Literal.String.Interpol, ""),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "n"),
    (Token.Keyword, "k"),
    (Token.Operator.Word, "k"),
    (Token.Name.Function, "f"),
    (Token.Name.Class, "f"),
    (Token.Name.Decorator, "f"),
    (Token.Name.Builtin, "b"),
)
"""Which words get which class of style.css; the first that fits counts."""


@lru_cache(maxsize=512)
def highlighted(source: str) -> tuple[Markup, ...]:
    """The lines of a cell, escaped; templates' cells occur in every hand-in of a batch."""
    text = legible(source)
    longest = max(map(len, text.split("\n")))
    if len(text) > MOST_COLOURED or longest > LONGEST_LINE or BLANK.search(text):
        return plain(source)
    coloured = [Markup("")]
    for kind, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        first, *more = value.split("\n")
        coloured[-1] += wrapped(kind, first)
        coloured += [wrapped(kind, piece) for piece in more]
    return tuple(coloured)


def plain(source: str) -> tuple[Markup, ...]:
    """The lines of a cell, escaped, in one colour."""
    return tuple(escape(line) for line in legible(source).split("\n"))


def legible(source: str) -> str:
    """A cell's source with its odd characters named, and one kind of line end."""
    return marked(source.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n")


def wrapped(kind: tuple[str, ...], piece: str) -> Markup:
    """A piece of one token."""
    name = class_of(kind)
    return Markup('<i class="{}">{}</i>').format(name, piece) if name and piece else escape(piece)


@lru_cache(maxsize=256)
def class_of(kind: tuple[str, ...]) -> str:
    """The class for a kind of token; empty for plain text."""
    return next((name for family, name in CLASSES if kind in family), "")
