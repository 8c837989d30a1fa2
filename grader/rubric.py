"""A rubric: what earns points, why, and what to say.

Read from `rubrics/<assignment>.toml`. Everything wrong with it is told at once, before any kernel
starts.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializeAsAny,
    ValidationError,
)

from grader.assignment import Assignment
from grader.author_file import explain, read_toml
from grader.check import Check
from grader.errors import AuthorError, nearest
from grader.plugins import check_class, check_kinds
from grader.rubric_text import CriterionText, RubricText

TUTOR_ONLY = frozenset({"component", "given", "help", "kept"})
"""Keys that say something to whoever practises, and nothing about points."""


class Criterion(CriterionText):
    """A criterion whose check is ready to look."""

    check: SerializeAsAny[Check]  # type: ignore[assignment]


class Rubric(BaseModel):
    """All criteria of an assignment, in the order of its exercises."""

    model_config = ConfigDict(frozen=True)

    assignment: str
    criteria: tuple[Criterion, ...]
    help: Literal["open", "first", "closed"] = "open"
    kept: dict[str, int] = {}

    def of(self, exercise: str) -> list[Criterion]:
        """The criteria of one exercise."""
        return [c for c in self.criteria if c.exercise == exercise]

    def as_data(self) -> dict[str, Any]:
        """All of it as plain data, from which `of_data` makes an equal one."""
        data = self.model_dump(mode="json")
        for told, criterion in zip(data["criteria"], self.criteria, strict=True):
            check = criterion.check
            told["check"] = {
                "kind": check.kind,
                **check.model_dump(mode="json", exclude_unset=True),
            }
        return data

    @classmethod
    def of_data(cls, data: dict[str, Any]) -> Self:
        """The rubric that `as_data` told.

        Raises:
            ValueError: it is none, or has checks that are not known here.
        """
        criteria = []
        for item in data["criteria"]:
            check, wrong = build_check(item["check"])
            if check is None:
                raise ValueError(f"criterion {item['id']}: {'; '.join(wrong)}")
            criteria.append(Criterion(**{**item, "check": check}))
        return cls(**{**data, "criteria": tuple(criteria)})


def load_rubric(course: Path, assignment: Assignment, rubrics: Path | None = None) -> Rubric:
    """Read the rubric of an assignment.

    Args:
        course: the course folder.
        assignment: whose rubric it is.
        rubrics: the folder of the rubrics, where it is not the course folder's own.

    Raises:
        AuthorError: everything that is wrong with the file.
    """
    path = (rubrics or course / "rubrics") / f"{assignment.id}.toml"
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
    return Rubric(
        assignment=assignment.id, criteria=tuple(criteria), help=text.help, kept=text.kept
    )


def read_text(path: Path) -> RubricText:
    """The file as its author wrote it; where that is wrong, its checks are looked at too."""
    if not path.exists():
        raise AuthorError([f"{path}: No such file: it says what earns points; `grader checks` tells"
                           " what it can ask for"])  # fmt: skip
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
    for number, item in enumerate(tables, 1):
        name = f"criterion {item.get('id') or f'number {number}'}"
        if isinstance(item.get("check"), dict):
            told += [f"{name}: {w}" for w in build_check(item["check"])[1]]
        after = item.get("after")
        told += [
            f"{name}: after: there is no criterion {a!r}{nearest(str(a), ids)}"
            for a in (after if isinstance(after, list) else [])
            if str(a) not in ids
        ]
    return told


def build_check(item: Mapping[str, Any]) -> tuple[Check | None, list[str]]:
    """The check a criterion describes, or what is wrong with the description."""
    fields = dict(item)
    if "kind" not in fields:
        return None, [f"check.kind: is missing{nearest('', check_kinds())}"]
    kind = str(fields.pop("kind"))
    if kind not in check_kinds():
        return None, [f"check.kind: there is no check {kind!r}{nearest(kind, check_kinds())}"]
    model = check_class(kind)
    try:
        return model.model_validate(fields, strict=True), []
    except ValidationError as problem:
        lines = explain(problem, model, fields, under="check")
        return None, [f"{line}; see `grader checks {kind}`" for line in lines]


def contradictions(
    text: RubricText, criteria: list[Criterion], assignment: Assignment
) -> list[str]:
    """What does not fit together: ids, exercises, prerequisites, cores."""
    problems = []
    if text.assignment != assignment.id:
        problems.append(
            f"assignment: {text.assignment!r} differs from the file's name, {assignment.id!r}"
        )
    repeated = [i for i, n in Counter(c.id for c in text.criterion).items() if n > 1]
    problems += [f"criterion {i}: occurs twice; every criterion has an id of its own"
                 for i in repeated]  # fmt: skip
    order = [e.id for e in assignment.exercise]
    for item in text.criterion:
        if item.exercise not in order:
            problems.append(f"criterion {item.id}: exercise: {unknown(item.exercise, order)}")
        problems += [f"criterion {item.id}: after: {p}" for p in misplaced(item, text, order)]
    for criterion in criteria:
        problems += [f"criterion {criterion.id}: check: {p}" for p in unreachable(criterion, order)]
        problems += [
            f"criterion {criterion.id}: check: {p}" for p in unasked(criterion, assignment)
        ]
    for exercise in assignment.exercise:
        own = [c for c in text.criterion if c.exercise == exercise.id]
        if exercise.graded and not own:
            problems.append(f"exercise {exercise.id}: no criterion: write one here, or"
                            " graded = false at the exercise in assignment.toml")  # fmt: skip
        elif own and not any(c.core for c in own):
            problems.append(f"exercise {exercise.id}: no core criterion: write core = true at what"
                            " is the heart of it")  # fmt: skip
    return problems


def unknown(exercise: str, order: list[str]) -> str:
    """That there is no such exercise, and the nearest."""
    return f"there is no exercise {exercise!r} in assignment.toml{nearest(exercise, order)}"


def misplaced(item: CriterionText, text: RubricText, order: list[str]) -> Iterator[str]:
    """Prerequisites that do not come before the criterion, in the file or by their exercise."""
    ids = [c.id for c in text.criterion]
    place = order.index(item.exercise) if item.exercise in order else len(order)
    known = [
        c.id for c in text.criterion[: ids.index(item.id)]
        if c.exercise in order and order.index(c.exercise) <= place
    ]  # fmt: skip
    for name in item.after:
        if name == item.id:
            yield f"{name!r} is this criterion itself, no earlier criterion"
        elif name in ids and name not in known:
            yield f"{name!r} is no earlier criterion: it comes later, here or by its exercise"
        elif name not in known:
            yield f"there is no earlier criterion {name!r}{nearest(name, known)}"


def unreachable(criterion: Criterion, order: list[str]) -> Iterator[str]:
    """Exercises whose evidence the check reads, and that are not there or come later."""
    for exercise in criterion.check.needs():
        if exercise not in order:
            yield unknown(exercise, order)
        elif criterion.exercise in order and order.index(exercise) > order.index(
            criterion.exercise
        ):
            yield f"exercise {exercise} comes after exercise {criterion.exercise}"
    yield from (unknown(e, order) for e in criterion.check.reads_on() if e not in order)


def unasked(criterion: Criterion, assignment: Assignment) -> Iterator[str]:
    """What the check reads, and what `assignment.toml` does not ask for in this exercise."""
    asked = {e.id for e in assignment.exercise if e.reload}
    if criterion.check.reloads and criterion.exercise not in asked:
        yield (f"kind: nothing that exercise {criterion.exercise} saves is loaded again: write"
               " reload = true at the exercise in assignment.toml")  # fmt: skip
    own = {c.id: c for c in assignment.challenge if c.exercise == criterion.exercise}
    for name in criterion.check.challenges():
        if name not in own:
            yield (f"challenge: exercise {criterion.exercise} has no challenge {name!r} in"
                   f" assignment.toml{nearest(name, list(own))}")  # fmt: skip
        elif problem := criterion.check.misfit(own[name]):
            yield f"challenge {name!r}: {problem}"
