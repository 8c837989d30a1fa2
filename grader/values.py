"""The numbers of tensor facts: when two agree, and whether they look drawn at random."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

PRODUCTS = frozenset(
    [
        "matmul",
        "mm",
        "bmm",
        "mv",
        "dot",
        "inner",
        "linear",
        "einsum",
        "tensordot",
        "addmm",
        "chain_matmul",
        "multi_dot",
        "vecdot",
    ]
)
"""Torch calls that compute a matrix product."""

PRINTED = 6e-5
"""Half of the last digit torch prints by default, and a little for rounding."""


def array(tensor: TensorSeen) -> Array | None:
    """The numbers in the tensor's shape; None if they did not travel or do not fit."""
    import numpy as np

    if tensor.values is None:
        return None
    flat = np.array(tensor.values, dtype=np.float64)
    try:
        return flat.reshape(tensor.shape)
    except ValueError:
        return None


def agree(one: Any, other: Any, tolerance: float = PRINTED) -> bool:
    """Whether two arrays hold the same numbers in the same order, shape aside."""
    import numpy as np

    a, b = np.asarray(one, dtype=np.float64).ravel(), np.asarray(other, dtype=np.float64).ravel()
    if a.shape != b.shape:
        return False
    return bool(np.allclose(a, b, rtol=1e-4, atol=tolerance, equal_nan=True))


def is_random(evidence: Evidence, tensor: TensorSeen) -> bool:
    """Whether a tensor's numbers came out of a random call, or have no pattern.

    Moving, copying or reshaping keeps the numbers; scaling does not, and leaves them without a
    pattern all the same. The product of two random matrices was computed, not drawn.
    """
    own = array(tensor)
    if own is None:
        return tensor.stats is not None and tensor.stats[0] < tensor.stats[1]
    for op in evidence.everywhere(OpSeen):
        made = [t for out in op.outputs if (t := evidence.tensor(op, out))]
        if op.op in PRODUCTS and any(t.handle == tensor.handle for t in made):
            return False
        if op.seed is not None and any(agree(t.values or [], own, 1e-9) for t in made):
            return True
    return irregular(own.ravel().tolist())


def irregular(values: list[float]) -> bool:
    """Whether numbers are neither constant, nor evenly spaced, nor a repeating cycle."""
    steps = [round(b - a, 6) for a, b in pairwise(values)]
    if len(values) < 4:
        return len(set(steps)) > 1
    return len(set(steps)) > max(2, len(values) // 8)


def torch_tensors(tensors: Iterable[TensorSeen]) -> list[TensorSeen]:
    """Those that are torch tensors, each content once a cell."""
    return [t for t in tensors if t.of == "torch"]


def shapes(tensors: Iterable[TensorSeen]) -> str:
    """Shapes for a message, each once, at most four."""
    seen = list(dict.fromkeys(shape(t.shape) for t in tensors))
    return ", ".join(seen[:4]) + (", …" if len(seen) > 4 else "") if seen else "none"


def shape(sizes: Iterable[int]) -> str:
    """A shape as Python writes it."""
    return str(tuple(sizes))


def brief(values: Iterable[float], most: int = 2) -> str:
    """The first numbers, as torch prints them."""
    listed = list(values)
    text = ", ".join(f"{v:.4f}" for v in listed[:most])
    return f"[{text}{', …' if len(listed) > most else ''}]"
