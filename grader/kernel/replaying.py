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
import re
import socket
import sys
from collections.abc import Callable
from typing import Any

Step = dict[str, Any]
Reply = dict[str, Any]

MAX_LINE = 32 * 2**20
MAX_STEPS = 3000
MAX_VALUES = 1024
MAX_RESULT = 2**20
"""Elements that one call may make on its way."""
MAX_DRAWN = 2**20
"""Random numbers in one request."""
MAX_DIMENSIONS = 8
WINDOWS = (2**12, 2**18)
"""How much of a stream is searched, at first and at last."""

DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
          "bool")  # fmt: skip
PROPERTIES = ("T", "mT", "H", "mH")
METHODS = (
    "matmul", "mm", "mv", "bmm", "dot", "inner", "outer", "vdot", "t", "transpose", "permute",
    "swapaxes", "swapdims", "movedim", "squeeze", "unsqueeze", "reshape", "view", "view_as",
    "reshape_as", "flatten", "ravel", "squeeze_", "unsqueeze_", "t_", "transpose_", "flip", "roll",
    "add", "sub", "mul", "div", "subtract", "multiply", "divide", "true_divide", "floor_divide",
    "remainder", "pow", "neg", "abs", "sqrt", "exp", "log", "square", "reciprocal", "sigmoid",
    "tanh", "relu", "sin", "cos", "round", "floor", "ceil", "add_", "sub_", "mul_", "div_", "neg_",
    "max", "min", "amax", "amin", "aminmax", "argmax", "argmin", "sum", "mean", "prod", "std",
    "var", "median", "cumsum", "norm", "trace", "diag", "sort", "argsort", "topk", "kthvalue",
    "unbind", "chunk", "split", "select", "eq", "ne", "lt", "le", "gt", "ge", "all", "any",
    "isclose", "allclose", "equal", "nonzero", "argwhere", "where", "clamp", "gather", "take",
    "index_select", "count_nonzero", "logical_not", "logical_and", "logical_or", "maximum",
    "minimum",
)  # fmt: skip
FUNCTIONS = ("stack", "cat", "concat", "concatenate", "hstack", "vstack", "tensordot",
             "zeros_like", "ones_like", "unravel_index", "where", "zeros", "ones", "full",
             "full_like", "arange", "linspace", "eye", "einsum")  # fmt: skip
OPERATORS = {"truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "idiv": "div_"}
EITHER_WAY = ("sub", "truediv", "pow", "matmul", "floordiv")
"""Operators that are told under one name, whichever side the tensor was on."""
DRAWS = ("rand", "rand_like", "randn", "randn_like", "randint", "randint_like", "randperm",
         "uniform_", "normal_")  # fmt: skip
EQUATION = re.compile(r"[a-zA-Z,>\- .]{1,40}")


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


def call(torch: Any, step: Step) -> list[Any]:
    """What a call gives, once for each way to read it."""
    name = step["op"]
    arguments = [value(torch, a) for a in step["args"]]
    named = {k: value(torch, v) for k, v in step["named"].items()}
    bound(name, [*step["args"], *step["named"].values()])
    if name == "getitem":
        indices = [arguments[1], tuple(arguments[1])] if isinstance(arguments[1], list) else [
            arguments[1]]  # fmt: skip
        return worked([lambda i=i: arguments[0][i] for i in indices])
    function = known(torch, name, arguments)
    ways = [lambda: function(*arguments, **named)]
    if name in EITHER_WAY and len(arguments) == 2:
        ways.append(lambda: swapped(torch, name, arguments))
    return worked(ways)


def worked(ways: list[Callable[[], Any]]) -> list[Any]:
    """The results of those that do not raise."""
    results = []
    for way in ways:
        try:
            results.append(way())
        except (RuntimeError, IndexError, TypeError, ValueError):
            continue
    return results


def swapped(torch: Any, name: str, arguments: list[Any]) -> Any:
    """An operator whose tensor was on the right."""
    left = arguments[1]
    if not isinstance(left, torch.Tensor):
        left = torch.tensor(left)
    return getattr(torch.Tensor, OPERATORS.get(name, name))(left, arguments[0])


def known(torch: Any, name: str, arguments: list[Any]) -> Callable[..., Any]:
    """The function that a name of the tables stands for."""
    if name == "linear":
        function: Callable[..., Any] = torch.nn.functional.linear
    elif name == "multi_dot":
        function = torch.linalg.multi_dot
    elif name in PROPERTIES:

        def function(tensor: Any) -> Any:
            return getattr(tensor, name)

    elif name == "tensor":

        def function(data: Any, dtype: Any = None, **rest: Any) -> Any:
            return data.clone() if hasattr(data, "clone") else torch.tensor(data, dtype=dtype)

    elif name in OPERATORS or (name in METHODS and isinstance(arguments[0], torch.Tensor)):
        function = getattr(torch.Tensor, OPERATORS.get(name, name))
    elif name in FUNCTIONS:
        function = getattr(torch, name)
    else:
        raise ValueError(name)
    return function


def value(torch: Any, told: Any) -> Any:
    """An argument: a tensor, a dtype, text for einsum, or plain numbers."""
    if isinstance(told, dict) and "values" in told:
        return tensor(torch, told)
    if isinstance(told, dict) and "dtype" in told:
        return dtype(torch, told["dtype"])
    if isinstance(told, dict) and EQUATION.fullmatch(told["equation"]):
        return told["equation"]
    if isinstance(told, list):
        return [value(torch, v) for v in told[:MAX_VALUES]]
    if told is None or isinstance(told, (bool, int, float)):
        return told
    raise ValueError(told)


def tensor(torch: Any, told: dict[str, Any]) -> Any:
    """A tensor from its numbers."""
    if len(told["shape"]) > MAX_DIMENSIONS or len(told["values"]) > MAX_VALUES:
        raise ValueError("too large")
    flat = torch.tensor(told["values"], dtype=torch.float64).to(dtype(torch, told["dtype"]))
    return flat.reshape([int(n) for n in told["shape"]])


def dtype(torch: Any, name: str) -> Any:
    """A dtype of the table by its name."""
    if name not in DTYPES:
        raise ValueError(name)
    return getattr(torch, name)


def bound(name: str, told: list[Any]) -> None:
    """Refuse a call whose inputs could grow into something large."""
    sizes = [len(a["values"]) for a in told if isinstance(a, dict) and "values" in a]
    numbers = [abs(n) for n in flattened(told) if isinstance(n, (int, float))]
    if name == "arange" and any(n % 1 for n in numbers):
        raise ValueError("too large")
    grows = sizes or ([] if any(isinstance(a, list) for a in told[:1]) and name != "full"
                      and name not in ("zeros", "ones") else numbers)  # fmt: skip
    if len(sizes) > 2 or not math.prod(max(1, n) for n in grows) <= MAX_RESULT:
        raise ValueError("too large")


def flattened(items: list[Any]) -> list[Any]:
    """The items of nested lists, and of no tensors."""
    return [i for item in items for i in (flattened(item) if isinstance(item, list) else [item])]


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


def main() -> None:
    """Serve the socket whose number the command line names, with one thread."""
    import torch

    torch.set_num_threads(1)
    os.chdir("/")
    serve(int(sys.argv[1]))


if __name__ == "__main__":
    main()
