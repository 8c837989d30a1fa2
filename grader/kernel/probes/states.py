"""The state of a model, and of a file that holds one: which entries, and a digest of the numbers.

Two states with the same digest have the same entries, shapes and numbers, in whatever order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

MAX_STATE = 2**24
"""Numbers of the largest state that is told apart by its contents."""


def entries_of(module: Any, torch: Any) -> Iterator[tuple[str, Any]]:
    """What `state_dict` would hold, without calling a method of the module's class."""
    for path, part in torch.nn.Module.named_modules(module, remove_duplicate=False):
        prefix = f"{path}." if path else ""
        kept_out = part._non_persistent_buffers_set
        for name, tensor in [*part._parameters.items(), *part._buffers.items()]:
            if tensor is not None and name not in kept_out:
                yield f"{prefix}{name}", tensor


def state_in(value: Any, torch: Any, depth: int = 0) -> dict[str, Any] | None:
    """The first mapping of names to tensors in a value: a state_dict, or a checkpoint's."""
    if not isinstance(value, dict):
        return None
    if value and all(
        isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in value.items()
    ):  # fmt: skip
        return value
    found = (state_in(v, torch, depth + 1) for v in value.values() if depth < 2)
    return next((f for f in found if f is not None), None)


def digest_of(entries: list[tuple[str, Any]], torch: Any) -> str | None:
    """A digest of names, shapes, dtypes and numbers; None for very large states."""
    if sum(t.numel() for _, t in entries) > MAX_STATE:
        return None
    digest = hashlib.sha256()
    for name, tensor in sorted(entries, key=lambda e: e[0]):
        told = f"{name} {list(tensor.shape)} {tensor.dtype} "
        digest.update(told.encode("utf-8", "backslashreplace"))
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
