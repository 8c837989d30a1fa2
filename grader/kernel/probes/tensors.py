"""What a value is: shape, dtype, device, numbers.

Small tensors travel whole, so that the host can recompute; large ones as a digest and statistics,
and of very large ones the statistics of a sample, because looking must not cost more than doing.
A tensor's identity is a handle that lasts as long as its contents: an in-place change gives it a
new one.
"""

from __future__ import annotations

import hashlib
import math
import numbers
from typing import Any

from ..recorder import Fact, Recorder, sendable

MAX_VALUES = 1024
MAX_DIGEST = 2**20
"""Elements of the largest tensor that is read completely."""


class TensorProbe:
    """Describes tensors, arrays and numbers, once per cell and content.

    Args:
        recorder: where the descriptions go.
        torch: the torch module.
        device_of: tells the device the student believes a tensor to be on.
    """

    def __init__(self, recorder: Recorder, torch: Any, device_of: Any) -> None:
        from torch.utils.weak import WeakIdKeyDictionary, WeakTensorKeyDictionary

        self._recorder = recorder
        self._torch = torch
        self._device_of = device_of
        self._handles: Any = WeakTensorKeyDictionary()
        self._arrays: Any = WeakIdKeyDictionary()
        self._next = 0
        self._described: dict[int, Fact] = {}

    def new_cell(self) -> None:
        """Forget what this cell described, so that the next one describes it again."""
        self._described.clear()

    def mark_kept(self) -> None:
        """Mark the tensors of this cell that still exist: the others were thrown away."""
        for tensor, (handle, _) in list(self._handles.items()):
            fact = self._described.get(handle)
            if fact is not None and tensor is not None and "kept" not in fact["ways"]:
                fact["ways"].append("kept")

    def is_tensor(self, value: object) -> bool:
        """Whether value is a torch tensor of a type torch itself defines."""
        return isinstance(value, self._torch.Tensor)

    def see(self, value: Any, way: str, name: str | None = None) -> str | None:
        """Record that a tensor, array or number was met in this way.

        Returns:
            A reference ("t12") to it for other facts; None for values this probe knows nothing
            of, for those it fails on, and once the cell's bounds are reached.
        """
        try:
            fact = self._known(value)
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

    def _known(self, value: Any) -> Fact | None:
        """The cell's description of a value, made now if there is none yet."""
        if self.is_tensor(value):
            handle = self._tensor_handle(value)
            return self._described.get(handle) or self._describe(handle, self._tensor_fields(value))
        if type(value).__module__ == "numpy" and hasattr(value, "tobytes"):
            handle = self._array_handle(value)
            return self._described.get(handle) or self._describe(handle, array_fields(value))
        if isinstance(value, numbers.Real) and not isinstance(value, bool):
            return self._describe(self._fresh(), number_fields(value))
        return None

    def _fresh(self) -> int:
        self._next += 1
        return self._next

    def _tensor_handle(self, tensor: Any) -> int:
        try:
            version = tensor._version
        except RuntimeError:  # inference tensors keep no version: tell them apart by content
            version = self._digest(tensor) if tensor.numel() <= MAX_DIGEST else None
        known = self._handles.get(tensor)
        if known is None or known[1] != version:
            known = (self._fresh(), version)
            self._handles[tensor] = known
        return int(known[0])

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
            "device": self._device_of(tensor),
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
    whole = isinstance(value, numbers.Integral)
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
