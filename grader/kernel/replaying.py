"""Computes again, in a process that ran no student code, what a hand-in says it computed.

One line of JSON asks (`{"steps": [...]}`), one line answers (`{"replies": [...]}`, in the same
order). Steps come from claims of a hostile process: names are looked up in closed tables and
sizes are bounded. A step that cannot be done is answered with an empty reply.

| step | asks | reply |
|---|---|---|
| `version` | | `torch` |
| `call` | what a torch call with these inputs gives | `any`: ways to read it, each its outputs |
| `draw` | what calls draw one after the other under a seed | `outputs`, null for large ones |
| `find` | where rows of numbers stand in what `torch.rand` draws under a seed | `at` |
"""

from __future__ import annotations

import json
import math
import os
import socket
import warnings
from typing import Any

from .calls import MAX_DIMENSIONS, MAX_VALUES, call, dtype, value

Step = dict[str, Any]
Reply = dict[str, Any]

MAX_LINE = 32 * 2**20
MAX_STEPS = 3000
MAX_DRAWN = 2**20
"""Random numbers in one request."""
WINDOWS = (2**12, 2**18)
"""How much of a stream is searched, at first and at last."""

DRAWS = ("rand", "rand_like", "randn", "randn_like", "randint", "randint_like", "randperm",
         "uniform_", "normal_")  # fmt: skip


def serve(connection: socket.socket | int) -> None:
    """Answer requests on a connected stream socket until the other side closes it."""
    link = socket.socket(fileno=connection) if isinstance(connection, int) else connection
    with link, link.makefile("rb") as asked, link.makefile("wb") as answers:
        while line := asked.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                break
            answers.write(json.dumps({"replies": answer(line)}).encode() + b"\n")
            answers.flush()


def answer(line: bytes) -> list[Reply]:
    """The replies to one line; none if it is no request."""
    try:
        steps = json.loads(line)["steps"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return replay(steps) if isinstance(steps, list) else []


def replay(steps: list[Step]) -> list[Reply]:
    """Do the steps; a step that is refused, or that torch refuses, is answered with {}."""
    import torch

    left = MAX_DRAWN
    replies: list[Reply] = []
    with torch.no_grad():
        for number, step in enumerate(steps):
            try:
                reply, drawn = do(torch, step, left) if number < MAX_STEPS else ({}, 0)
            except Exception:  # any step may be nonsense, and torch raises what it likes
                reply, drawn = {}, 0
            left -= drawn
            replies.append(reply)
    return replies


def do(torch: Any, step: Step, left: int) -> tuple[Reply, int]:
    """One step: its reply, and how many random numbers it drew."""
    kind = step["do"]
    if kind == "version":
        return {"torch": str(torch.__version__)}, 0
    if kind == "call":
        return {"any": [told(r) for r in call(torch, step)]}, 0
    if kind == "draw":
        return draw(torch, step, left)
    if kind == "find":
        return find(torch, step, left)
    raise ValueError(kind)


def draw(torch: Any, step: Step, left: int) -> tuple[Reply, int]:
    """What calls draw one after the other."""
    generator = torch.Generator().manual_seed(step["seed"])
    drawn, outputs = 0, []
    for one in step["calls"]:
        shape = [int(n) for n in one["shape"]]
        drawn += math.prod(shape)
        if len(shape) > MAX_DIMENSIONS or min(shape, default=1) < 0 or drawn > left:
            break
        result = drawn_by(torch, one, shape, generator)
        outputs.append(told(result)[0] if result.numel() <= MAX_VALUES else None)
    return {"outputs": outputs}, drawn


def drawn_by(torch: Any, one: dict[str, Any], shape: list[int], generator: Any) -> Any:
    """The tensor that one random call gives."""
    name, numbers = one["op"], [value(torch, a) for a in one["args"]]
    made = {"dtype": dtype(torch, one["dtype"]), "generator": generator}
    if name not in DRAWS:
        raise ValueError(name)
    if name == "randperm":
        return torch.randperm(shape[0], **made)
    if name in ("uniform_", "normal_"):
        empty = torch.empty(shape, dtype=made["dtype"])
        return getattr(empty, name)(*numbers, generator=generator)
    if name.startswith("randint"):
        low, high = numbers
        return torch.randint(low, high, shape, **made)
    return getattr(torch, name.removesuffix("_like"))(shape, **made)


def find(torch: Any, step: Step, left: int) -> tuple[Reply, int]:
    """Where each row of numbers begins in a stream of uniform numbers, null if nowhere."""
    rows = [torch.tensor(r[:MAX_VALUES], dtype=torch.float32) for r in step["rows"]]
    at: list[int | None] = [None] * len(rows)
    drawn = 0
    for window in WINDOWS:
        missing = [i for i, row in enumerate(rows) if at[i] is None and len(row)]
        if not missing or drawn + window > left:
            break
        stream = torch.rand(window, generator=torch.Generator().manual_seed(step["seed"]))
        drawn += window
        for i in missing:
            at[i] = position(stream, rows[i])
    return {"at": at, "searched": WINDOWS[-1] if drawn >= WINDOWS[-1] else 0}, drawn


def position(stream: Any, row: Any) -> int | None:
    """Where row stands in stream."""
    for start in (stream == row[0]).nonzero().ravel().tolist():
        if stream[start : start + len(row)].equal(row):
            return int(start)
    return None


def told(result: Any) -> list[Any]:
    """The outputs of a call in a form that JSON carries; null for what is large or no numbers."""
    outputs = result if isinstance(result, (tuple, list)) else (result,)
    return [one_told(o) for o in outputs[:MAX_VALUES]]


def one_told(output: Any) -> Any:
    """One output: a tensor, or a plain number as one of no dimension."""
    if isinstance(output, (bool, int, float)):
        return {"shape": [], "dtype": type(output).__name__, "values": [float(output)]}
    if not hasattr(output, "numel") or output.numel() > MAX_VALUES:
        return None
    return {
        "shape": list(output.shape),
        "dtype": str(output.dtype).removeprefix("torch."),
        "values": [float(v) for v in output.reshape(-1).tolist()],
    }


def run_forked(request: dict[str, Any], reply: Any, sockets: list[int]) -> None:
    """Serve in a fork of the warm parent.

    Args:
        request: says nothing more.
        reply: is told when it serves.
        sockets: the connection, alone.
    """
    reply.send(b'{"ready": true}')
    reply.close()
    run(sockets[0])
    os._exit(0)


def run(connection: int) -> None:
    """Serve a socket in a process of its own, with one thread."""
    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    os.chdir("/")
    serve(connection)
