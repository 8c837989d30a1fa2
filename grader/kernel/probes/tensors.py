"""What a value is: shape, dtype, device, numbers.

Small tensors travel whole, so that the host can recompute; large ones as a digest and statistics,
and of very large ones the statistics of a sample, because looking must not cost more than doing.
A tensor's identity is a handle that lasts as long as its contents: an in-place change gives it a
new one, also one that torch does not count, through memory that an array shares.

Types are asked for exactly, and what a class of the student's says about itself is never asked:
a tensor of such a class is read as the plain tensor beneath it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from ..doors import weakly_kept
from ..recorder import Fact, Recorder, sendable
from .reading import MAX_DIGEST, MAX_VALUES, TensorReader, plain


class Seen(NamedTuple):
    """What a tensor was when it was last described: two that differ have two handles."""

    handle: int
    version: int | str | None
    content: int


class TensorProbe:
    """Describes tensors, arrays and numbers, once per cell and content.

    Args:
        recorder: where the descriptions go.
        torch: the torch module.
        device_of: tells the device the student believes a tensor to be on.
    """

    def __init__(self, recorder: Recorder, torch: Any, device_of: Any) -> None:
        import numpy as np
        from torch.utils.weak import WeakIdKeyDictionary, WeakTensorKeyDictionary

        self._recorder = recorder
        self._device_of = device_of
        self._handles: Any = weakly_kept(WeakTensorKeyDictionary())
        self._arrays: Any = weakly_kept(WeakIdKeyDictionary())
        self._next = 0
        self._described: dict[int, Fact] = {}
        self._reader = TensorReader(torch)
        self.is_tensor = self._reader.is_tensor
        self._numpy = frozenset((np.ndarray, np.memmap, *np.sctypeDict.values()))

    def new_cell(self) -> None:
        """Forget what this cell described, so that the next one describes it again."""
        self._described.clear()

    def mark_kept(self) -> None:
        """Mark the tensors of this cell that still exist: the others were thrown away."""
        for tensor, seen in list(self._handles.items()):
            fact = self._described.get(seen.handle)
            if fact is not None and tensor is not None and "kept" not in fact["ways"]:
                fact["ways"].append("kept")

    def is_array(self, value: object) -> bool:
        """Whether value is an array or a scalar of a type numpy itself defines."""
        return type(value) in self._numpy

    def see(self, value: Any, way: str, name: str | None = None) -> str | None:
        """Record that a tensor, array or number was met in this way.

        Returns:
            A reference ("t12") to it for other facts; None for values this probe knows nothing
            of or fails on, for tensors without numbers of their own, and once the cell's bounds
            are reached.
        """
        try:
            fact = self._known(value, again=way in ("bound", "shown"))
        except Exception as problem:  # an exotic dtype must not fail in the student's cell
            self._recorder.fail("tensors", f"{type(problem).__name__}: {problem}")
            return None
        if fact is None:
            return None
        if way not in fact["ways"]:
            fact["ways"].append(way)
        if name is not None and name not in fact["names"]:
            fact["names"].append(sendable(name))
        return str(fact["handle"])

    def _known(self, value: Any, *, again: bool) -> Fact | None:
        """The cell's description of a value, made now if there is none yet.

        Args:
            value: anything.
            again: whether a small tensor that this cell described is compared with what it said.
        """
        if self.is_tensor(value):
            beneath = self._reader.beneath(value)
            if beneath is value:
                return self._known_tensor(value, again=again)
            if self._handles.get(beneath) is not None:
                self.see(beneath, "input")
            return None
        if self.is_array(value):
            handle = self._array_handle(value)
            return self._described.get(handle) or self._describe(handle, array_fields(value))
        if type(value) in (int, float):
            return self._describe(self._fresh(), number_fields(value))
        return None

    def _known_tensor(self, value: Any, *, again: bool) -> Fact | None:
        tensor = self._reader.without_class(value)
        version = self._reader.version(tensor)
        seen = self._handles.get(value)
        same = seen is not None and seen.version == version
        fact = self._described.get(seen.handle) if same else None
        if fact is not None and not (again and self._reader.size(tensor) <= MAX_VALUES):
            return fact
        fields = self._reader.fields(tensor) | {"device": self._device_of(value)}
        content = hash(tuple(str(fields[f]) for f in ("values", "digest", "stats")))
        if not same or seen.content != content:
            seen = Seen(self._fresh(), version, content)
            self._handles[value] = seen
        elif fact is not None:
            return fact
        return self._describe(seen.handle, fields)

    def _fresh(self) -> int:
        self._next += 1
        return self._next

    def _array_handle(self, array: Any) -> int:
        digest = sha256(array.tobytes()).hexdigest() if array.size <= MAX_DIGEST else ""
        try:
            known = self._arrays.get(array)
            if known is None or known[1] != digest:
                known = (self._fresh(), digest)
                self._arrays[array] = known
        except TypeError:  # numpy scalars take no weak reference
            return self._fresh()
        return int(known[0])

    def _describe(self, handle: int, fields: dict[str, Any]) -> Fact | None:
        values = fields.get("values")
        if values is not None and not self._recorder.may_hold(len(values)):
            fields["values"] = None
        fact = self._recorder.add("tensor", handle=f"t{handle}", ways=[], names=[], **fields)
        if fact is not None:
            self._described[handle] = fact
        return fact


def array_fields(array: Any) -> dict[str, Any]:
    """Fields of a numpy array or scalar."""
    numeric = array.dtype.kind in "biuf"
    small = numeric and array.size <= MAX_VALUES
    whole = array.size <= MAX_DIGEST
    return {
        "of": "numpy",
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "device": "cpu",
        "requires_grad": False,
        "values": [plain(v) for v in array.reshape(-1).tolist()] if small else None,
        "digest": sha256(array.tobytes()).hexdigest() if whole and not small else None,
        "stats": array_stats(array) if numeric and whole and not small else None,
    }


def array_stats(array: Any) -> list[Any]:
    """Minimum, maximum, mean and standard deviation, as of tensors."""
    wide = array.astype("float64")
    return [plain(float(v)) for v in (wide.min(), wide.max(), wide.mean(), wide.std(ddof=1))]


def number_fields(value: Any) -> dict[str, Any]:
    """Fields of a Python number, as a tensor of shape ()."""
    whole = isinstance(value, int)
    return {
        "of": "number",
        "shape": [],
        "dtype": "int" if whole else "float",
        "device": "cpu",
        "requires_grad": False,
        "values": [plain(int(value) if whole else float(value))],
        "digest": None,
        "stats": None,
    }
