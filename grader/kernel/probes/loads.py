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
        table = entries(torch, map_location)
        if any(table.values()):
            here = Placing(torch, served, table)
            loaded = original(f, here.place, *args, **kwargs)
            mark(torch, loaded, here.tag)
            return loaded
        device = wanted(torch, map_location)
        if device is None:
            return original(f, map_location, *args, **kwargs)
        served.asked_for(device)
        loaded = original(f, "cpu", *args, **kwargs)
        mark(torch, loaded, functools.partial(served.tag, device=device))
        return loaded

    way_in = functools.wraps(original)(door(load))
    torch.load = torch.serialization.load = way_in


class Placing:
    """Where a table sends each storage of a file; all of them stay on the CPU.

    What was saved here lay on the CPU, whatever it was told. So what the table says of the CPU
    counts for it, else what it says first of an accelerator.

    Args:
        torch: the torch module.
        served: the pretended accelerator.
        table: by the place that a file names, the accelerator that is asked for; None for the CPU.
    """

    def __init__(self, torch: Any, served: ServedDevice, table: Mapping[str, str | None]) -> None:
        self._torch = torch
        self._served = served
        self._table = table
        saved_there = (table[place] for place in table if accelerator(place))
        self._saved_here = table["cpu"] if "cpu" in table else next(saved_there, None)
        self._there: dict[int, str] = {}

    def place(self, storage: Any, location: str) -> Any:
        """Take down where a storage is to lie, as torch asks for each."""
        usual = self._saved_here if location == "cpu" else accelerator(location)
        device = self._table.get(location, usual)
        if device is not None:
            self._served.asked_for(device)
            self._there[storage.data_ptr()] = device
        return storage

    def tag(self, tensor: Any) -> None:
        """Mark a tensor that was loaded, if its storage is to lie on an accelerator."""
        with self._torch._C.DisableTorchFunction():
            device = self._there.get(tensor.untyped_storage().data_ptr())
        self._served.tag(tensor, device)


def entries(torch: Any, map_location: Any) -> dict[str, str | None]:
    """A table of places, each with the accelerator that is asked for; empty for no table."""
    if not isinstance(map_location, Mapping):
        return {}
    return {str(place): wanted(torch, to) for place, to in map_location.items()}


def wanted(torch: Any, map_location: Any) -> str | None:
    """The accelerator that is asked for, such as "cuda:0"; None for the CPU or a function."""
    if not isinstance(map_location, (str, torch.device)):
        return None
    return accelerator(str(map_location))


def accelerator(name: str) -> str | None:
    """The full name of an accelerator, such as "cuda:0"; None for another place."""
    return full_name(name) if name.partition(":")[0] in ACCELERATORS else None


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
