"""What a model gave when it was saved, on inputs of the host's, to hold its file against.

The inputs have the shape of what the model was called on; their numbers mean nothing. They are
the same every time, so that the same hand-in gives the same evidence.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from grader.challenge import Challenge
from grader.facts import Answered, Fact, ModelCalled, ModelSeen, Saved, TensorSeen
from grader.recipes import Points
from grader.run.challenge import read_answer

MOST_ROWS = 8
MOST_NUMBERS = 200_000
"""Of one input."""
SEED = 20_251
NAME = "saved"


class Live(NamedTuple):
    """Inputs, and what the live model gave for them.

    Attributes:
        shape: of the inputs.
        numbers: in row-major order.
        answer: None where there is none.
    """

    shape: list[int]
    numbers: list[float]
    answer: Answered | None


class Asked(NamedTuple):
    """A question to a live model, as its kernel reads it.

    Attributes:
        cell: after which it is asked.
        content: of the question.
    """

    cell: int
    content: dict[str, Any]

    def answered(self, told: object) -> Live:
        """What the kernel says it gave."""
        item = told[0] if isinstance(told, list) and told and isinstance(told[0], dict) else None
        made = Challenge(id=NAME, exercise="", ask="model", inputs=Points(points=[[0.0]]))
        answer = None if item is None else read_answer(item, self.cell, made)
        return Live(self.content["shapes"][0], self.content["numbers"], answer)


def question_to_live(cell: int, path: str, facts: Sequence[Fact]) -> Asked | None:
    """What is asked of the model that a cell saved to a path; None where it is not known.

    Args:
        cell: its index.
        path: as the student gave it.
        facts: of all cells so far.
    """
    saved = [f for f in facts if isinstance(f, Saved) and f.cell == cell and f.path == path]
    model = saved_from(saved[-1], facts) if saved else None
    if model is None:
        return None
    shape = input_shape(model, facts)
    if math.prod(shape) > MOST_NUMBERS:
        return None
    drawn = random.Random(SEED)  # noqa: S311  (nobody has to guess them)
    numbers = [round(drawn.uniform(-1, 1), 6) for _ in range(math.prod(shape))]
    return Asked(cell, {
        "id": NAME, "ask": "model", "numbers": numbers, "cells": [], "shapes": [shape],
        "models": [{"model": model.handle, "shapes": [shape]}],
    })  # fmt: skip


def saved_from(saved: Saved, facts: Iterable[Fact]) -> ModelSeen | None:
    """The model that has the saved state, as it was last seen; None where none has."""
    last = {f.handle: f for f in facts if isinstance(f, ModelSeen)}
    having = [m for m in last.values() if saved.state is not None and m.state == saved.state]
    return having[0] if having else None


def input_shape(model: ModelSeen, facts: Sequence[Fact]) -> list[int]:
    """The shape of what a model was called on last, with few rows; else one that its layers fit."""
    calls = [f for f in facts if isinstance(f, ModelCalled) and f.model == model.handle]
    fed = {(c.cell, d.tensor) for c in calls for d in c.data}
    seen = [f for f in facts if isinstance(f, TensorSeen) and (f.cell, f.handle) in fed]
    if seen and seen[-1].shape:
        rows, *rest = seen[-1].shape
        return [min(rows, MOST_ROWS), *rest]
    matrix = next((shape for _, shape in model.shapes if len(shape) == 2), [1, 1])
    return [MOST_ROWS, matrix[1]]
