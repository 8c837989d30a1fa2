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


class Live(NamedTuple):
    """Inputs, and what the live model gave for them.

    Attributes:
        shape: of the inputs.
        numbers: in row-major order.
        answer: None where there is none.
        copied: what a copy of it gave that took over the file's state, likewise.
    """

    shape: list[int]
    numbers: list[float]
    answer: Answered | None
    copied: Answered | None


class Asked(NamedTuple):
    """A question to a live model and to a copy of it, as its kernel reads it.

    Attributes:
        cell: after which it is asked.
        content: of the question.
    """

    cell: int
    content: list[dict[str, Any]]

    def answered(self, told: object) -> Live:
        """What the kernel says they gave."""
        items = [i for i in told if isinstance(i, dict)] if isinstance(told, list) else []
        answers = []
        for asked in self.content:
            made = Challenge(id=asked["id"], exercise="", ask="model",
                             inputs=Points(points=[[0.0]]))  # fmt: skip
            own = [i for i in items if i.get("challenge") == asked["id"]]
            answers.append(read_answer(own[0], self.cell, made) if own else None)
        first = self.content[0]
        return Live(first["shapes"][0], first["numbers"], *answers)


def question_to_live(cell: int, path: str, number: int, facts: Sequence[Fact]) -> Asked | None:
    """What is asked of the model that a cell saved to a path; None where it is not known.

    Args:
        cell: its index.
        path: as the student gave it.
        number: of the file, as its kernel counts them.
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
    common = {"ask": "model", "numbers": numbers, "cells": [], "shapes": [shape]}
    whom = {"model": model.handle, "shapes": [shape]}
    return Asked(cell, [
        {**common, "id": "live", "models": [whom]},
        {**common, "id": "copy", "models": [{**whom, "file": number}]},
    ])  # fmt: skip


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
