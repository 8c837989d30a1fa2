"""What an author writes in a rubric file: its keys, what they mean, and which may be left out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from grader.components import COMPONENTS, known
from grader.spoilt import Mistakes

Words = Annotated[str, Field(pattern=r"\S")]
ComponentName = Annotated[
    str, AfterValidator(known), Field(json_schema_extra={"enum": sorted(COMPONENTS)})
]


class CriterionText(BaseModel):
    """A criterion as its author writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Words = Field(description='unique in the rubric, such as "4.seed"')
    exercise: str = Field(description="id of the exercise in assignment.toml")
    title: Words = Field(description='a few words that finish "this exercise asks for …"')
    points: float = Field(gt=0, allow_inf_nan=False, description="what it is worth")
    core: bool = Field(
        False,
        description="whether it is the heart of the exercise: without a share of any core criterion"
        " an attempted exercise is wrong, with one it is at least partly right",
    )
    after: list[str] = Field(
        [],
        description="ids of earlier criteria without which this one means nothing: it is blocked"
        " until each of them earns a share",
    )
    check: dict[str, Any] = Field(description="what to look for: kind, and the fields of that kind")
    mistakes: Mistakes = Field(
        [],
        description="ids of mistakes that spoil what the check finds: one that was made in the"
        " exercise, and was seen for certain, costs half",
    )
    hints: list[Words] = Field(
        min_length=1, description="a ladder, from where to look to what to change"
    )
    visibility: Literal["public", "hidden"] = Field(
        "public", description="hidden criteria count, and students do not see them"
    )
    reveal: bool = Field(True, description="whether a student may see the expected value")
    component: ComponentName | None = Field(
        None, description="what one has to understand to meet it; the tutor adds up what is known"
    )
    given: bool = Field(
        False,
        description="whether lines that the starter gives meet it already, so that meeting it says"
        " little of what somebody knows",
    )


class RubricText(BaseModel):
    """A rubric file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assignment: str = Field(description="id of the assignment, which is also this file's name")
    help: Literal["open", "first", "closed"] = Field(
        "open", description="for students who practise: all hints, the first of each ladder, none"
    )
    kept: dict[str, int] = Field(
        {}, description="by exercise, how many criteria count in a grade and are not in this file"
    )
    criterion: list[CriterionText] = Field(
        min_length=1, description="what earns points; one [[criterion]] for each"
    )
