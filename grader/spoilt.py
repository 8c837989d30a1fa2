"""Mistakes of the catalogue that a check holds against an answer.

Only what was seen for certain, and is wrong, may cost points; what the source suggests never does.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from grader.catalogue import faults
from grader.errors import nearest
from grader.evidence import Evidence
from grader.finding import Diagnosis


def named(ids: list[str]) -> list[str]:
    """Ids as they are, if each is a mistake that may cost points.

    Raises:
        ValueError: one is not.
    """
    known = {f.id: f for f in faults()}
    for name in ids:
        if name not in known:
            raise ValueError(f"there is no mistake {name!r}{nearest(name, chargeable())}")
        if name not in chargeable():
            raise ValueError(f"{name} ({known[name].title}) is only a hint, and may cost no points")
    return ids


def chargeable() -> list[str]:
    """Ids of the mistakes that may cost points: wrong, and told by what means nothing else."""
    return [f.id for f in faults() if f.severity == "F" and f.sure]


class OneOfThem:
    """Tells a rubric's JSON Schema which ids there are."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The list, with the ids that may stand in it."""
        return {**handler(core), "items": {"type": "string", "enum": chargeable()}}


Mistakes = Annotated[list[str], AfterValidator(named), OneOfThem()]
"""Ids of faults, as a rubric gives them."""


def spoilt(evidence: Evidence, exercise: str, ids: list[str]) -> Diagnosis | None:
    """The first of these mistakes that was made in an exercise, seen for certain."""
    return next(
        (
            found
            for fault in faults()
            if fault.id in ids
            for found in fault.find(evidence, exercise)
            if found.severity == "F" and found.certain
        ),
        None,
    )
