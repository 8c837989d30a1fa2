"""What a clean process should compute again: the torch calls of a hand-in, as plain data.

Everything here comes from claims. A call that cannot be told completely (an argument that was not
described, numbers that did not travel) is left out; the process refuses what it does not know.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from grader.evidence import Evidence
from grader.facts import OpSeen, SeedSet, TensorSeen

Step = dict[str, Any]
Reply = dict[str, Any]

MOST_CALLS = 1000
MOST_NUMBERS = 300_000
"""Tensor values in all steps of one hand-in."""
MOST_STREAMS = 200
MOST_DRAWS = 64
"""Draws under one seed, one after the other."""

KEEPS = frozenset(
    ["to", "cpu", "cuda", "clone", "detach", "contiguous", "requires_grad_", "data", "numpy",
     "item", "tolist", "float", "double", "int", "long"]
)  # fmt: skip
"""Calls that keep the numbers; the host compares these itself."""
DRAWS = ("rand", "rand_like", "randn", "randn_like", "randint", "randint_like", "randperm",
         "uniform_", "normal_")  # fmt: skip
HARMLESS = {"dtype", "device", "requires_grad", "size", "low", "high", "pin_memory", "n"}
DTYPE = re.compile(r"<torch\.(\w+)>")


class Asked(NamedTuple):
    """A step, and the operations it is about, in the order of its reply."""

    step: Step
    ops: tuple[OpSeen, ...]


class _Stream(NamedTuple):
    """Draws from one generator since it was seeded; `whole` until one is not understood."""

    seed: int
    ops: list[OpSeen]
    calls: list[Step]
    cut: list[bool]


def plan(evidence: Evidence) -> list[Asked]:
    """The steps, the torch version first."""
    asked = [Asked({"do": "version"}, ())]
    left = MOST_NUMBERS
    for op in evidence.everywhere(OpSeen):
        if op.error is not None or op.seed is not None or op.op in KEEPS:
            continue
        step = call_step(evidence, op)
        size = 0 if step is None else numbers_in([*step["args"], *step["named"].values()])
        if step is None or size > left or len(asked) > MOST_CALLS:
            continue
        left -= size
        asked.append(Asked(step, (op,)))
    for stream in islice(streams(evidence), MOST_STREAMS):
        asked += stream_steps(evidence, stream)
    return asked


def call_step(evidence: Evidence, op: OpSeen) -> Step | None:
    """A call with its inputs; None where one of them is not known."""
    try:
        args = [argument(evidence, op, a) for a in op.inputs]
        named = {k: argument(evidence, op, v) for k, v in op.named.items() if k != "device"}
    except LookupError:
        return None
    return {"do": "call", "op": op.op, "args": args, "named": named}


def argument(evidence: Evidence, op: OpSeen, told: object) -> Any:
    """An argument as the clean process takes it.

    Raises:
        LookupError: it was not described.
    """
    if isinstance(told, list):
        return [argument(evidence, op, item) for item in told]
    if not isinstance(told, str):
        return told
    if (dtype := DTYPE.fullmatch(told)) is not None:
        return {"dtype": dtype.group(1)}
    if op.op == "einsum" and told.startswith("<"):
        return {"equation": told[1:-1]}
    tensor = evidence.tensor(op, told)
    if tensor is None or not is_whole(tensor):
        raise LookupError(told)
    return {"shape": tensor.shape, "dtype": tensor.dtype, "values": tensor.values}


def is_whole(tensor: TensorSeen) -> bool:
    """Whether all its numbers travelled, and as many as its shape says."""
    return tensor.values is not None and len(tensor.values) == math.prod(tensor.shape)


def numbers_in(arguments: list[Any]) -> int:
    """How many tensor values the arguments hold."""
    total = 0
    for a in arguments:
        if isinstance(a, dict):
            total += len(a.get("values", ()))
        elif isinstance(a, list):
            total += numbers_in(a)
    return total


def streams(evidence: Evidence) -> Iterator[_Stream]:
    """The draws of the hand-in, by the seeding that they come after."""
    now: dict[str, _Stream] = {}
    for fact in evidence.facts:
        if isinstance(fact, SeedSet) and fact.value is not None:
            for seeded in fact.generators:
                if seeded in now:
                    yield now.pop(seeded)
        if not isinstance(fact, OpSeen) or fact.seed is None or fact.error is not None:
            continue
        generator, seed = fact.seed.generator, fact.seed.value
        if generator in now and (now[generator].seed != seed or generator == "own"):
            yield now.pop(generator)
        add(evidence, now.setdefault(generator, _Stream(seed, [], [], [])), fact)
    yield from now.values()


def add(evidence: Evidence, stream: _Stream, op: OpSeen) -> None:
    """Put a draw at the end of a stream; after one that is not understood, only search helps."""
    stream.ops.append(op)
    call = None if stream.cut or len(stream.calls) >= MOST_DRAWS else draw_call(evidence, op)
    if call is None:
        stream.cut.append(True)
    else:
        stream.calls.append(call)


def draw_call(evidence: Evidence, op: OpSeen) -> Step | None:
    """A draw: which function, and the shape and dtype of what came out."""
    made = evidence.tensor(op, op.outputs[0]) if len(op.outputs) == 1 else None
    if made is None or op.op not in DRAWS or set(op.named) - HARMLESS:
        return None
    numbers = [i for i in op.inputs if isinstance(i, (int, float)) and not isinstance(i, bool)]
    args: list[Any] = []
    if op.op.startswith("randint"):
        low_high = [*numbers, *(op.named[k] for k in ("low", "high") if k in op.named)]
        args = [0, *low_high][-2:]
    elif op.op in ("uniform_", "normal_"):
        args = numbers
    return {"op": op.op, "shape": made.shape, "dtype": made.dtype, "args": args}


def stream_steps(evidence: Evidence, stream: _Stream) -> Iterator[Asked]:
    """Draw them again in order; and search the uniform ones, wherever in the stream they are."""
    if stream.calls:
        step = {"do": "draw", "seed": stream.seed, "calls": stream.calls}
        yield Asked(step, tuple(stream.ops[: len(stream.calls)]))
    rows, ops = [], []
    for op in stream.ops[:MOST_DRAWS]:
        row = uniform(evidence, op)
        if row:
            rows.append(row)
            ops.append(op)
    if rows:
        yield Asked({"do": "find", "seed": stream.seed, "rows": rows}, tuple(ops))


def uniform(evidence: Evidence, op: OpSeen) -> list[float] | None:
    """The numbers of a plain torch.rand; None for other draws."""
    made = evidence.tensor(op, op.outputs[0]) if len(op.outputs) == 1 else None
    if made is None or made.of != "torch" or made.dtype != "float32" or not is_whole(made):
        return None
    plain = op.op in ("rand", "rand_like") and not set(op.named) - HARMLESS
    return made.values if plain else None
