"""Asks an exercise's models and functions what they make of inputs that the host picked.

It is asked right after the exercise's last cell: later cells overwrite what it made. The question
holds numbers and who is meant; what should come out stays here. Answers are text from a hostile
process, capped and parsed into one closed form.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from grader.answers import MOST_ANSWERED
from grader.assignment import Assignment
from grader.challenge import Challenge
from grader.exercises import Placement
from grader.facts import Answered, Challenged, Fact, ModelCalled, ModelSeen, TensorSeen
from grader.own_data import recognised
from grader.recipes import Own
from grader.trouble import UNHEARD

if TYPE_CHECKING:  # what is read here is read where no kernel is started, too
    from grader.run.ask import Answer
    from grader.run.session import Session

QUESTION = "challenge_request"
PATIENCE_S = 120.0
"""The kernel itself gives up sooner."""
MOST_MODELS = 100
UNKNOWN = "its own data were not recognised"
MOST_REPLIES = 1000
MOST_LEFT_OUT = 10**6


class Said(BaseModel):
    """What the fork of a kernel says that came out."""

    model_config = ConfigDict(extra="forbid")

    error: str = Field("", max_length=400)
    shape: list[int] = Field([], max_length=16)
    dtype: str = Field("", max_length=40)
    values: list[float] | None = Field(None, max_length=MOST_ANSWERED)
    each: bool = False

    @model_validator(mode="after")
    def _as_many_as_its_shape_says(self) -> Said:
        if self.values is not None and len(self.values) != prod(self.shape):
            raise ValueError("there are as many values as the shape says")
        return self


class Asking(NamedTuple):
    """The challenges that follow a cell.

    Attributes:
        cell: after which they are asked.
        challenges: of the exercise that ends there.
        content: what the kernel is asked.
    """

    cell: int
    challenges: tuple[Challenge, ...]
    content: list[dict[str, Any]]


def asking_after(
    cell: int, facts: Iterable[Fact], assignment: Assignment, placement: Placement
) -> Asking | None:
    """What is asked after a cell; None unless it is the last one of an answer that has challenges.

    Args:
        cell: its index.
        facts: of all cells so far.
        assignment: has the challenges.
        placement: which cells answer which exercise.
    """
    exercise = placement.exercise.get(cell)
    facts = list(facts)
    challenges = tuple(
        as_made(c, facts) for c in assignment.challenge if c.exercise == exercise
    )  # fmt: skip
    cells = [index for index, e in placement.exercise.items() if e == exercise]
    if not challenges or not placement.written.intersection(cells):
        return None
    own = [f for f in facts if f.exercise == exercise]
    asked = [c for c in challenges if can_be_asked(c)]
    return Asking(cell, challenges, [question(c, own, sorted(cells)) for c in asked])


def as_made(challenge: Challenge, facts: list[Fact]) -> Challenge:
    """A challenge whose inputs are the notebook's own data, as the notebook made it."""
    if not isinstance(challenge.inputs, Own):
        return challenge
    found = recognised(challenge.inputs, facts, challenge.exercise)
    return challenge.model_copy(update={"inputs": found})


def can_be_asked(challenge: Challenge) -> bool:
    """Whether its inputs are known."""
    return not isinstance(challenge.inputs, Own) or challenge.inputs.found is not None


def question(challenge: Challenge, own: list[Fact], cells: list[int]) -> dict[str, Any]:
    """One challenge as the kernel reads it."""
    rows = challenge.inputs.rows()
    models = models_of(own) if challenge.ask == "model" else []
    shapes = [[len(rows), len(rows[0])]]
    flat = [[len(rows)]] if len(rows[0]) == 1 else []
    return {
        "id": challenge.id,
        "ask": challenge.ask,
        "numbers": [number for row in rows for number in row],
        "cells": cells,
        "shapes": [*flat, *shapes],
        "models": [
            {"model": m, "shapes": [*flat, *shapes] if 1 in dimensions(m, own) else
             [*shapes, *flat]} for m in models
        ],
    }  # fmt: skip


def models_of(own: list[Fact]) -> list[str]:
    """Handles of the models that an exercise made, called or trained, the last ones first."""
    found = dict.fromkeys(f.handle for f in own if isinstance(f, ModelSeen))
    return list(reversed(found))[:MOST_MODELS]


def dimensions(model: str, own: list[Fact]) -> set[int]:
    """How many dimensions that had which a model was called on."""
    fed = {(f.cell, d.tensor) for f in own if isinstance(f, ModelCalled) and f.model == model
           for d in f.data}  # fmt: skip
    return {len(f.shape) for f in own if isinstance(f, TensorSeen) and (f.cell, f.handle) in fed}


async def give(session: Session, asking: Asking, answers: list[Answer]) -> None:
    """Ask the kernel, and add its answer if one comes in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            answers.append(await session.question(QUESTION, challenges=asking.content))


def read_answers(raw: object, asking: Asking) -> list[Fact]:
    """The facts that a kernel's answer makes, and one for each challenge."""
    items = [i for i in raw if isinstance(i, dict)] if isinstance(raw, list) else []
    facts: list[Fact] = []
    for challenge in asking.challenges:
        own = [i for i in items[:MOST_REPLIES] if i.get("challenge") == challenge.id]
        left_out = [min(n, MOST_LEFT_OUT) for i in own if type(n := i.get("left_out")) is int]
        answered = [read_answer(i, asking.cell, challenge) for i in own if "left_out" not in i]
        problem = UNHEARD if None in answered or not isinstance(raw, list) else ""
        facts.append(told(challenge, asking.cell, problem, left_out=max(0, *left_out, 0)))
        facts += [a for a in answered if a is not None]
    return facts


def read_answer(item: dict[str, Any], cell: int, challenge: Challenge) -> Answered | None:
    """One answer; None for what is none."""
    fields = {k: v for k, v in item.items() if k not in ("said", "ended")}
    ended = item.get("ended")
    try:
        said = Said.model_validate(json.loads(str(item.get("said")))) if ended == "told" else Said()
    except (ValueError, ValidationError, RecursionError):  # the fork's line is not what we wrote
        said, ended = Said(), "died"
    if ended == "told":
        ended = "raised" if said.error else "answered"
    try:
        return Answered.model_validate(
            {**fields, **said.model_dump(), "ended": ended, "cell": cell,
             "exercise": challenge.exercise}
        )  # fmt: skip
    except (ValidationError, TypeError):
        return None


def told(challenge: Challenge, cell: int, problem: str, *, left_out: int = 0) -> Challenged:
    """That a challenge was given, and what came between."""
    problem = problem if can_be_asked(challenge) else UNKNOWN
    return Challenged(
        cell=cell, exercise=challenge.exercise, challenge=challenge.id, ask=challenge.ask,
        inputs=challenge.inputs, left_out=left_out, problem=problem,
    )  # fmt: skip


def unheard(asking: Asking, problem: str) -> list[Fact]:
    """That challenges could not be given."""
    return [told(c, asking.cell, problem) for c in asking.challenges]
