"""A rubric: what earns points, why, and what to say.

Read from `rubrics/<assignment>.toml`. Everything wrong with it is told at once, before any kernel
starts.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError

from grader.assignment import Assignment, explain, read_toml
from grader.check import Check
from grader.errors import AuthorError, nearest
from grader.plugins import check_class, check_kinds


class CriterionText(BaseModel):
    """A criterion as its author writes it.

    Attributes:
        id: unique in the rubric, such as "4.seed".
        exercise: id of the exercise in the assignment.
        title: a few words that finish "this exercise asks for …".
        points: what it is worth.
        core: whether it is the heart of the exercise: without a share of any core criterion an
            attempted exercise is wrong, with one it is at least partly right.
        after: ids of criteria without which this one means nothing; it is blocked until they
            earn a share.
        check: `kind`, and the fields of that check.
        hints: a ladder, from where to look to what to change.
        visibility: hidden criteria count, and students do not see them.
        reveal: whether a student may see the expected value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    exercise: str
    title: str
    points: float = Field(gt=0, allow_inf_nan=False)
    core: bool = False
    after: list[str] = []
    check: dict[str, Any]
    hints: list[Annotated[str, Field(pattern=r"\S")]] = Field(min_length=1)
    visibility: Literal["public", "hidden"] = "public"
    reveal: bool = True


class RubricText(BaseModel):
    """A rubric file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assignment: str
    criterion: list[CriterionText] = Field(min_length=1)


class Criterion(CriterionText):
    """A criterion whose check is ready to look."""

    check: SerializeAsAny[Check]  # type: ignore[assignment]


class Rubric(BaseModel):
    """All criteria of an assignment, in the order of its exercises."""

    model_config = ConfigDict(frozen=True)

    assignment: str
    criteria: tuple[Criterion, ...]

    def of(self, exercise: str) -> list[Criterion]:
        """The criteria of one exercise."""
        return [c for c in self.criteria if c.exercise == exercise]


def load_rubric(course: Path, assignment: Assignment) -> Rubric:
    """Read the rubric of an assignment.

    Raises:
        AuthorError: everything that is wrong with the file.
    """
    path = course / "rubrics" / f"{assignment.id}.toml"
    text = read_text(path)
    problems: list[str] = []
    criteria = []
    for item in text.criterion:
        check, wrong = build_check(item.check)
        problems += [f"{path}: criterion {item.id}: {w}" for w in wrong]
        if check is not None:
            criteria.append(Criterion(**{**item.model_dump(), "check": check}))
    problems += [f"{path}: {p}" for p in contradictions(text, criteria, assignment)]
    if problems:
        raise AuthorError(problems)
    order = [e.id for e in assignment.exercise]
    criteria.sort(key=lambda c: order.index(c.exercise))
    return Rubric(assignment=assignment.id, criteria=tuple(criteria))


def read_text(path: Path) -> RubricText:
    """The file as its author wrote it; where that is wrong, its checks are looked at too."""
    try:
        return RubricText.model_validate(read_toml(path, RubricText))
    except AuthorError as problem:
        try:
            items = tomllib.loads(path.read_text(encoding="utf-8")).get("criterion")
        except (OSError, ValueError):
            raise problem from None
        raise AuthorError(
            problem.problems + [f"{path}: {line}" for line in more_problems(items)]
        ) from None


def more_problems(items: object) -> list[str]:
    """What else is wrong with a file whose keys are."""
    told = []
    tables = [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []
    ids = [str(i.get("id")) for i in tables]
    for item in tables:
        if isinstance(item.get("check"), dict):
            told += [f"criterion {item.get('id')}: {w}" for w in build_check(item["check"])[1]]
        after = item.get("after")
        told += [
            f"criterion {item.get('id')}: after: {a!r} is no earlier criterion"
            for a in (after if isinstance(after, list) else [])
            if str(a) not in ids
        ]
    return told


def build_check(item: dict[str, Any]) -> tuple[Check | None, list[str]]:
    """The check a criterion describes, or what is wrong with the description."""
    fields = dict(item)
    kind = str(fields.pop("kind", ""))
    if kind not in check_kinds():
        return None, [f"check.kind: there is no check {kind!r}{nearest(kind, check_kinds())}"]
    model = check_class(kind)
    try:
        return model.model_validate(fields), []
    except ValidationError as problem:
        return None, [f"check.{line}" for line in explain(problem, model)]


def contradictions(
    text: RubricText, criteria: list[Criterion], assignment: Assignment
) -> list[str]:
    """What does not fit together: ids, exercises, prerequisites, cores."""
    problems = []
    if text.assignment != assignment.id:
        problems.append(f"assignment: {text.assignment!r} differs from the file's name")
    ids = [c.id for c in text.criterion]
    exercises = [e.id for e in assignment.exercise]
    problems += [f"criterion {i}: occurs twice" for i, n in Counter(ids).items() if n > 1]
    for item in text.criterion:
        if item.exercise not in exercises:
            problems.append(
                f"criterion {item.id}: exercise: unknown {item.exercise!r}"
                f"{nearest(item.exercise, exercises)}"
            )
        place = exercises.index(item.exercise) if item.exercise in exercises else len(exercises)
        known = [
            c.id for c in text.criterion[: ids.index(item.id)]
            if c.exercise in exercises and exercises.index(c.exercise) <= place
        ]  # fmt: skip
        problems += [
            f"criterion {item.id}: after: {a!r} is no earlier criterion{nearest(a, known)}"
            for a in item.after if a not in known
        ]  # fmt: skip
    for criterion in criteria:
        problems += [
            f"criterion {criterion.id}: check: unknown exercise {e!r}{nearest(e, exercises)}"
            for e in criterion.check.needs() if e not in exercises
        ]  # fmt: skip
    for exercise in assignment.exercise:
        own = [c for c in text.criterion if c.exercise == exercise.id]
        if exercise.graded and not own:
            problems.append(f"exercise {exercise.id}: no criterion; graded = false if it has none")
        elif own and not any(c.core for c in own):
            problems.append(f"exercise {exercise.id}: no core criterion")
    return problems
