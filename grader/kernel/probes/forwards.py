"""Which models were called, in which mode, on what.

Every call of a module is looked up by identity: the parts of a model that was met are known and
passed over. `Module.__call__` is replaced for that, at a quarter of a microsecond a call; torch's
hook for all modules costs five times as much, because it takes each off its fast path.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from ..doors import counted, door, identity
from ..recorder import Recorder
from .devices import ServedDevice
from .models import ModelProbe
from .tensors import TensorProbe

MOST_LOOKED_THROUGH = 8
"""Arguments, or items of one, among which tensors are looked for."""
MOST_MODELS = 1000
"""Models of a cell whose calls are counted."""
MOST_DEVICES = 16
"""Pairs of devices that are told of each model."""
MOST_DATA = 6
"""Calls of each model and mode whose inputs are told."""
GRAD, TRAIN = 1, 2
"""Bits of a mode: whether gradients are recorded, whether the model is in training mode."""
MODES = ("eval_quiet", "eval_grad", "train_quiet", "train_grad")

LossCalled = Callable[[Any, tuple[Any, ...]], bool]


class Called:
    """How often one model was called in this cell, by mode, and on what.

    Attributes:
        apart: calls by the devices of model and data, where an accelerator was in use.
        first: a parameter that speaks for all of them.
        looked: calls that were looked at for it; at all others everything was on the CPU.
        turns: passes without gradients: calls in a row, with none that recorded them in between.
    """

    __slots__ = ("apart", "counts", "data", "first", "handle", "looked", "model", "turns",
                 "was_grad")  # fmt: skip

    def __init__(self, model: Any, handle: str, first: Any) -> None:
        self.model = model
        self.first = first
        self.handle = handle
        self.counts = [0, 0, 0, 0]
        self.data: dict[tuple[int, str], None] = {}
        self.apart: dict[tuple[str, str], int] = {}
        self.looked = 0
        self.turns = 0
        self.was_grad = True


class ForwardProbe:
    """Counts the calls of models.

    Args:
        recorder: where the counts go.
        torch: the torch module.
        tensors: describes what a model was called on.
        models: describes the models.
        served: tells the device the student believes a tensor to be on.
        loss_called: is told of a loss module that is called, and its arguments; says whether it
            wants to hear of further calls.
    """

    def __init__(
        self,
        recorder: Recorder,
        torch: Any,
        tensors: TensorProbe,
        models: ModelProbe,
        served: ServedDevice,
        loss_called: LossCalled,
    ) -> None:
        self._recorder = recorder
        self._torch = torch
        self._tensors = tensors
        self._models = models
        self._served = served
        self._in_use = served.in_use
        self._loss_called = loss_called
        self._grad_enabled = torch.is_grad_enabled
        self._known: dict[int, Any] = {}
        self._refs: dict[int, Any] = {}
        self._roots: list[Called] = []
        module = torch.nn.Module
        module.__call__ = counted(module.__call__, self._known, self._called)

    def _called(self, module: Any, called: Called | None, args: tuple[Any, ...]) -> None:
        """Count a call; a module that is none, such as one never initialised, says so itself."""
        if self._recorder.resting:
            return
        try:
            if called is None:
                called = self._meet(module, args)
                if called is None:
                    return
            mode = (TRAIN if module.training else 0) | (GRAD if self._grad_enabled() else 0)
            counts = called.counts
            counts[mode] += 1
            if mode & GRAD:
                called.was_grad = True
            elif called.was_grad:
                called.was_grad = False
                called.turns += 1
            if self._in_use:
                self._note_devices(called, module, args)
            if counts[mode] <= MOST_DATA and args:
                self._note_data(called, mode, args[0])
        except Exception as problem:
            self._recorder.fail("models", f"{type(problem).__name__}: {problem}")

    def _meet(self, module: Any, args: tuple[Any, ...]) -> Called | None:
        """Learn a module and all its parts; what holds no parameters is no model."""
        parts = [identity(m) for m in self._torch.nn.Module.modules(module)]
        known, refs, here = self._known, self._refs, identity(module)

        def forget(gone: Any) -> None:  # its parts' identities may be given to other modules
            if refs.get(here) is gone:
                del refs[here]
            for part in parts:
                known.pop(part, None)

        refs[here] = weakref.ref(module, door(forget))
        known.update(dict.fromkeys(parts))
        if not self._models.has_parameters(module):
            is_loss = isinstance(module, self._torch.nn.modules.loss._Loss)
            if is_loss and self._loss_called(module, args):
                known.pop(here)  # so that it is met again
            return None
        if len(self._roots) == MOST_MODELS:
            self._recorder.fail("models", f"more than {MOST_MODELS} models in one cell")
            return None
        first = next(self._torch.nn.Module.parameters(module))
        called = Called(weakref.ref(module), self._models.see(module), weakref.ref(first))
        self._roots.append(called)
        known[here] = called
        return called

    def _note_data(self, called: Called, mode: int, value: Any) -> None:
        with self._torch._C.DisableTorchFunction():
            handle = self._tensors.see(value, "input")
        if handle is not None:
            called.data[mode, handle] = None

    def _note_devices(self, called: Called, module: Any, args: tuple[Any, ...]) -> None:
        """Count a call by where its model and its tensors are believed to be."""
        first = called.first()
        if first is None:  # the parameters were replaced by others
            first = next(self._torch.nn.Module.parameters(module))
            called.first = weakref.ref(first)
        where = {self._served.of(a) for a in tensors_in(args, self._torch.Tensor)}
        called.looked += 1
        for device in where:
            pair = self._served.of(first), device
            if pair in called.apart or len(called.apart) < MOST_DEVICES:
                called.apart[pair] = called.apart.get(pair, 0) + 1

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
                devices=devices_of(called),
                data=[{"mode": MODES[mode], "tensor": handle} for mode, handle in called.data],
            )  # fmt: skip


def devices_of(called: Called) -> list[dict[str, Any]]:
    """By the devices of model and data, how many calls there were."""
    met = dict(called.apart)
    elsewhere = sum(called.counts) - called.looked
    if elsewhere and (("cpu", "cpu") in met or len(met) < MOST_DEVICES):
        met["cpu", "cpu"] = met.get(("cpu", "cpu"), 0) + elsewhere
    return [{"model": model, "data": data, "calls": calls}
            for (model, data), calls in met.items()]  # fmt: skip


def tensors_in(args: Any, kind: type, depth: int = 0) -> Iterator[Any]:
    """The tensors among arguments, and within lists, tuples and dictionaries of them."""
    for value in list(args.values() if type(args) is dict else args)[:MOST_LOOKED_THROUGH]:
        if isinstance(value, kind):
            yield value
        elif type(value) in (list, tuple, dict) and depth < 2:
            yield from tensors_in(value, kind, depth + 1)
