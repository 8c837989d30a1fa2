"""Classes and functions that stand in torch's place, made of nothing that leads to a probe.

The functions of a class can be taken from it, and their names looked up: so this module imports
nothing of ours.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any


class NoDevice(contextlib.AbstractContextManager["NoDevice"]):
    """Stands for `torch.cuda.device(0)`: choosing the only GPU changes nothing."""

    def __init__(self, device: Any = None) -> None:
        self.idx = 0

    def __exit__(self, *problem: object) -> None:
        return None


def generator_class(torch: Any, full_name: Callable[[str], str]) -> type:
    """torch.Generator, whose instances for an accelerator draw on the CPU and do not say so.

    Args:
        torch: the module.
        full_name: gives a device with its index; a door.
    """
    original = torch.Generator

    class AnyGenerator(type(original)):  # type: ignore[misc]
        """Torch's own generators are instances too."""

        def __instancecheck__(cls, instance: object) -> bool:
            return type(instance) is original or super().__instancecheck__(instance)

    # torch's stubs do not know that its Generator can be subclassed
    class Generator(original, metaclass=AnyGenerator):  # type: ignore[valid-type, misc]
        """A generator that may believe itself on an accelerator."""

        def __new__(cls, device: Any = "cpu") -> Any:
            made = super().__new__(cls, device="cpu")
            made._device = torch.device(full_name(str(device)))
            return made

        @property
        def device(self) -> Any:
            """The device it was made for."""
            return self._device

    Generator.__module__, Generator.__qualname__ = original.__module__, original.__qualname__
    return Generator


def without_pinning(init: Callable[..., None]) -> Callable[..., None]:
    """`DataLoader.__init__`, which would look for a driver if it were asked to pin memory."""

    @functools.wraps(init)
    def plain_init(self: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.pop("pin_memory", None)
        kwargs.pop("pin_memory_device", None)
        init(self, *args, **kwargs)

    return plain_init


def unwatched(optimizer: Any, quiet: Any) -> None:
    """Let every optimizer's step and clearing run without a torch function mode.

    A step that is given a closure runs the student's code, and is left as it is.

    Args:
        optimizer: the base class of all.
        quiet: a context in which torch asks no mode.
    """
    hook, clear = optimizer.profile_hook_step, optimizer.zero_grad

    def profile_hook_step(step: Any) -> Any:
        @functools.wraps(step)
        def quiet_step(self: Any, closure: Any = None, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True  # IPython leaves such frames out of tracebacks
            if closure is not None:
                return step(self, closure, *args, **kwargs)
            with quiet():
                return step(self, *args, **kwargs)

        return hook(quiet_step)

    @functools.wraps(clear)
    def zero_grad(*args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        with quiet():
            clear(*args, **kwargs)

    optimizer.profile_hook_step = staticmethod(profile_hook_step)
    optimizer.zero_grad = zero_grad
