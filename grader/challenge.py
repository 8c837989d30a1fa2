"""Challenges: what the host asks of an exercise's models and functions after its last cell.

They stand in `assignment.toml` and never in a rubric, so that a changed rubric needs no kernel.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.recipes import AnyRecipe

Ask = Literal["model", "function"]


class Challenge(BaseModel):
    """Inputs, and to what they are given.

    Attributes:
        id: unique in the assignment; what checks name.
        exercise: after whose last cell it is asked.
        ask: every model that lives and that the exercise made, called or trained; or every
            function, class and object of its cells that takes one argument.
        inputs: how the inputs are made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=60)
    exercise: str
    ask: Ask
    inputs: AnyRecipe
