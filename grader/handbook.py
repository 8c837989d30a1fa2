"""What a rubric can ask for: each check's fields, what it says of which case, a criterion to paste.

All of it is taken from the checks themselves, so that other packages' checks are told the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from grader.check import Check, Example
from grader.finding import Verdict
from grader.plugins import check_class
from grader.rubric_schema import Schema, check_schema
from grader.toml_text import toml_value

NAMES = {"integer": "whole number", "number": "number", "string": "text in quotes",
         "boolean": "true or false", "object": "table"}  # fmt: skip
MANY = {"integer": "whole numbers", "number": "numbers", "string": "texts in quotes",
        "array": "lists", "object": "tables"}  # fmt: skip
BOUNDS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most",
          "exclusiveMaximum": "below"}  # fmt: skip


class FieldEntry(NamedTuple):
    """A field of a check.

    Attributes:
        name: its key.
        type: what may stand there, in words.
        about: what it means.
        default: what counts if it is left out, as TOML; None where it has to be there, empty where
            leaving it out asks for nothing.
    """

    name: str
    type: str
    about: str
    default: str | None


class Case(NamedTuple):
    """What a check says of an exercise: the verdict, what is in it, the check's fields as TOML."""

    verdict: Verdict
    about: str
    fields: str


class Entry(NamedTuple):
    """What there is to say about a check.

    Attributes:
        kind: as a rubric names it.
        summary: one line.
        about: further paragraphs.
        fields: what a rubric may say.
        cases: what it says of what.
        criterion: TOML to paste.
    """

    kind: str
    summary: str
    about: list[str]
    fields: list[FieldEntry]
    cases: list[Case]
    criterion: str


def entry(kind: str) -> Entry:
    """What the check of a kind looks for.

    Raises:
        KeyError: there is none.
    """
    check = check_class(kind)
    summary, *about = paragraphs(check)
    schema = check_schema(check)
    fields = {name: part for name, part in schema["properties"].items() if name != "kind"}
    needed = schema["required"]
    examples = check.examples()
    return Entry(
        kind=kind,
        summary=summary,
        about=about,
        fields=[field_entry(n, part, needed=n in needed) for n, part in fields.items()],
        cases=[Case(e.verdict, e.about, toml_value(e.fields)[2:-2]) for e in examples],
        criterion=criterion(kind, next(e for e in examples if e.verdict == "passed")),
    )


def summary(kind: str) -> str:
    """What a check looks for, in one line.

    Raises:
        KeyError: there is none of that kind.
    """
    return paragraphs(check_class(kind))[0]


def paragraphs(check: type[Check]) -> list[str]:
    """A check's docstring, each paragraph on one line."""
    return [" ".join(p.split()) for p in (check.__doc__ or check.kind).strip().split("\n\n")]


def field_entry(name: str, schema: Schema, *, needed: bool) -> FieldEntry:
    """What there is to say about a field."""
    default = schema.get("default")
    told = toml_value(default) if default not in (None, [], "") else ""
    return FieldEntry(name, words(schema), schema.get("description", ""), None if needed else told)


def words(schema: Schema) -> str:
    """What a schema allows, in words."""
    if "enum" in schema:
        return listed([toml_value(v) for v in schema["enum"]])
    if "const" in schema:
        return toml_value(schema["const"])
    if "anyOf" in schema:
        return listed([words(option) for option in schema["anyOf"]])
    if schema.get("type") == "array":
        return f"list of {many(schema)}"
    return NAMES.get(schema.get("type", ""), "value") + bounds(schema)


def listed(options: list[str]) -> str:
    """Options as "a, b or c"."""
    *first, last = options
    return f"{', '.join(first)} or {last}" if first else last


def many(schema: Schema) -> str:
    """What a list holds, in words."""
    items: Mapping[str, Any] = schema.get("items", {})
    least, most = schema.get("minItems"), schema.get("maxItems")
    count = f"{least} " if least is not None and least == most else ""
    if "enum" in items:
        return f"{count}any of {words(dict(items))}"
    inside = MANY.get(items.get("type", ""), "values")
    return f"{count}{inside} of {many(dict(items))}" if inside == "lists" else f"{count}{inside}"


def bounds(schema: Schema) -> str:
    """The limits of a number, in words."""
    return "".join(f", {word} {schema[key]:g}" for key, word in BOUNDS.items() if key in schema)


def criterion(kind: str, example: Example) -> str:
    """A criterion as an author would write it, from an example that passes."""
    check = toml_value({"kind": kind, **example.fields})
    return "\n".join(
        [
            "[[criterion]]",
            f"id = {toml_value(f'{example.exercise}.{kind}')}",
            f"exercise = {toml_value(example.exercise)}",
            f"title = {toml_value(example.about)}",
            "points = 5",
            "core = true",
            f"check = {check}",
            'hints = ["Where to look.", "What to change."]',
            "",
        ]
    )
