"""What every fact is: an observation from outside the student's process, or a claim from inside.

Code in the student's process could have forged a claim.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=2000)]
LongText = Annotated[str, Field(max_length=2_000_000)]
Name = Annotated[str, Field(max_length=120)]
Size = Annotated[int, Field(ge=0, lt=2**63)]
Scalar = bool | int | float | Text | None


class Fact(BaseModel):
    """One thing that happened.

    Attributes:
        seq: position in the evidence, from 0; what findings point at.
        cell: index of the cell in the hand-in, from 0, counting every cell.
        exercise: id of the exercise the cell answers, None for cells outside every exercise.
        line: line in the cell, from 1, where it is known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    seq: int = 0
    cell: int
    exercise: str | None = None
    line: int | None = None


class Observation(Fact):
    """Seen by the host."""


class Claim(Fact):
    """Said by the kernel."""
