"""When a result that was told is certainly not what its call gives.

Numbers may change unseen (memory shared with numpy), calls may give other numbers under a setting,
and random generators may be set back or used where nobody looks. Each of these is ruled out before
anything is doubted.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from grader.corroboration.code import Code
from grader.corroboration.compare import (
    LARGEST,
    Outcome,
    judge_call,
    judge_draws,
    judge_kept,
    judge_search,
)
from grader.corroboration.plan import KEEPS, Asked, Reply
from grader.evidence import Evidence
from grader.facts import OpSeen, ProbeFailed, TensorSeen

EXACT = frozenset(["float32", "float64", "int64", "int32", "uint8", "bool"])
CERTAIN = frozenset(
    ["matmul", "mm", "mv", "dot", "bmm", "inner", "T", "t", "mT", "transpose", "permute", "squeeze",
     "unsqueeze", "reshape", "view", "flatten", "ravel", "add", "sub", "mul", "div", "truediv",
     "multiply", "max", "min", "amax", "amin", "argmax", "argmin", "sum", "mean", "stack", "cat",
     "linear", "einsum", "tensordot", "to", "cpu", "cuda", "clone", "detach", "contiguous", "item"]
)  # fmt: skip
"""Calls that are understood well enough to say that a result is not theirs."""
POSITIONS = frozenset(["argmax", "argmin", "max", "min"])
SEEDED = ("cpu", "gpu")
MOST_BEFORE = 2**16
"""Random numbers that may have been drawn before; far less than what is searched."""


class Judged(NamedTuple):
    """An operation, how it compares, and why it is doubted where it is certainly `other`."""

    op: OpSeen
    outcome: Outcome
    reason: str = ""


def judge_all(evidence: Evidence, asked: list[Asked], replies: list[Reply]) -> list[Judged]:
    """How each operation compares, for those that could be computed again."""
    judge = _Judge(evidence, str((replies or [{}])[0].get("torch", "")))
    judged: list[Judged] = []
    drawn: dict[int, Judged] = {}
    for one, reply in zip(asked, replies, strict=False):
        kind = one.step["do"]
        if kind == "call":
            judged.append(judge.call(one.ops[0], judge_call(evidence, one.ops[0], reply)))
        elif kind == "draw":
            drawn |= {op.seq: Judged(op, o) for op, o in judge_draws(evidence, one, reply)}
        elif kind == "find":
            for op, outcome in judge_search(one, reply):
                if op.seq not in drawn or drawn[op.seq].outcome != "same":
                    drawn[op.seq] = judge.draw(op, outcome)
    kept = [o for o in evidence.everywhere(OpSeen) if o.op in KEEPS and o.error is None]
    judged += [judge.call(op, judge_kept(evidence, op)) for op in kept]
    return [*judged, *drawn.values()]


class _Judge:
    """Lets `other` stand only where no honest code could have come to it."""

    def __init__(self, evidence: Evidence, torch: str) -> None:
        self._evidence = evidence
        self._code = Code(evidence)
        known = evidence.header.torch.partition("+")[0]
        self._same_torch = known != "" and torch.partition("+")[0] == known
        self._blind_from = min((p.cell for p in evidence.everywhere(ProbeFailed)), default=None)
        self._before: dict[int, int] = {}
        self._drawn: dict[int, int] = {}
        self._follow()

    def _follow(self) -> None:
        """For each operation, the one before it in its cell, and how much may have been drawn."""
        latest: dict[int, int] = {}
        total = 0
        for op in self._evidence.everywhere(OpSeen):
            self._before[op.seq] = latest.get(op.cell, -1)
            latest[op.cell] = op.seq
            self._drawn[op.seq] = total
            if op.seed is not None or op.op not in CERTAIN | KEEPS:
                tensors = described(self._evidence, [*op.inputs, *op.outputs], op)
                total += 4 * sum(math.prod(t.shape) for t in tensors) + 64

    def call(self, op: OpSeen, outcome: Outcome) -> Judged:
        """A call of which the same numbers always give the same result."""
        if outcome != "other" or not self._same_torch or op.op not in CERTAIN:
            return Judged(op, "unclear" if outcome == "other" else outcome)
        references = [*op.inputs, *op.named.values(), *op.outputs]
        tensors = described(self._evidence, references, op)
        read = self._code.until(op.cell)
        fresh = all(self._before[op.seq] < t.seq < op.seq for t in tensors)
        sure = (
            all(is_exact(t) for t in tensors)
            and not (op.op in POSITIONS and any(has_ties(t) for t in tensors))
            and not read.may_be_inexact
            and (fresh or not read.may_share_memory)
        )
        if not sure:
            return Judged(op, "unclear")
        return Judged(op, "other", f"a result of {op.op} was told that its inputs do not give")

    def draw(self, op: OpSeen, outcome: Outcome) -> Judged:
        """A draw that was looked for in all that its seed can have given so far."""
        sure = (
            self._same_torch
            and op.seed is not None
            and op.seed.generator in SEEDED
            and (self._blind_from is None or op.cell < self._blind_from)
            and self._drawn[op.seq] <= MOST_BEFORE
        )
        if outcome != "other" or not sure or op.seed is None:
            return Judged(op, "unclear" if outcome == "other" else outcome)
        seed = op.seed.value
        return Judged(op, "other", f"random numbers were told that seed {seed} does not give")


def described(evidence: Evidence, references: list[Any], op: OpSeen) -> list[TensorSeen]:
    """The tensors among an operation's references, also in lists."""
    found: list[TensorSeen] = []
    for item in references:
        if isinstance(item, list):
            found += described(evidence, item, op)
        elif (tensor := evidence.tensor(op, item)) is not None:
            found.append(tensor)
    return found


def is_exact(tensor: TensorSeen) -> bool:
    """Whether its numbers are known as they were, and far from any limit."""
    values = tensor.values
    usual = tensor.of == "torch" and tensor.dtype in EXACT
    return usual and bool(values) and all(abs(v) < LARGEST for v in values or [])


def has_ties(tensor: TensorSeen) -> bool:
    """Whether a number stands in it twice, so that its position is nobody's to say."""
    values = tensor.values or []
    return len(set(values)) < len(values)
