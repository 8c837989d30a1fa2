"""What a clean process gave, held against what was told: the same, certainly other, or unclear."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

from grader.corroboration.code import Code
from grader.corroboration.plan import KEEPS, Asked, Reply, is_whole
from grader.evidence import Evidence
from grader.facts import OpSeen, ProbeFailed, TensorSeen
from grader.values import agree

Outcome = Literal["same", "other", "unclear"]

EXACT = frozenset(["float32", "float64", "int64", "int32", "uint8", "bool"])
CERTAIN = frozenset(
    ["matmul", "mm", "mv", "dot", "bmm", "inner", "T", "t", "mT", "transpose", "permute", "squeeze",
     "unsqueeze", "reshape", "view", "flatten", "ravel", "add", "sub", "mul", "div", "truediv",
     "multiply", "max", "min", "amax", "amin", "argmax", "argmin", "sum", "mean", "stack", "cat",
     "linear", "einsum", "tensordot"]
)  # fmt: skip
"""Calls that are understood well enough to say that a result is not theirs."""
POSITIONS = frozenset(["argmax", "argmin", "max", "min"])
PLAIN = frozenset(["to", "cpu", "cuda", "clone", "detach", "contiguous", "item"])
"""Of those that keep the numbers, the ones that are as well understood."""
LARGEST = 1e12


class Judged(NamedTuple):
    """An operation and how it compares."""

    op: OpSeen
    outcome: Outcome
    reason: str = ""


def compare(
    evidence: Evidence, code: Code, asked: list[Asked], replies: list[Reply]
) -> list[Judged]:
    """How each operation compares, for those that could be computed again."""
    version = str((replies or [{}])[0].get("torch", "")).partition("+")[0]
    same_torch = version == evidence.header.torch.partition("+")[0] != ""
    judged: list[Judged] = []
    drawn: dict[int, Judged] = {}
    for one, reply in zip(asked, replies, strict=False):
        kind = one.step["do"]
        if kind == "call":
            outcome = judge_call(evidence, one.ops[0], reply)
            judged.append(certainly(evidence, code, one.ops[0], outcome, same_torch))
        elif kind == "draw":
            for op, output in zip(one.ops, reply.get("outputs", []), strict=False):
                alike = compare_outputs(evidence, op, [output])
                drawn[op.seq] = Judged(op, "same" if alike else "unclear")
        elif kind == "find":
            for op, outcome in judge_search(evidence, one, reply):
                if drawn.get(op.seq, Judged(op, "unclear")).outcome != "same":
                    drawn[op.seq] = surely_drawn(evidence, op, outcome, same_torch)
    for op in evidence.everywhere(OpSeen):
        if op.op in KEEPS and op.error is None:
            outcome = judge_kept(evidence, op)
            judged.append(certainly(evidence, code, op, outcome, same_torch=True))
    return [*judged, *drawn.values()]


def judge_call(evidence: Evidence, op: OpSeen, reply: Reply) -> Outcome:
    """A call against what it gives, read in each way it can be meant."""
    ways = [compare_outputs(evidence, op, outputs) for outputs in reply.get("any", [])]
    if True in ways:
        return "same"
    return "other" if ways and all(w is False for w in ways) else "unclear"


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
    shape: list[int] = output["shape"]
    if isinstance(told, (int, float)):
        return None if shape else near([float(told)], output["values"])
    tensor = evidence.tensor(op, told)
    if tensor is None or not is_whole(tensor) or tensor.dtype != output["dtype"]:
        return None
    if tensor.shape != shape:
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
    scale = max(1.0, *(abs(v) for v in computed))
    apart = any(abs(a - b) > 1e-3 * scale for a, b in zip(told, computed, strict=True))
    return False if apart else None


def judge_kept(evidence: Evidence, op: OpSeen) -> Outcome:
    """A call that keeps the numbers."""
    source = evidence.tensor(op, op.inputs[0]) if op.inputs else None
    if source is None or not is_whole(source) or (op.op == "data" and len(op.inputs) > 1):
        return "unclear"
    kept = told_numbers(evidence, op)
    if kept is None or len(kept) != len(source.values or []):
        return "unclear"
    made = evidence.tensor(op, op.outputs[0])
    if made is not None and made.shape != source.shape:
        return "other"
    numbers = source.values or []
    if made is not None and made.dtype not in ("float32", "float64"):
        numbers = [math.trunc(v) if math.isfinite(v) else v for v in numbers]
    alike = near(kept, numbers)
    return "unclear" if alike is None else "same" if alike else "other"


def told_numbers(evidence: Evidence, op: OpSeen) -> list[float] | None:
    """All numbers of an operation's outputs; None if some are not known."""
    numbers: list[float] = []

    def collect(items: list[Any]) -> bool:
        for item in items:
            tensor = evidence.tensor(op, item)
            if isinstance(item, list):
                if not collect(item):
                    return False
            elif isinstance(item, (int, float)):
                numbers.append(float(item))
            elif tensor is not None and tensor.values is not None and is_whole(tensor):
                numbers.extend(tensor.values)
            else:
                return False
        return True

    return numbers if op.outputs and collect(list(op.outputs)) else None


def certainly(
    evidence: Evidence, code: Code, op: OpSeen, outcome: Outcome, same_torch: bool
) -> Judged:
    """An outcome, with `other` only where no honest code could have come to it."""
    if outcome != "other":
        return Judged(op, outcome)
    tensors = [t for t in described(evidence, [*op.inputs, *op.named.values(), *op.outputs], op)]
    sure = (
        same_torch
        and op.op in CERTAIN | PLAIN
        and all(t.of == "torch" and t.dtype in EXACT and t.values for t in tensors)
        and all(abs(v) < LARGEST for t in tensors for v in t.values or [])
        and not (op.op in POSITIONS and any(has_ties(t) for t in tensors))
        and not code.may_be_inexact(op.cell)
        and (is_fresh(evidence, op, tensors) or not code.may_share_memory(op.cell))
    )
    if not sure:
        return Judged(op, "unclear")
    return Judged(op, "other", f"a result of {op.op} was told that its inputs do not give")


def described(evidence: Evidence, references: list[Any], op: OpSeen) -> list[TensorSeen]:
    """The tensors among references, also in lists."""
    found: list[TensorSeen] = []
    for item in references:
        if isinstance(item, list):
            found += described(evidence, item, op)
        elif (tensor := evidence.tensor(op, item)) is not None:
            found.append(tensor)
    return found


def has_ties(tensor: TensorSeen) -> bool:
    """Whether a number stands in it twice, so that its position is nobody's to say."""
    values = tensor.values or []
    return len(set(values)) < len(values)


def is_fresh(evidence: Evidence, op: OpSeen, tensors: list[TensorSeen]) -> bool:
    """Whether all tensors of a call were described during this very call."""
    before = max(
        (o.seq for o in evidence.everywhere(OpSeen) if o.seq < op.seq and o.cell == op.cell),
        default=-1,
    )
    return all(before < t.seq < op.seq for t in tensors)


def judge_search(evidence: Evidence, asked: Asked, reply: Reply) -> list[tuple[OpSeen, Outcome]]:
    """Uniform draws against where they stand in the stream; one number alone could be chance."""
    searched = bool(reply.get("searched"))
    outcomes: list[tuple[OpSeen, Outcome]] = []
    for op, row, at in zip(asked.ops, asked.step["rows"], reply.get("at", []), strict=False):
        if at is not None:
            outcomes.append((op, "same" if len(row) > 1 else "unclear"))
        else:
            outcomes.append((op, "other" if searched else "unclear"))
    return outcomes


MOST_BEFORE = 2**16
"""Random numbers that may have been drawn before; far less than what is searched."""
SEEDED = ("cpu", "gpu")


def surely_drawn(evidence: Evidence, op: OpSeen, outcome: Outcome, same_torch: bool) -> Judged:
    """A search's outcome, with `other` only where the whole stream so far was searched."""
    if outcome != "other":
        return Judged(op, outcome)
    failed = any(p.cell <= op.cell for p in evidence.everywhere(ProbeFailed))
    own = op.seed is None or op.seed.generator not in SEEDED
    if failed or own or not same_torch or drawn_before(evidence, op) > MOST_BEFORE:
        return Judged(op, "unclear")
    seed = op.seed.value if op.seed else 0
    return Judged(op, "other", f"random numbers were told that seed {seed} does not give")


def drawn_before(evidence: Evidence, op: OpSeen) -> int:
    """An upper bound of how many random numbers were drawn before a call."""
    total = 0
    for other in evidence.everywhere(OpSeen):
        if other.seq >= op.seq:
            break
        if other.op in CERTAIN | KEEPS and other.seed is None:
            continue
        tensors = described(evidence, [*other.inputs, *other.outputs], other)
        total += 4 * sum(math.prod(t.shape) for t in tensors) + 64
    return total
