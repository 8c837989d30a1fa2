"""A torch call that was told, done again: names from closed tables, sizes within bounds."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from operator import getitem
from typing import Any

MAX_VALUES = 1024
MAX_RESULT = 2**20
"""Elements that one call may make on its way."""
MAX_DIMENSIONS = 8

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
    "var", "median", "cumsum", "norm", "trace", "sort", "argsort", "topk", "kthvalue",
    "unbind", "chunk", "split", "select", "eq", "ne", "lt", "le", "gt", "ge", "all", "any",
    "isclose", "allclose", "equal", "nonzero", "argwhere", "clamp", "gather", "take",
    "index_select", "count_nonzero", "logical_not", "logical_and", "logical_or", "maximum",
    "minimum",
)  # fmt: skip
FUNCTIONS = ("stack", "cat", "concat", "concatenate", "hstack", "vstack", "tensordot",
             "zeros_like", "ones_like", "where", "zeros", "ones", "full",
             "full_like", "arange", "linspace", "eye", "einsum")  # fmt: skip
MAKES = ("zeros", "ones", "full", "arange", "linspace", "eye")
"""Of these, the ones whose result is as large as their numbers say."""
OPERATORS = {"truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "idiv": "div_"}
EITHER_WAY = ("sub", "truediv", "pow", "matmul", "floordiv")
"""Operators that are told under one name, whichever side the tensor was on."""
EQUATION = re.compile(r"[a-zA-Z,>\- .]{1,40}")


def call(torch: Any, step: dict[str, Any]) -> list[Any]:
    """What a call gives, once for each way to read it."""
    name = step["op"]
    arguments = [value(torch, a) for a in step["args"]]
    named = {k: value(torch, v) for k, v in step["named"].items()}
    bound(name, [*step["args"], *step["named"].values()])
    if name == "getitem":
        return worked([partial(getitem, arguments[0], i) for i in indices(arguments[1])])
    function = known(torch, name, arguments)
    ways: list[Callable[[], Any]] = [partial(function, *arguments, **named)]
    if name in EITHER_WAY and len(arguments) == 2:
        ways.append(partial(swapped, torch, name, arguments))
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


def indices(told: Any) -> list[Any]:
    """What an index may have been: x[0, 1] and x[[0, 1]] are told alike."""
    return [told, tuple(told)] if isinstance(told, list) else [told]


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
    elif name == "unravel_index":
        function = unravelled
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


def unravelled(index: Any, shape: list[int]) -> tuple[Any, ...]:
    """`torch.unravel_index`, whose first call takes half a second."""
    places: list[Any] = []
    for size in reversed(shape):
        places.append(index % size)
        index = index // size
    return tuple(reversed(places))


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
    """Refuse a call whose result, or a step to it, could be large."""
    given = flattened(told) if name == "einsum" else told
    sizes = [len(a["values"]) for a in given if isinstance(a, dict) and "values" in a]
    numbers = [abs(n) for n in flattened(told) if isinstance(n, (int, float))]
    grows = [*sizes, *(numbers if name in MAKES else [])]
    if name == "eye" and len(numbers) == 1:
        grows += numbers  # a square
    if name == "arange" and any(n % 1 for n in numbers):
        raise ValueError("too large")
    elements: float = 1
    for n in grows:
        elements *= max(1, n)
        if not elements <= MAX_RESULT:  # before the product itself becomes large
            raise ValueError("too large")
    if len(sizes) > 2:
        raise ValueError("too many")


def flattened(items: list[Any]) -> list[Any]:
    """The items of nested lists, and of no tensors."""
    return [i for item in items for i in (flattened(item) if isinstance(item, list) else [item])]
