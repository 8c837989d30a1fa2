"""What a model is: its layers, its parameters, where they are, which state they are in.

Only what `torch.nn.Module` itself keeps is read; methods of a student's class are never called.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

from ..doors import weakly_kept
from ..recorder import Fact, Recorder, sendable
from .states import digest_of, entries_of

MOST_LAYERS = 200
MOST_HELD = 2**20
"""Numbers of the models that are kept until the cell ends, in case its code drops them sooner."""


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
        self._held: list[Any] = []
        self._room = MOST_HELD
        self._is_lazy = torch.nn.parameter.is_lazy

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
        if handle not in self._met:
            self._met[handle] = (weakref.ref(module), [])
            self._hold(module)
        names = self._met[handle][1]
        if name is not None and name not in names:
            names.append(name)
        return str(handle)

    def alive(self, handle: str) -> Any:
        """The model of a reference that `see` gave; None if it is gone."""
        return next((m for m, known in self._handles.items() if known == handle), None)

    def _hold(self, module: Any) -> None:
        """Keep a model until it is described, unless that would cost the student memory."""
        size = sum(
            0 if self._is_lazy(p) else p.numel() for p in self._torch.nn.Module.parameters(module)
        )
        if size <= self._room:
            self._room -= size
            self._held.append(module)

    def tell(self) -> None:
        """Describe, as they stand now, all models that were met since the last call."""
        met, self._met = self._met, {}
        for handle, (ref, names) in met.items():
            module = ref()
            if module is None:
                continue
            try:
                fields = self._fields(module)
            except Exception as problem:  # the other models, and what comes after, are told
                self._recorder.fail("models", f"{type(problem).__name__}: {problem}")
                continue
            self._recorder.add("model", handle=handle, names=names[:20], **fields)
        self._held, self._room = [], MOST_HELD

    def _fields(self, module: Any) -> Fact:
        own = self._torch.nn.Module
        parameters = list(own.named_parameters(module))
        layers = list(own.named_modules(module))[1 : MOST_LAYERS + 1]
        return {
            "type": sendable(type(module).__name__[:100]),
            "own": is_own(type(module)),
            "layers": [[sendable(path[:100]), sendable(type(m).__name__[:100])]
                       for path, m in layers],
            "shapes": [[sendable(path[:100]), list(p.shape)[:16]]
                       for path, p in parameters[:MOST_LAYERS] if not self._is_lazy(p)],
            "parameters": sum(p.numel() for _, p in parameters if not self._is_lazy(p)),
            "trainable": sum(p.numel() for _, p in parameters
                             if p.requires_grad and not self._is_lazy(p)),
            "devices": sorted({self._device_of(p) for _, p in parameters})[:8],
            "training": bool(module.training),
            "state": None if any(self._is_lazy(p) or p.is_meta for _, p in parameters)
            else digest_of(list(entries_of(module, self._torch)), self._torch),
        }  # fmt: skip


def is_own(kind: type) -> bool:
    """Whether a class is the student's: of the notebook, or of a file beside it."""
    module = sys.modules.get(kind.__module__)
    return "-packages" not in str(getattr(module, "__file__", None))
