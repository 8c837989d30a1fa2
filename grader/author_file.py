"""An author's TOML file: read, and everything that is wrong with it told in plain words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from grader.errors import AuthorError, nearest
from grader.toml_text import toml_value

LONGEST = 60
ALIKE = 0.62
"""How alike keys are of which one may be meant: "from" is not meant to be "random"."""
AT_LINE = re.compile(r"\(at line (\d+)")
NAMES = ("id", "hand_in")
"""Keys that name a table in a list of them."""

WANTED = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list in [ ]",
    "dict_type": "must be a table in {{ }}",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
}
"""What pydantic's kinds of error ask for, where its own words are those of a programmer."""


def read_toml(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """A TOML file's data, if the model accepts it.

    Raises:
        AuthorError: every problem of the file, each with its key and the nearest valid one.
    """
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as problem:
        raise AuthorError([f"{path}: {problem.strerror or problem}"]) from problem
    except UnicodeDecodeError as problem:
        raise AuthorError([f"{path}: not TOML: {problem}"]) from problem
    except tomllib.TOMLDecodeError as problem:
        raise AuthorError([f"{path}: not TOML: {problem}{line_of(problem, text)}"]) from problem
    try:
        model.model_validate(data, strict=True)
    except ValidationError as problem:
        lines = explain(problem, model, data)
        raise AuthorError([f"{path}: {line}" for line in lines]) from problem
    return data


def line_of(problem: tomllib.TOMLDecodeError, text: str) -> str:
    """The line at which reading stopped; the mistake is there or above."""
    place = AT_LINE.search(str(problem))
    lines = text.splitlines()
    if place is None or not 0 < int(place.group(1)) <= len(lines):
        return ""
    return f", which is: {shortened(lines[int(place.group(1)) - 1].strip())}"


def explain(
    problem: ValidationError, model: type[BaseModel], data: Mapping[str, Any], under: str = ""
) -> list[str]:
    """Pydantic's errors as "key: what is wrong; did you mean …?".

    Args:
        problem: what the model said.
        model: that did not accept the data.
        data: what the author wrote.
        under: the key that the data stands under.
    """
    lines = []
    for error in problem.errors():
        place = told_place(error["loc"], data, under)
        lines.append(f"{place}: {what_is_wrong(error, model)}" if place else told(error))
    return lines


def what_is_wrong(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    """One of pydantic's errors in an author's words."""
    kind, given, loc = error["type"], error["input"], error["loc"]
    key = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        owner = owner_of(model, loc)
        return f"unknown key{nearest(key, list(owner.model_fields) if owner else [], ALIKE)}"
    if kind == "missing":
        field = owner.model_fields.get(key) if (owner := owner_of(model, loc)) else None
        return f"is missing ({field.description})" if field and field.description else "is missing"
    if kind.startswith("union_tag"):
        return no_such_kind(error)
    if kind == "list_type" and isinstance(given, dict):
        return f"must be a list of tables: write [[{key}]] with two brackets"
    blank = kind == "string_pattern_mismatch" and not given.strip()
    if blank or kind in ("too_short", "string_too_short"):
        return "must not be empty"
    if kind not in WANTED:
        return told(error)
    wanted = WANTED[kind].format(**error.get("ctx", {}))
    if kind == "string_type" and isinstance(given, (int, float)) and not isinstance(given, bool):
        return f'{wanted}: "{given}"'
    names = re.findall(r"'([^']*)'", wanted) if kind == "literal_error" else []
    close = nearest(str(given), names, ALIKE)
    return f"{wanted}, not {brief(given)}{close if 'did you mean' in close else ''}"


def no_such_kind(error: Mapping[str, Any]) -> str:
    """That a table of several kinds has none, or none that there is."""
    if error["type"] == "union_tag_not_found":
        return "needs a kind"
    tag = str(error["ctx"]["tag"])
    kinds = [kind.strip(" '") for kind in error["ctx"]["expected_tags"].split(",")]
    return f"there is no kind {tag!r}{nearest(tag, kinds)}"


def told(error: Mapping[str, Any]) -> str:
    """Pydantic's own words, or those of a validator of ours."""
    return str(error["msg"]).removeprefix("Value error, ")


def brief(value: object) -> str:
    """A value as its author wrote it, shortened; dates and times in Python's words."""
    try:
        text = toml_value(value)
    except TypeError:
        text = str(value)
    return shortened(text)


def shortened(text: str) -> str:
    """The beginning of a text."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def told_place(loc: Sequence[int | str], data: object, under: str = "") -> str:
    """Where a value stands; tables of a list by name, other items counted from 1."""
    text, joint = under, "." if under else ""
    tagged: object = None
    for part in loc:
        if isinstance(data, dict) and data is not tagged and data.get("kind") == part:
            tagged = data  # this part only tells which kind of table it is
            continue
        data = inner(data, part)
        if not isinstance(part, int):
            text, joint = f"{text}{joint}{part}", "."
        elif isinstance(data, dict):
            named = (data.get(key) for key in NAMES)
            names = (name for name in named if isinstance(name, str) and name)
            own = next(names, f"number {part + 1}")
            text, joint = f"{text} {own}", ": "
        else:
            text = f"{text}, item {part + 1}"
    return text


def inner(data: object, part: int | str) -> object:
    """What lies under a key or an index, None if nothing does."""
    if isinstance(part, int):
        return data[part] if isinstance(data, list) and part < len(data) else None
    return data.get(part) if isinstance(data, dict) else None


def owner_of(model: type[BaseModel], path: Sequence[int | str]) -> type[BaseModel] | None:
    """The model that a key path's last key should belong to."""
    owner: type[BaseModel] | None = model
    options: list[type[BaseModel]] = []
    for part in path[:-1]:
        if isinstance(part, int) or owner is None:
            continue
        field = owner.model_fields.get(part)
        if field is not None:
            options = models_in(field.annotation)
        else:
            options = [o for o in options if o.model_fields["kind"].default == part]
        owner = next(iter(options), None)
    return owner


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The models that a field may hold: one, those in a list, or one for each kind of table."""
    found = [annotation, *getattr(annotation, "__args__", ())]
    found += [a for f in found[1:] for a in getattr(f, "__args__", ())]
    return [f for f in found if isinstance(f, type) and issubclass(f, BaseModel)]
