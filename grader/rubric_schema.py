"""The JSON Schema of a rubric file, by which an editor completes and checks it.

It says what one file can be asked for: keys, types, kinds of check and their fields. Whether ids,
exercises and prerequisites fit together is told when the rubric is read.
"""

from __future__ import annotations

from typing import Any

from grader.check import Check
from grader.plugins import check_class, check_kinds
from grader.rubric_text import RubricText

Schema = dict[str, Any]

BY_NAME = ("properties", "$defs")
IN_A_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")


def rubric_schema() -> Schema:
    """The schema of `rubrics/<assignment>.toml`, with every check there is."""
    schema = plain(RubricText.model_json_schema())
    definitions: Schema = schema["$defs"]
    for kind in check_kinds():
        own = check_schema(check_class(kind))
        inner: Schema = own.pop("$defs", {})
        definitions |= {f"{kind}.{name}": part for name, part in inner.items()}
        definitions[kind] = own
    criterion = definitions["CriterionText"]["properties"]
    criterion["check"] = {
        "description": criterion["check"]["description"],
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in check_kinds()],
    }
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def check_schema(check: type[Check]) -> Schema:
    """The schema of what a rubric says under `check`, of one kind."""
    own = plain(check.model_json_schema(ref_template=f"#/$defs/{check.kind}.{{model}}"))
    about = " ".join((check.__doc__ or "").split())
    kind = {"const": check.kind, "description": about}
    return {
        **own,
        "title": check.kind,
        "description": about,
        "properties": {"kind": kind, **own.get("properties", {})},
        "required": ["kind", *own.get("required", [])],
    }


def plain(schema: Schema) -> Schema:
    """A schema without null, which TOML has not, and without titles that repeat a key."""
    kept = {key: plain_part(key, value) for key, value in schema.items() if key != "title"}
    if "default" in kept and kept["default"] is None:
        del kept["default"]
    options = [o for o in kept.pop("anyOf", []) if o != {"type": "null"}]
    if len(options) == 1:
        return {**options[0], **kept}
    return {**kept, "anyOf": options} if options else kept


def plain_part(key: str, value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """What stands under a key of a schema, where that is a schema or holds some."""
    if key in BY_NAME:
        return {name: plain_part("items", part) for name, part in value.items()}
    if key in IN_A_LIST:
        return [plain_part("items", part) for part in value]
    return plain(value) if key == "items" and isinstance(value, dict) else value
