"""What exercises computed: their products, and where to look for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.alike import Alike
from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen
from grader.values import PRINTED, PRODUCTS, agree, array, shape

if TYPE_CHECKING:
    from grader.values import Array


def results_of(evidence: Evidence, exercise: str, *, products_only: bool) -> list[TensorSeen]:
    """What an exercise computed: the outputs of its matrix products.

    A result that was turned or moved counts too. Where there was no product, every tensor that it
    computed and bound or showed.
    """
    ops = [o for o in evidence.of(exercise, OpSeen) if not o.error and o.inputs]
    products = [
        o for o in ops if o.op in PRODUCTS
        and any(t.shape for r in o.outputs if (t := evidence.tensor(o, r)))
    ]  # fmt: skip
    made = [t for o in ops for r in o.outputs if (t := evidence.tensor(o, r))]
    seen = [t for t in evidence.of(exercise, TensorSeen) if {"bound", "shown"} & set(t.ways)]
    if not products:
        return [t for t in seen if t.shape and t.of != "number" and not products_only]
    handles = {t.handle for t in made}
    kept = [t for t in seen if t.shape and t.handle in handles]
    results = [t for o in products for r in o.outputs if (t := evidence.tensor(o, r))]
    numbers = Alike([sorted(t.values or []) for t in results])
    turned = [t for t in kept if numbers.near(sorted(t.values or []), PRINTED, rows_lead=False)]
    return results + turned


def products_seen(evidence: Evidence, exercise: str) -> str:
    """The products of an exercise by the shapes that went into them, for a message."""
    ops = [o for o in evidence.of(exercise, OpSeen) if o.op in PRODUCTS]
    return ", ".join(one_product(evidence, o) for o in ops[:3]) or "no matrix product"


def one_product(evidence: Evidence, op: OpSeen) -> str:
    """A product by the shapes that went into it, for a message."""
    operands = [t for ref in op.inputs if (t := evidence.tensor(op, ref))]
    text = " @ ".join(shape(t.shape) for t in operands)
    return f"{text} (raised an error)" if op.error else text


def products(x: Array | None, y: Array | None) -> list[Array]:
    """X @ y.T, or x @ y where no transpose is needed."""
    import numpy as np

    if x is None or y is None:
        return []
    with np.errstate(all="ignore"):
        if x.shape[1] == y.shape[1]:
            return [x @ y.T]
        return [x @ y] if x.shape[1] == y.shape[0] else []


def one_draw(evidence: Evidence, exercise: str, a: TensorSeen, b: TensorSeen) -> bool:
    """Whether two tensors are one: a random draw and its moved copy, not two that agree."""
    if a.names and b.names and a.names != b.names:
        return False
    if not agree(a.values or [], b.values or [], 1e-9):
        return False
    draws = [o for o in evidence.of(exercise, OpSeen) if o.seed]
    same = [
        o for o in draws for r in o.outputs
        if (t := evidence.tensor(o, r)) and agree(t.values or [], a.values or [], 1e-9)
    ]  # fmt: skip
    return len(same) == 1


def only_one(tensors: list[TensorSeen]) -> bool:
    """Whether all tensors hold the same numbers: one tensor, moved, turned or named twice."""
    return bool(tensors) and all(same_numbers(tensors[0], t) for t in tensors)


def same_numbers(one: TensorSeen, other: TensorSeen) -> bool:
    """Whether two tensors hold the same numbers, in any order."""
    a, b = array(one), array(other)
    return a is not None and b is not None and agree(sorted(a.ravel()), sorted(b.ravel()))


class Results:
    """Tensors, and which of them hold given numbers."""

    def __init__(self, tensors: list[TensorSeen]) -> None:
        self.tensors = tensors
        self._rows = Alike([t.values or [] for t in tensors])

    def near(self, numbers: Array) -> list[TensorSeen]:
        """The tensors with these numbers, in order, shape aside."""
        rows = set(self._rows.near(numbers.ravel().tolist(), PRINTED))
        if not rows:
            return []
        return [t for i, t in enumerate(self.tensors) if self._rows.number(i) in rows]


class Rows(NamedTuple):
    """The numbers of all tensors of a hand-in, and which of them each tensor holds, by `seq`."""

    alike: Alike
    of: dict[int, int]


def rows_of(evidence: Evidence) -> Rows:
    """The numbers of all tensors as they are laid out."""
    tensors = evidence.everywhere(TensorSeen)
    alike = Alike([t.values or [] for t in tensors])
    return Rows(alike, {t.seq: alike.number(i) for i, t in enumerate(tensors)})


def different(tensors: Iterable[TensorSeen]) -> Iterator[TensorSeen]:
    """Tensors without those that hold the same as one before."""
    seen: set[tuple[object, ...]] = set()
    for tensor in tensors:
        content = (tuple(tensor.shape), tuple(tensor.values or ()), tensor.values is None)
        if content not in seen:
            seen.add(content)
            yield tensor


def from_to(evidence: Evidence, first: str, last: str) -> list[str]:
    """The exercises from one to another, as the hand-in has them; always both."""
    ids = list(dict.fromkeys(f.exercise for f in evidence.facts if f.exercise is not None))
    if first not in ids or last not in ids or ids.index(first) > ids.index(last):
        return [first, last]
    return ids[ids.index(first) : ids.index(last) + 1]


def numbers_of(evidence: Evidence, op: OpSeen, out: object) -> list[float]:
    """The numbers in an output of an operation: of a tensor, or the number itself."""
    tensor = evidence.tensor(op, out)
    if tensor is not None:
        return tensor.values or []
    return [float(out)] if isinstance(out, (int, float)) and not isinstance(out, bool) else []


def flat(items: list[Any]) -> Iterator[Any]:
    """The items of nested lists, one after the other."""
    for item in items:
        if isinstance(item, list):
            yield from flat(item)
        else:
            yield item
