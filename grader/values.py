"""The numbers of tensor facts: when two agree, and whether they look drawn at random."""

from __future__ import annotations

import ast
import math
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.alike import RELATIVE, Alike
from grader.evidence import Evidence
from grader.facts import CellRead, OpSeen, TensorSeen
from grader.notebook import parse_cell

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

MANY = 5
"""So many numbers say how they came about."""
TELLING = 3
"""So many digits do not stand in a cell by chance."""


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

    lists = isinstance(one, list) and isinstance(other, list) and len(one) != len(other)
    if lists and all(isinstance(x[0], float) for x in (one, other) if x):
        return False
    a, b = np.asarray(one, dtype=np.float64).ravel(), np.asarray(other, dtype=np.float64).ravel()
    if a.shape != b.shape:
        return False
    if a.size and abs(float(a[0]) - float(b[0])) > tolerance + RELATIVE * abs(float(b[0])):
        return False  # mostly so, and much quicker to see
    return bool(np.allclose(a, b, rtol=RELATIVE, atol=tolerance, equal_nan=True))


def is_random(evidence: Evidence, tensor: TensorSeen) -> bool:
    """Whether a tensor's numbers came out of a random call, or have no pattern.

    Moving, copying or reshaping keeps the numbers; scaling does not, and leaves them without a
    pattern all the same. The product of two random matrices was computed, not drawn. Numbers of
    four decimals are what torch prints, not what it draws: those count only where they were made
    from drawn ones.
    """
    own = array(tensor)
    if is_typed_in(evidence, tensor):
        return False
    if own is None:
        return tensor.stats is not None and tensor.stats[0] < tensor.stats[1]
    made = evidence.once(made_by_calls)
    computed = made.products.get(tensor.handle, math.inf)
    near = made.drawn.near(own.ravel().tolist(), 1e-9)
    drawn = min((made.first_draw[n] for n in near), default=math.inf)
    if computed < math.inf and computed <= drawn:
        return False
    if drawn < math.inf:
        return True
    numbers = own.ravel().tolist()
    if has_four_decimals(numbers) and not is_made_from_drawn(evidence, tensor):
        return False
    return irregular(numbers)


class MadeByCalls(NamedTuple):
    """What the calls of a hand-in made, by the position of the call.

    Attributes:
        products: the first matrix product that gave a tensor, by the tensor's handle.
        drawn: the numbers of all random calls.
        first_draw: for each of them, the call that first gave it.
    """

    products: dict[str, int]
    drawn: Alike
    first_draw: dict[int, int]


def made_by_calls(evidence: Evidence) -> MadeByCalls:
    """What the calls of a hand-in made."""
    products: dict[str, int] = {}
    draws: list[tuple[int, list[float]]] = []
    for at, op in enumerate(evidence.everywhere(OpSeen)):
        made = [t for out in op.outputs if (t := evidence.tensor(op, out))]
        if op.op in PRODUCTS:
            for tensor in made:
                products.setdefault(tensor.handle, at)
        if op.seed is not None:
            draws += [(at, t.values or []) for t in made]
    drawn = Alike([values for _, values in draws])
    first: dict[int, int] = {}
    for position, (at, _) in enumerate(draws):
        first.setdefault(drawn.number(position), at)
    return MadeByCalls(products, drawn, first)


def is_made_from_drawn(evidence: Evidence, tensor: TensorSeen) -> bool:
    """Whether a random call stands at the beginning of the calls that made a tensor."""
    wanted = {tensor.handle}
    for op in reversed(evidence.everywhere(OpSeen)):
        if wanted & handles(op.outputs):
            if op.seed is not None:
                return True
            wanted |= handles([*op.inputs, *op.named.values()])
    return False


def handles(values: Iterable[object]) -> set[str]:
    """The texts in nested lists, among them all handles."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, list):
            found |= handles(value)
        elif isinstance(value, str):
            found.add(value)
    return found


def has_four_decimals(values: list[float]) -> bool:
    """Whether all of many numbers have at most four decimals, and are not whole.

    Five drawn ones do so once in 10^8 cases. Far from zero float32 itself has few decimals.
    """
    if len(values) < MANY or all(v == round(v) for v in values if math.isfinite(v)):
        return False
    return all(
        abs(v) <= 10 and abs(v * 1e4 - round(v * 1e4)) < 1.2e-3 * max(abs(v), 0.1) for v in values
    )


def is_fresh(evidence: Evidence, tensor: TensorSeen) -> bool:
    """Whether a tensor's numbers were in no tensor before its exercise."""
    seen = evidence.once(contents)
    near = seen.rows.near(sorted(tensor.values or []), 1e-9)
    return not any(
        seq < tensor.seq and exercise != tensor.exercise
        for n in near for exercise, seq in seen.first[n].items()
    )  # fmt: skip


class Contents(NamedTuple):
    """The numbers of all tensors in order of size, and where each exercise first had them."""

    rows: Alike
    first: dict[int, dict[str | None, int]]


def contents(evidence: Evidence) -> Contents:
    """The numbers of all tensors of a hand-in."""
    tensors = [t for t in evidence.everywhere(TensorSeen) if t.values is not None]
    rows = Alike([sorted(t.values or []) for t in tensors])
    first: dict[int, dict[str | None, int]] = {}
    for position, tensor in enumerate(tensors):
        first.setdefault(rows.number(position), {}).setdefault(tensor.exercise, tensor.seq)
    return Contents(rows, first)


def is_typed_in(evidence: Evidence, tensor: TensorSeen) -> bool:
    """Whether a tensor's numbers stand in the code of its cell: written down, not computed.

    Comments do not count: many students paste the expected output there. Whole numbers are too
    common to say anything; many of four decimals also count as written where their digits stand
    in it as whole numbers or in texts.
    """
    numbers = [abs(v) for v in tensor.values or [] if not v.is_integer()]
    if not numbers or tensor.exercise is None:
        return False
    cells = [c for c in evidence.of(tensor.exercise, CellRead) if c.cell == tensor.cell]
    texts = [floats_in(c.source) for c in cells]
    if all(any(stands_in(v, written) for written in texts) for v in numbers):
        return True
    digits = [str(round(v * 1e4)).strip("0") for v in numbers if math.isfinite(v)]
    many = sum(len(d) >= TELLING for d in digits) >= MANY and has_four_decimals(numbers)
    return many and any(all(d in digits_in(c.source) for d in digits) for c in cells)


def stands_in(number: float, written: tuple[float, ...]) -> bool:
    """Whether a number is, but for rounding, one of these, which are in order of size."""
    at = bisect_left(written, number)
    return any(math.isclose(number, w, rel_tol=1e-7) for w in written[max(0, at - 1) : at + 1])


@lru_cache(maxsize=512)
def floats_in(source: str) -> tuple[float, ...]:
    """The decimal numbers that a cell's code writes down, without their signs, in order."""
    tree = parse_cell(source)
    nodes = ast.walk(tree) if tree else ()
    return tuple(
        sorted(
            {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, float)}
        )
    )


@lru_cache(maxsize=512)
def digits_in(source: str) -> str:
    """The digits of the whole numbers and texts that a cell's code writes down."""
    tree = parse_cell(source)
    written = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)] if tree else []
    return " ".join(
        str(w) for w in written if isinstance(w, str) or (isinstance(w, int) and abs(w) < 2**53)
    )


def irregular(values: list[float]) -> bool:
    """Whether numbers are neither constant, nor evenly spaced, nor a repeating cycle."""
    steps = [round(b - a, 6) for a, b in pairwise(values)]
    if len(values) < 4:
        return len(set(steps)) > 1
    return len(set(steps)) > max(2, len(values) // 8)


def arrays(tensors: Iterable[TensorSeen]) -> list[TensorSeen]:
    """Tensors of torch and arrays of numpy, without single Python numbers."""
    return [t for t in tensors if t.of != "number"]


def torch_tensors(tensors: Iterable[TensorSeen]) -> list[TensorSeen]:
    """Those that are torch tensors."""
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
