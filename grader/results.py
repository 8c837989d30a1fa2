"""What exercises computed: their products, and where to look for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.alike import Alike
from grader.evidence import Evidence
from grader.facts import OpSeen, TensorSeen
from grader.values import PRINTED, PRODUCTS

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
