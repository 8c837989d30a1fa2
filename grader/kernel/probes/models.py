"""What a model is: its layers, its parameters, where they are, which state they are in.

Only what `torch.nn.Module` itself keeps is read; methods of a student's class are never called.
"""

from __future__ import annotations

from typing import Any

from ..doors import weakly_kept
from ..recorder import Fact, Recorder, sendable
from .states import digest_of, entries_of

MOST_LAYERS = 200


class ModelProbe:
    """Describes models, once per cell.

    Args:
        recorder: where the descriptions go.
        torch: the torch module.
        device_of: tells the device the student believes a tensor to be on.
    """

    def __init__(self, recorder: Recorder, torch: Any, device_of: Any) -> None:
        from torch.utils.weak import WeakIdKeyDictionary

        self._recorder = recorder
        self._torch = torch
        self._device_of = device_of
        self._handles: Any = weakly_kept(WeakIdKeyDictionary())
        self._next = 0
        self._met: dict[str, tuple[Any, list[str]]] = {}

    def is_model(self, value: object) -> bool:
        """Whether value is a module of torch, whatever its class says."""
        return issubclass(type(value), self._torch.nn.Module)

    def has_parameters(self, module: Any) -> bool:
        """Whether there is anything in it to train."""
        return next(self._torch.nn.Module.parameters(module), None) is not None

    def see(self, module: Any, name: str | None = None) -> str:
        """Note that a model was met in this cell.

        Returns:
            A reference ("m2") to it for other facts.
        """
        handle = self._handles.get(module)
        if handle is None:
            self._next += 1
            handle = self._handles[module] = f"m{self._next}"
        names = self._met.setdefault(handle, (module, []))[1]
        if name is not None and name not in names:
            names.append(name)
        return str(handle)

    def tell(self) -> None:
        """Describe, as they stand now, all models that were met since the last call."""
        met, self._met = self._met, {}
        for handle, (module, names) in met.items():
            self._recorder.add("model", handle=handle, names=names[:20], **self._fields(module))

    def _fields(self, module: Any) -> Fact:
        own = self._torch.nn.Module
        parameters = list(own.named_parameters(module))
        layers = list(own.named_modules(module))[1 : MOST_LAYERS + 1]
        return {
            "type": sendable(type(module).__name__[:100]),
            "own": not type(module).__module__.startswith("torch."),
            "layers": [[sendable(path[:100]), sendable(type(m).__name__[:100])]
                       for path, m in layers],
            "shapes": [[sendable(path[:100]), list(p.shape)[:16]]
                       for path, p in parameters[:MOST_LAYERS]],
            "parameters": sum(p.numel() for _, p in parameters),
            "trainable": sum(p.numel() for _, p in parameters if p.requires_grad),
            "devices": sorted({self._device_of(p) for _, p in parameters})[:8],
            "training": bool(module.training),
            "state": digest_of(list(entries_of(module, self._torch)), self._torch),
        }  # fmt: skip
