"""`torch.load(..., map_location="cuda")`, where the accelerator is pretended."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from ..doors import door
from .devices import ACCELERATORS, ServedDevice, full_name

DEEPEST = 8
"""Containers within containers that are looked into."""


def install(torch: Any, served: ServedDevice) -> None:
    """Read onto the CPU what is asked for elsewhere, and mark it as lying there."""
    original = torch.load

    @functools.wraps(original)
    def load(f: Any, map_location: Any = None, *args: Any, **kwargs: Any) -> Any:
        device = wanted(torch, map_location)
        if device is None:
            return original(f, map_location, *args, **kwargs)
        served.asked_for(device)
        loaded = original(f, "cpu", *args, **kwargs)
        mark(torch, loaded, functools.partial(served.tag, device=device))
        return loaded

    way_in = functools.wraps(original)(door(load))
    torch.load = torch.serialization.load = way_in


def wanted(torch: Any, map_location: Any) -> str | None:
    """The accelerator that is asked for, such as "cuda:0"; None for the CPU or a function."""
    if isinstance(map_location, Mapping):
        map_location = next(iter(map_location.values()), None)
    if not isinstance(map_location, (str, torch.device)):
        return None
    kind = str(map_location).partition(":")[0]
    return full_name(str(map_location)) if kind in ACCELERATORS else None


def mark(torch: Any, value: Any, tag: Callable[[Any], None], depth: int = 0) -> None:
    """Tag all tensors of what was loaded: of a state, a checkpoint or a model."""
    if isinstance(value, torch.Tensor):
        tag(value)
    elif isinstance(value, torch.nn.Module):
        for tensor in (*value.parameters(), *value.buffers()):
            tag(tensor)
    elif depth < DEEPEST and isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            mark(torch, item, tag, depth + 1)
