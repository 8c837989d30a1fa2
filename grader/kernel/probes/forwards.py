"""Which models were called, in which mode, on what.

Every call of a module is looked up by identity: the parts of a model that was met are known and
passed over. `Module.__call__` is replaced for that, at a quarter of a microsecond a call; torch's
hook for all modules costs five times as much, because it takes each off its fast path.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..doors import counted, door
from ..recorder import Recorder
from .models import ModelProbe
from .tensors import TensorProbe

MOST_DATA = 6
"""Calls of each model and mode whose inputs are told."""
GRAD, TRAIN = 1, 2
"""Bits of a mode: whether gradients are recorded, whether the model is in training mode."""
MODES = ("eval_quiet", "eval_grad", "train_quiet", "train_grad")

LossCalled = Callable[[Any, tuple[Any, ...]], bool]


class Called:
    """How often one model was called in this cell, by mode, and on what.

    Attributes:
        turns: passes without gradients: calls in a row, with none that recorded them in between.
    """

    __slots__ = ("counts", "data", "handle", "model", "turns", "was_grad")

    def __init__(self, model: Any, handle: str) -> None:
        self.model = model
        self.handle = handle
        self.counts = [0, 0, 0, 0]
        self.data: dict[tuple[int, str], None] = {}
        self.turns = 0
        self.was_grad = True


class ForwardProbe:
    """Counts the calls of models.

    Args:
        recorder: where the counts go.
        torch: the torch module.
        tensors: describes what a model was called on.
        models: describes the models.
        loss_called: is told of a loss module that is called, and its arguments; says whether it
            wants to hear of further calls.
    """

    def __init__(
        self,
        recorder: Recorder,
        torch: Any,
        tensors: TensorProbe,
        models: ModelProbe,
        loss_called: LossCalled,
    ) -> None:
        self._recorder = recorder
        self._torch = torch
        self._tensors = tensors
        self._models = models
        self._loss_called = loss_called
        self._grad_enabled = torch.is_grad_enabled
        self._known: dict[int, Any] = {}
        self._refs: list[Any] = []
        self._roots: list[Called] = []
        module = torch.nn.Module
        module.__call__ = counted(module.__call__, self._known, self._called)

    def _called(self, module: Any, called: Called | None, args: tuple[Any, ...]) -> None:
        """Count a call; a module that is none, such as one never initialised, says so itself."""
        if self._recorder.resting:
            return
        try:
            self._count(module, called, args)
        except Exception as problem:
            self._recorder.fail("models", f"{type(problem).__name__}: {problem}")

    def _count(self, module: Any, called: Called | None, args: tuple[Any, ...]) -> None:
        if called is None:
            called = self._meet(module, args)
            if called is None:
                return
        mode = (TRAIN if module.training else 0) | (GRAD if self._grad_enabled() else 0)
        called.counts[mode] += 1
        if mode & GRAD:
            called.was_grad = True
        elif called.was_grad:
            called.was_grad = False
            called.turns += 1
        if args and called.counts[mode] <= MOST_DATA:
            self._note_data(called, mode, args[0])

    def _meet(self, module: Any, args: tuple[Any, ...]) -> Called | None:
        """Learn a module and all its parts; what holds no parameters is no model."""
        parts = [id(m) for m in self._torch.nn.Module.modules(module)]
        known, here = self._known, id(module)

        def forget(_: Any) -> None:  # its parts' identities may be given to other modules
            for part in parts:
                known.pop(part, None)

        self._refs.append(weakref.ref(module, door(forget)))
        known.update(dict.fromkeys(parts))
        if not self._models.has_parameters(module):
            is_loss = isinstance(module, self._torch.nn.modules.loss._Loss)
            if is_loss and self._loss_called(module, args):
                known.pop(here)  # so that it is met again
            return None
        called = Called(weakref.ref(module), self._models.see(module))
        self._roots.append(called)
        known[here] = called
        return called

    def _note_data(self, called: Called, mode: int, value: Any) -> None:
        with self._torch._C.DisableTorchFunction():
            handle = self._tensors.see(value, "input")
        if handle is not None:
            called.data[mode, handle] = None

    def model_of(self, parameter: Any) -> tuple[Any, str] | None:
        """The largest model called in this cell that holds a parameter, and its reference."""
        best: tuple[int, Any, str] | None = None
        for called in self._roots:
            model = called.model()
            if model is None:
                continue
            own = list(self._torch.nn.Module.parameters(model))
            if any(p is parameter for p in own) and (best is None or len(own) > best[0]):
                best = (len(own), model, called.handle)
        return best and best[1:]

    def tell(self) -> None:
        """Report the calls since the last report, and start anew."""
        roots, self._roots = self._roots, []
        self._known.clear()
        self._refs.clear()
        for called in roots:
            if not any(called.counts):
                continue
            self._recorder.add(
                "model_called",
                model=called.handle,
                **dict(zip(MODES, called.counts, strict=True)),
                evaluations=called.turns,
                data=[{"mode": MODES[mode], "tensor": handle} for mode, handle in called.data],
            )  # fmt: skip
