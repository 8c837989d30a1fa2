"""What a value is: shape, dtype, device, numbers.

Small tensors travel whole, so that the host can recompute; large ones as a digest and statistics,
and of very large ones the statistics of a sample, because looking must not cost more than doing.
A tensor's identity is a handle that lasts as long as its contents: an in-place change gives it a
new one, also one that torch does not count, through memory that an array shares.

Types are asked for exactly, and what a class of the student's says about itself is never asked:
a tensor of such a class is read as the plain tensor beneath it.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, NamedTuple

from ..recorder import Fact, Recorder, sendable

MAX_VALUES = 1024
MAX_DIGEST = 2**20
"""Elements of the largest tensor that is read completely."""


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
        self._torch = torch
        self._device_of = device_of
        self._handles: Any = WeakTensorKeyDictionary()
        self._arrays: Any = WeakIdKeyDictionary()
        self._next = 0
        self._described: dict[int, Fact] = {}
        self._tensor = torch.Tensor
        self._plain = frozenset((torch.Tensor, torch.nn.Parameter))
        self._beneath = torch.Tensor.as_subclass
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

    def is_tensor(self, value: object) -> bool:
        """Whether value is a torch tensor, whatever its class says."""
        return issubclass(type(value), self._tensor)

    def is_array(self, value: object) -> bool:
        """Whether value is an array or a scalar of a type numpy itself defines."""
        return type(value) in self._numpy

    def see(self, value: Any, way: str, name: str | None = None) -> str | None:
        """Record that a tensor, array or number was met in this way.

        Returns:
            A reference ("t12") to it for other facts; None for values this probe knows nothing
            of, for those it fails on, and once the cell's bounds are reached.
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
            return self._known_tensor(value, again=again)
        if self.is_array(value):
            handle = self._array_handle(value)
            return self._described.get(handle) or self._describe(handle, array_fields(value))
        if type(value) in (int, float):
            return self._describe(self._fresh(), number_fields(value))
        return None

    def _known_tensor(self, value: Any, *, again: bool) -> Fact | None:
        tensor = self._without_class(value)
        version = self._version(tensor)
        seen = self._handles.get(value)
        same = seen is not None and seen.version == version
        fact = self._described.get(seen.handle) if same else None
        if fact is not None and not (again and tensor.numel() <= MAX_VALUES):
            return fact
        fields = self._tensor_fields(tensor) | {"device": self._device_of(value)}
        content = hash(tuple(str(fields[f]) for f in ("values", "digest", "stats")))
        if not same or seen.content != content:
            seen = Seen(self._fresh(), version, content)
            self._handles[value] = seen
        elif fact is not None:
            return fact
        return self._describe(seen.handle, fields)

    def _without_class(self, tensor: Any) -> Any:
        """A tensor that no class of the student's or of a library's speaks for."""
        if type(tensor) in self._plain:
            return tensor
        with self._torch._C.DisableTorchFunction():
            return self._beneath(tensor, self._tensor)

    def _fresh(self) -> int:
        self._next += 1
        return self._next

    def _version(self, tensor: Any) -> int | str | None:
        try:
            return int(tensor._version)
        except RuntimeError:  # inference tensors keep no version: tell them apart by content
            return self._digest(tensor) if tensor.numel() <= MAX_DIGEST else None

    def _array_handle(self, array: Any) -> int:
        digest = hashlib.sha256(array.tobytes()).hexdigest() if array.size <= MAX_DIGEST else ""
        try:
            known = self._arrays.get(array)
            if known is None or known[1] != digest:
                known = (self._fresh(), digest)
                self._arrays[array] = known
        except TypeError:  # numpy scalars take no weak reference
            return self._fresh()
        return int(known[0])

    def _digest(self, tensor: Any) -> str:
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        return hashlib.sha256(flat.view(self._torch.uint8).numpy().tobytes()).hexdigest()

    def _describe(self, handle: int, fields: dict[str, Any]) -> Fact | None:
        values = fields.get("values")
        if values is not None and not self._recorder.may_hold(len(values)):
            fields["values"] = None
        fact = self._recorder.add("tensor", handle=f"t{handle}", ways=[], names=[], **fields)
        if fact is not None:
            self._described[handle] = fact
        return fact

    def _tensor_fields(self, tensor: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "of": "torch",
            "shape": list(tensor.shape),
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "requires_grad": bool(tensor.requires_grad),
            "values": None,
            "digest": None,
            "stats": None,
        }
        if tensor.is_sparse or tensor.is_quantized or tensor.is_complex() or tensor.is_meta:
            return fields
        data = tensor.detach()
        if data.numel() <= MAX_VALUES:
            fields["values"] = [plain(v) for v in data.reshape(-1).tolist()]
        else:
            if data.numel() <= MAX_DIGEST:
                fields["digest"] = self._digest(data)
            wide = sample(data).double()
            fields["stats"] = [
                plain(float(s)) for s in (wide.min(), wide.max(), wide.mean(), wide.std())
            ]
        return fields


def sample(tensor: Any) -> Any:
    """Every so many slices of a tensor, along its longest dimension, until it is small enough."""
    while tensor.numel() > MAX_DIGEST:
        dim = max(range(tensor.dim()), key=lambda d: int(tensor.shape[d]))
        step = min(tensor.shape[dim], -(-tensor.numel() // MAX_DIGEST))
        index = [slice(None)] * tensor.dim()
        index[dim] = slice(None, None, step)
        tensor = tensor[tuple(index)]
    return tensor


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
        "digest": hashlib.sha256(array.tobytes()).hexdigest() if whole and not small else None,
        "stats": None,
    }


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


def plain(value: Any) -> Any:
    """A number as JSON can carry it: nine significant digits, nan and infinities as text."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else float(value)
    if not math.isfinite(value):
        return str(value)
    return float(f"{value:.9g}")
