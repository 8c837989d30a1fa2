"""The numbers of a tensor, read with torch's own functions.

The functions are taken before any code of a student's runs, from the class that no Python code can
change: whatever a hand-in binds to `torch.Tensor.tolist` or `.shape`, this reads what is there.
"""

from __future__ import annotations

from hashlib import sha256
from math import isfinite
from typing import Any

MAX_VALUES = 1024
MAX_DIGEST = 2**20
"""Elements of the largest tensor that is read completely."""

CALLS = ("tolist", "reshape", "detach", "cpu", "contiguous", "view", "numpy", "double", "numel",
         "is_complex", "min", "max", "mean", "std", "item", "as_subclass",
         "__getitem__")  # fmt: skip
PROPERTIES = ("shape", "dtype", "requires_grad", "is_sparse", "is_quantized", "is_meta",
              "_version")  # fmt: skip


class TensorReader:
    """Reads plain tensors.

    Args:
        torch: the torch module, as yet unchanged.
    """

    def __init__(self, torch: Any) -> None:
        base = torch._C.TensorBase
        self._call = {name: getattr(base, name) for name in CALLS}
        self._get = {name: getattr(base, name).__get__ for name in PROPERTIES}
        self._bytes = torch.uint8
        self._transforms = torch._C._functorch
        self._tensor = torch.Tensor
        self._plain = frozenset((torch.Tensor, torch.nn.Parameter))
        self._quiet = torch._C.DisableTorchFunction

    def is_tensor(self, value: object) -> bool:
        """Whether value is a torch tensor, whatever its class says."""
        return issubclass(type(value), self._tensor)

    def beneath(self, tensor: Any) -> Any:
        """What went into `vmap`, `grad` and the like, for a tensor in there; else the tensor.

        One in there has no numbers of its own; what comes out in the end is an ordinary tensor.
        """
        while self._transforms.is_functorch_wrapped_tensor(tensor):
            tensor = self._transforms.get_unwrapped(tensor)
        return tensor

    def without_class(self, tensor: Any) -> Any:
        """A tensor that no class of the student's or of a library's speaks for."""
        if type(tensor) in self._plain:
            return tensor
        with self._quiet():
            return self._call["as_subclass"](tensor, self._tensor)

    def size(self, tensor: Any) -> int:
        """How many elements it has."""
        return int(self._call["numel"](tensor))

    def version(self, tensor: Any) -> int | str | None:
        """Something that changes with its numbers, if torch or a look at them tells."""
        try:
            return int(self._get["_version"](tensor))
        except RuntimeError:  # inference tensors keep no version: tell them apart by content
            return self.digest(tensor) if self.size(tensor) <= MAX_DIGEST else None

    def digest(self, tensor: Any) -> str:
        """SHA-256 of its numbers."""
        for step in ("detach", "cpu", "contiguous"):
            tensor = self._call[step](tensor)
        flat = self._call["view"](self._call["reshape"](tensor, -1), self._bytes)
        return sha256(self._call["numpy"](flat).tobytes()).hexdigest()

    def fields(self, tensor: Any) -> dict[str, Any]:
        """What facts say of it: shape, dtype, and its numbers as far as they are told."""
        fields: dict[str, Any] = {
            "of": "torch",
            "shape": [int(n) for n in self._get["shape"](tensor)],
            "dtype": str(self._get["dtype"](tensor)).removeprefix("torch."),
            "requires_grad": bool(self._get["requires_grad"](tensor)),
            "values": None,
            "digest": None,
            "stats": None,
        }
        odd = any(self._get[p](tensor) for p in ("is_sparse", "is_quantized", "is_meta"))
        if odd or self._call["is_complex"](tensor):
            return fields
        data = self._call["detach"](tensor)
        if self.size(data) <= MAX_VALUES:
            numbers = self._call["tolist"](self._call["reshape"](data, -1))
            fields["values"] = [plain(v) for v in numbers]
        else:
            if self.size(data) <= MAX_DIGEST:
                fields["digest"] = self.digest(data)
            wide = self._call["double"](self._sample(data))
            statistics = (self._call[s](wide) for s in ("min", "max", "mean", "std"))
            fields["stats"] = [plain(float(self._call["item"](s))) for s in statistics]
        return fields

    def _sample(self, tensor: Any) -> Any:
        """Every so many slices, along the longest dimension, until it is small enough."""
        while (size := self.size(tensor)) > MAX_DIGEST:
            shape = [int(n) for n in self._get["shape"](tensor)]
            dim = shape.index(max(shape))
            step = min(shape[dim], -(-size // MAX_DIGEST))
            index = [slice(None)] * len(shape)
            index[dim] = slice(None, None, step)
            tensor = self._call["__getitem__"](tensor, tuple(index))
        return tensor


def plain(value: Any) -> Any:
    """A number as JSON can carry it: nine significant digits, nan and infinities as text."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else float(value)
    if not isfinite(value):
        return str(value)
    return float(f"{value:.9g}")
