"""Puts a page together: template, style, script, and the policy that lets nothing else in.

A page is one file. Its policy names the one style and the one script by their digests, lets
pictures come out of the page itself, and forbids everything else; so markup that came through all
the same could neither run, nor load, nor send anything. Every string that a template shows passes
`legible.marked` and is escaped, without the template asking for it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from grader.legible import marked, points, sentence


def document(template: str, **parts: Any) -> str:  # noqa: ANN401 - see `pieces`
    """A whole page; see `pieces`."""
    return "".join(pieces(template, **parts))


def pieces(
    template: str, script: str = "", styles: Sequence[str] = ("style.css",), **parts: object
) -> Iterator[str]:
    """A whole page in pieces, so that a long one need not be in memory at once.

    Args:
        template: a file in this folder.
        script: another one, for what needs more than links; empty for none.
        styles: others, one after the other.
        parts: what the template shows.
    """
    style = "".join(map(text_of, styles))
    code = text_of(script) if script else ""
    rules = ["default-src 'none'", "img-src data:", f"style-src '{digest(style)}'",
             f"script-src '{digest(code)}'" if code else "script-src 'none'",
             "base-uri 'none'", "form-action 'none'"]  # fmt: skip
    ours = {"policy": "; ".join(rules), "style": style, "script": code}  # without an end tag
    safe = {name: Markup(text) for name, text in ours.items()}  # noqa: S704  (files of this folder)
    return environment().get_template(template).generate(**safe, **parts)


@cache
def environment() -> jinja2.Environment:
    """The templates, each compiled once."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("grader", "pages"),
        autoescape=True,
        finalize=legibly,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"points": points, "sentence": sentence}
    return made


def legibly(value: object) -> object:
    """What a template shows, with its odd characters named; markup of ours as it is."""
    return marked(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def text_of(name: str) -> str:
    """A file of this folder."""
    return files("grader.pages").joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """A digest as a policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
