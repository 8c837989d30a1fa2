"""What a clean process gave, held against what was told: the same, other, or unclear.

Whether `other` is certain, or can honestly come about, is not asked here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from grader.corroboration.plan import Asked, Reply, is_whole
from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.values import agree

Outcome = Literal["same", "other", "unclear"]

LARGEST = 1e12
APART = 1e-3
"""Numbers that differ by more, relative to the largest, are no rounding."""


def judge_call(evidence: Evidence, op: OpSeen, reply: Reply) -> Outcome:
    """A call against what it gives, read in each way it can be meant."""
    ways = [compare_outputs(evidence, op, outputs) for outputs in reply.get("any", [])]
    if True in ways:
        return "same"
    return "other" if ways and all(w is False for w in ways) else "unclear"


def judge_draws(evidence: Evidence, asked: Asked, reply: Reply) -> Iterator[tuple[OpSeen, Outcome]]:
    """Draws against what the seed gives; others may have come between, so none is `other`."""
    for op, output in zip(asked.ops, reply.get("outputs", []), strict=False):
        yield op, "same" if compare_outputs(evidence, op, [output]) else "unclear"


def judge_search(asked: Asked, reply: Reply) -> Iterator[tuple[OpSeen, Outcome]]:
    """Uniform draws against where they stand in the stream; one number alone could be chance."""
    searched = bool(reply.get("searched"))
    for op, row, at in zip(asked.ops, asked.step["rows"], reply.get("at", []), strict=False):
        if at is not None:
            yield op, "same" if len(row) > 1 else "unclear"
        else:
            yield op, "other" if searched else "unclear"


def judge_kept(evidence: Evidence, op: OpSeen) -> Outcome:
    """A call that keeps the numbers, and may make whole numbers of them."""
    source = evidence.tensor(op, op.inputs[0]) if op.inputs else None
    kept = told_numbers(evidence, list(op.outputs), op)
    if source is None or not is_whole(source) or not kept:
        return "unclear"
    numbers = source.values or []
    if len(kept) != len(numbers) or (op.op == "data" and len(op.inputs) > 1):
        return "unclear"
    made = evidence.tensor(op, op.outputs[0])
    if made is not None and made.shape != source.shape:
        return "other"
    if made is not None and made.dtype not in ("float32", "float64"):
        numbers = [math.trunc(v) if math.isfinite(v) else v for v in numbers]
    alike = near(kept, numbers)
    return "unclear" if alike is None else "same" if alike else "other"


def compare_outputs(evidence: Evidence, op: OpSeen, outputs: list[Any]) -> bool | None:
    """Whether the outputs told are these; None if it cannot be said."""
    if not outputs or len(outputs) != len(op.outputs):
        return None
    compared = [compare_one(evidence, op, t, o) for t, o in zip(op.outputs, outputs, strict=True)]
    if False in compared:
        return False
    return None if None in compared else True


def compare_one(evidence: Evidence, op: OpSeen, told: object, output: Any) -> bool | None:
    """Whether one output is this one."""
    if not isinstance(output, dict):
        return None
    if isinstance(told, (int, float)):
        return None if output["shape"] else near([as_float(told)], output["values"])
    tensor = evidence.tensor(op, told)
    if tensor is None or not is_whole(tensor) or tensor.dtype != output["dtype"]:
        return None
    if tensor.shape != output["shape"]:
        return False
    return near(tensor.values or [], output["values"])


def near(told: list[float], computed: list[float]) -> bool | None:
    """Equal as the checks compare; False only if they are clearly apart."""
    if len(told) != len(computed):
        return False
    if agree(told, computed):
        return True
    if not all(abs(v) < LARGEST for v in [*told, *computed]):  # nan too
        return None
    scale = max([1.0, *(abs(v) for v in computed)])
    apart = any(abs(a - b) > APART * scale for a, b in zip(told, computed, strict=True))
    return False if apart else None


def told_numbers(evidence: Evidence, references: list[Any], op: OpSeen) -> list[float] | None:
    """All numbers of an operation's outputs; None if some are not known."""
    numbers: list[float] = []
    for item in references:
        tensor = evidence.tensor(op, item)
        if isinstance(item, (int, float)):
            numbers.append(as_float(item))
        elif tensor is not None and is_whole(tensor):
            numbers += tensor.values or []
        elif isinstance(item, list):
            inner = told_numbers(evidence, item, op)
            if inner is None:
                return None
            numbers += inner
        else:
            return None
    return numbers


def as_float(number: float) -> float:
    """A number that was told, which may be too large for a float."""
    try:
        return float(number)
    except OverflowError:
        return math.inf
