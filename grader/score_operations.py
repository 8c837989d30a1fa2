"""How a cell got from what a model gave to labels and accuracies: its operations, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen
from grader.training_runs import runs_of

SAME_NUMBERS = {"squeeze", "unsqueeze", "reshape", "view", "flatten", "detach", "cpu", "to",
                "float", "getitem", "T", "t", "contiguous", "clone"}  # fmt: skip
"""What takes numbers along as they are, or some of them."""
OF_LOGITS = {"binary_cross_entropy_with_logits", "cross_entropy"}
OF_CLASSES = {"cross_entropy", "nll_loss"}
MOST_STEPS = 20


class Made(NamedTuple):
    """A tensor's numbers, and the operation that gave them.

    Attributes:
        handle: of the tensor as it came out of that operation.
        by: the operation; None where no operation was seen.
    """

    handle: str
    by: OpSeen | None


def losses_of(evidence: Evidence, exercise: str) -> set[str]:
    """The kinds of loss that the exercise's trainings minimise."""
    return {run.loss.kind for run in runs_of(evidence, exercise) if run.loss is not None}


def origin(evidence: Evidence, op: OpSeen, handle: object) -> Made | None:
    """Where the numbers of an operation's input come from, past what only turns them about."""
    makers = evidence.once(makers_of)
    at = str(handle)
    for _ in range(MOST_STEPS):
        by = makers.get((op.cell, at))
        if by is None or by.op not in SAME_NUMBERS or not by.inputs:
            return Made(at, by)
        at = str(by.inputs[0])
    return None


def makers_of(evidence: Evidence) -> dict[tuple[int, str], OpSeen]:
    """Which operation of a cell gave a tensor."""
    return {(op.cell, str(out)): op for op in evidence.everywhere(OpSeen) for out in op.outputs}


def comparisons(
    evidence: Evidence, exercise: str
) -> Iterator[tuple[OpSeen, TensorSeen, TensorSeen]]:
    """Each time two tensors were held against each other with `==`, where a model is at work."""
    for op in evidence.of(exercise, OpSeen):
        if op.op == "eq" and op.error is None and len(op.inputs) == 2:
            one, other = (evidence.tensor(op, given) for given in op.inputs)
            if one is not None and other is not None:
                yield op, one, other


def whole(tensor: TensorSeen) -> bool | None:
    """Whether all numbers of a tensor are whole; None where that was not told."""
    if not tensor.dtype.startswith(("float", "bfloat")):
        return True
    told = tensor.values if tensor.values is not None else (tensor.stats or [])[:2]
    if any(not float(v).is_integer() for v in told):
        return False
    return True if tensor.values else None
