"""Markdown cells as harmless markup.

HTML in them is shown as text. Pictures are named, not loaded, and links lead to http and https
only; a link of any other kind stays text. Headings become bold lines, because the page has its
own outline.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from grader.legible import marked

MOST_RENDERED = 10_000
"""Characters; more is shown as plain text."""

MOST_FIELDS = 10_000
"""Cells of a table: a short row is filled up, so that two long lines and many short ones are a
table of millions.
"""


@lru_cache(maxsize=512)
def prose(source: str) -> Markup:
    """A markdown cell; the tasks of a template occur in every hand-in of a batch."""
    text = marked(source)
    lines = text.split("\n")
    fields = len(lines) * max(line.count("|") for line in lines)
    if len(text) > MOST_RENDERED or fields > MOST_FIELDS:
        return as_it_is(text)
    return Markup(renderer().render(text))  # noqa: S704  (made with HTML off)


def as_it_is(source: str) -> Markup:
    """A markdown cell as plain text."""
    return Markup('<pre class="plain">{}</pre>').format(marked(source))


@cache
def renderer() -> MarkdownIt:
    """CommonMark with tables, and nothing that runs, loads or leads elsewhere."""
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table")
    made.validateLink = leads_to_the_web  # type: ignore[method-assign]
    made.add_render_rule("image", named_picture)
    made.add_render_rule("link_open", outward_link)
    made.add_render_rule("heading_open", bold_line)
    made.add_render_rule("heading_close", end_of_line)
    made.add_render_rule("th_open", column_head)
    made.add_render_rule("td_open", table_cell)
    return made


def leads_to_the_web(url: str) -> bool:
    """Whether a link or picture may be a link at all."""
    return url.lower().startswith(("https://", "http://"))


def named_picture(_: object, tokens: Sequence[Token], at: int, *rest: object) -> str:
    """A picture by its description."""
    return Markup('<span class="left-out">[picture: {}]</span>').format(tokens[at].content)


def outward_link(_: object, tokens: Sequence[Token], at: int, *rest: object) -> str:
    """A link that tells nobody where it was found."""
    url = escape(tokens[at].attrs.get("href", ""))
    return Markup('<a href="{}" rel="noreferrer noopener nofollow">').format(url)


def bold_line(_: object, tokens: Sequence[Token], at: int, *rest: object) -> str:
    """The start of a heading."""
    return Markup('<p class="heading level-{}">').format(tokens[at].tag[1:])


def end_of_line(*_: object) -> str:
    """The end of a heading."""
    return "</p>\n"


def column_head(*_: object) -> str:
    """The start of a head cell, without a style of its own, which the page's policy forbids."""
    return '<th scope="col">'


def table_cell(*_: object) -> str:
    """The start of a table cell."""
    return "<td>"
